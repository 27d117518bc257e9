/** The pieces that the parts of the contract share. */

import type { Desk, SecondDesk } from '../../../../simulators/his/desk.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import type { Log } from '../../../../src/service/ports/log.ts';

export { at, day, HCODE } from '../support.ts';

/** One HIS on one engine, with its tables and codes of rights, and nobody in it. */
export interface HisUnderTest {
  desk: Desk;
  open(more?: { log?: Log; hcode?: string }): HisAdapter;
  /** Where the engine has transactions. */
  secondDesk?: () => Promise<SecondDesk>;
  /** Until `release`, whatever is written where the code goes is cut to six characters by the database. Absent: it cannot be. */
  cutCodes?: () => Promise<{ release(): Promise<void> }>;
  /** The longest text that fits where the code goes; absent: there is no end. */
  longestCode?: number;
  /** What it cannot do. */
  lacks?: Partial<Lacks>;
  drop(): Promise<void>;
}

/** Each with the reason in the file that says so. */
export interface Lacks {
  /** Its visits have no mark for a cancelled one. */
  cancelMark: boolean;
  /** It has no admissions. */
  admissions: boolean;
  /** A visit always has a date. */
  strays: boolean;
  /** A visit always has a time. */
  timeless: boolean;
  /** A visit's place in time is not told by its number: `newVisits` shows one that was moved. */
  ownNumbers: boolean;
  /** Nothing can be written beside the code that says whose it is: a code that was typed cannot be told from ours. */
  stamp: boolean;
}

export interface Bench extends HisUnderTest {
  his: HisAdapter;
}
