/** The HIS database of one site, as the service sees it. Adapters: `adapters/his/`. */

import type { Instant, ServiceDate } from '../../domain/bangkok.ts';
import type { WriteBackResult } from '../../domain/machine/write-back.ts';
import type { Visit } from '../../domain/visit.ts';
import type { Finding } from './finding.ts';

export interface WriteBackRequest {
  vn: string;
  claimCode: string;
  claimType: string | null;
  /** When NHSO issued the code; written beside it where the HIS has a column for it. */
  issuedAt: Instant | null;
}

/** See {@link WriteBackResult}. */
export type WriteBackOutcome = WriteBackResult;

export interface UndoRequest {
  claimCode: string;
  row: Readonly<Record<string, string>>;
  previous: string | null;
}

/** Who hears of changes in a HIS. Neither call may throw. */
export interface ChangeListener {
  /** Something in the tables of visits has changed, and is committed. Many changes may come as one call. */
  changed(): void;
  /**
   * Whether changes are heard of from now on. While they are not, `why` says in plain words what stands in the way and what
   * would help (no password, no citizen id).
   */
  listening(isListening: boolean, why: string | null): void;
}

export interface ChangeWatch {
  /** Ends it; nothing is left in the HIS (no slot, no connection). */
  close(): Promise<void>;
}

/**
 * Every call throws a BridgeError: `his-unreachable`, `his-timeout` (both retry *yes*; a timed-out write-back too,
 * since it only ever changes an empty column and reads back), `his-denied`, `his-schema` (retry *no*).
 */
export interface HisAdapter {
  readonly hcode: string;
  /**
   * Visits that began at or after `from`, up to the end of the service date of `until` (both UTC instants).
   * One short indexed query per service date in the range.
   */
  visitsFrom(from: Instant, until: Instant): Promise<Visit[]>;
  /**
   * What is new, at the least cost: visits since `from` (as `visitsFrom`) that the HIS's own order of numbers shows. It
   * may miss one that is numbered otherwise; `countOn` then differs. Where `isSettled` holds, the visit is left out.
   */
  newVisits(from: Instant, until: Instant, isSettled: (vn: string) => boolean): Promise<Visit[]>;
  /** How many rows stand on the date; cheap enough to be asked every few seconds. */
  countOn(date: ServiceDate): Promise<number>;
  /** All visits of one service date. */
  visitsOn(date: ServiceDate): Promise<Visit[]>;
  /** Changes whenever a visit of that date is added, edited or removed; cheap. Opaque. */
  digestOf(date: ServiceDate): Promise<string>;
  /** One visit, or null when the HIS no longer has it. */
  visit(vn: string): Promise<Visit | null>;
  /** Visits of the date whose code column (and the HIS's own authen log) is empty. */
  visitsWithoutCode(date: ServiceDate): Promise<Visit[]>;
  writeBack(request: WriteBackRequest): Promise<WriteBackOutcome>;
  /** Puts the old value back, only while the row still holds the code. True when it did. */
  undoWriteBack(request: UndoRequest): Promise<boolean>;
  /**
   * Change capture: listens to the HIS's own log of changes, beside the polls, and takes it up again by itself when it was
   * lost. Null where it is not configured. It never throws and changes nothing in the HIS.
   */
  watch(listener: ChangeListener): ChangeWatch | null;
  /** The database's own clock. */
  now(): Promise<Instant>;
  /** What stands in the way of the bridge's work, with the GRANT to run where one is missing. */
  check(): Promise<Finding[]>;
  close(): Promise<void>;
}
