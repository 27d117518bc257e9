/** The ledger's part of the drop-in agent API: what its clients have asked for while no visit was there; see `src/domain/door-ask.ts`. */

import type { Instant, ServiceDate } from '../../domain/bangkok.ts';
import type { AskKey, DoorAsk, OpenAsk } from '../../domain/door-ask.ts';
import type { Page } from './page.ts';

/** Throws BridgeError `ledger-unavailable` (retry yes). */
export interface DoorAsks {
  find(key: AskKey): Promise<DoorAsk | null>;
  /** Of one person, hospital and day, all that are under way, lost or issued, and that no case has. */
  ofPerson(hcode: string, pid: string, serviceDate: ServiceDate): Promise<DoorAsk[]>;
  /**
   * Writes that it is about to be sent. False when somebody else was faster: look again. Throws `already-asked` (retry no)
   * when a case has asked for the same, or holds the code.
   */
  begin(next: DoorAsk): Promise<boolean>;
  /** Writes the next version of what stands there; false when somebody else was faster. */
  put(next: DoorAsk): Promise<boolean>;
  /** Those to be looked up by now, the oldest first. */
  due(now: Instant, limit: number): Promise<DoorAsk[]>;
  /** Those under way, lost or issued that a clock has changed last which was ahead of `now` by more than `aheadMs`. */
  fromAhead(now: Instant, aheadMs: number, limit: number): Promise<DoorAsk[]>;
  /**
   * Those of the day, of any hospital, that no case has taken, although a visit of the person is there that lacks a code, or that
   * holds this one.
   */
  wanted(serviceDate: ServiceDate, limit: number): Promise<DoorAsk[]>;
  /** What no case has and is not over: newest service date first, of a day what was asked for last. */
  list(filter: AskFilter, page: { limit: number; after?: string }): Promise<Page<ListedAsk>>;
}

export interface AskFilter {
  hcode?: string;
  serviceDate?: ServiceDate;
  /** Only those that a person must look at. */
  needsPerson?: true;
}

export interface ListedAsk {
  /** Names the ask, and says nothing of the person; another one when it is asked for anew. */
  id: string;
  ask: OpenAsk;
}
