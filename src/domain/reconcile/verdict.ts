/** The words of the reconciliation: what a person's day is judged by, and what is said of each visit. */

import type { Candidate, IssuedCode } from '../authen-code.ts';
import type { Instant } from '../bangkok.ts';
import type { Case } from '../case.ts';
import type { CodeOrigin, ShownCode } from './shown.ts';

export const OUTCOMES = [
  'had-one', // the HIS held the visit's code already
  'found', // a code that fits was found and written back (in a dry run: would be)
  'ambiguous', // codes were found, but which is the visit's a person must say
  'missing', // nothing was found; asked again at the next run until the day is too old
  'other-hospital', // the only code of the person and day is another hospital's
  'disagree', // HIS and NHSO hold different codes for the visit
  'not-required', // the visit needs no code, or stands no more
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Who holds a code, in the ledger or in the HIS. */
export interface CodeHolder {
  hcode: string;
  vn: string;
}

export interface PersonDay {
  /** All visits of one person on one service date at one hospital; a visit without a valid citizen id stands alone. */
  cases: readonly Case[];
  /** What the sources show of the person, of whatever day and hospital. */
  shown: readonly ShownCode[];
  /** Which visit but this one holds the code, of whatever hospital, day or person; null when none does. */
  holderOf(claimCode: string, notOf: CodeHolder): CodeHolder | null;
  at: Instant;
}

export interface Verdict {
  vn: string;
  outcome: Outcome;
  /** The code that the HIS holds or is to get; null when there is none. */
  claimCode: string | null;
  claimType: string | null;
  source: CodeOrigin | null;
  /** What a person needs beside the outcome; never a citizen id. */
  detail: string | null;
  candidates: readonly Candidate[];
  /** The case is to take this code; null when it holds its code already, or gets none. */
  take: IssuedCode | null;
}

export function verdict(c: Case, outcome: Outcome, more: Partial<Verdict>): Verdict {
  const none = {
    claimCode: null,
    claimType: c.claimType,
    source: null,
    detail: null,
    candidates: [],
    take: null,
  };
  return { vn: c.vn, outcome, ...none, ...more };
}
