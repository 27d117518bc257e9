/** The ledger's part of rights without a card: what NHSO answered, and when to ask again where it did not. */

import type { Instant, ServiceDate } from '../../domain/bangkok.ts';
import type { CitizenId } from '../../domain/citizen-id.ts';
import type { FoundRight, RightSource } from '../../domain/found-right.ts';
import type { CaseChange } from './case-change.ts';

/** One person of a hospital on a service date, however many visits they have that day. */
export interface PersonOfDay {
  hcode: string;
  pid: CitizenId;
  serviceDate: ServiceDate;
}

/** Somebody whose right is to be asked for now. */
export interface DuePerson extends PersonOfDay {
  /** Tries that failed so far. */
  failures: number;
}

export interface FailedTry {
  source: RightSource;
  at: Instant;
  /** In a row, this one among them. */
  failures: number;
  nextTryAt: Instant;
  /** The BridgeError's code. */
  failure: string;
}

/** Throws BridgeError `ledger-unavailable` (retry yes). */
export interface FoundRights {
  /** NHSO's answers for these people; whoever has none is left out. */
  find(people: readonly PersonOfDay[]): Promise<FoundRight[]>;
  /**
   * People of that site and date with a visit that waits, has a valid citizen id and no full read, has been in the ledger
   * since `knownSince` or longer, and for whom NHSO has not answered and no try is put off; the visit that came first goes
   * first. Times that lie farther ahead of `now` than they can were set by a wrong clock, and hold nobody up.
   */
  due(options: {
    hcode: string;
    serviceDate: ServiceDate;
    knownSince: Instant;
    now: Instant;
    limit: number;
  }): Promise<DuePerson[]>;
  /**
   * Stores an answer together with the changes of the cases that it concerns, in one transaction. The first answer of a
   * person and day stands: false when there is one, and then nothing is changed. Throws `conflict` (retry yes) when one of
   * the cases has changed since it was read; then nothing is stored.
   */
  answered(found: FoundRight, changes: readonly CaseChange[]): Promise<boolean>;
  /** Puts the next try off. Nothing happens where NHSO has answered meanwhile. */
  failed(person: PersonOfDay, failed: FailedTry): Promise<void>;
}
