/**
 * The report that hospitals download from NHSO's site (Excel, 24 columns): what a file says (adapter:
 * `adapters/nhso/report/`), and the codes that were imported from such files, as they rest in the ledger (`db/`).
 */

import type { Instant, ServiceDate } from '../../domain/bangkok.ts';
import type { CitizenId } from '../../domain/citizen-id.ts';
import type { Wording } from '../../domain/reason-text.ts';
import type { ReportedCode } from './authen-status.ts';

/** A code as a line of the report tells it. */
export interface ImportedCode extends ReportedCode {
  hcode: string;
  pid: CitizenId;
  /** Of the day of the service, not of the day on which somebody recorded it. */
  issuedAt: Instant;
  serviceDate: ServiceDate;
  /** NHSO lists codes that were cancelled as well; such a one serves no visit. */
  isCancelled: boolean;
}

/** What is wrong with a line: the column as the file calls it, and what was expected there. Never what stands there. */
export interface ReportFault {
  column: string;
  expected: Wording;
}

export type ReportLine = {
  /** As Excel numbers it, from 1. */
  row: number;
} & (
  | { kind: 'code'; code: ImportedCode }
  /** Cancelled, and not told well enough to be kept. */
  | { kind: 'cancelled' }
  /** Of a hospital that was not asked for. */
  | { kind: 'elsewhere' }
  | { kind: 'bad'; faults: readonly ReportFault[] }
);

/** One file, opened and recognised. */
export interface NhsoReport {
  /**
   * Its lines in their order, as they are read; blank rows, titles and sums are none. `isOurs`: which hospitals are wanted.
   * Throws BridgeError `bad-input` (retry no) for a file that is damaged, is no such report, or is larger than any, with
   * the next step for a person, in English and Thai; no message holds anything out of a cell.
   */
  lines(isOurs: (hcode: string) => boolean): AsyncIterable<ReportLine>;
  /** How much has been read, 0…1. */
  share(): number;
  close(): void;
}

/**
 * What became of a code that was put into the ledger:
 * - `added`: it was not there; `changed`: it was, and something about it is now told differently; `known`: nothing is new;
 * - `withdrawn`: it was there, and the report says now that it was cancelled;
 * - `conflict`: it is there for another person or day. Nothing was changed: NHSO issues each code once.
 */
export type AddOutcome = 'added' | 'changed' | 'known' | 'withdrawn' | 'conflict';

/** In the ledger. All calls throw BridgeError `ledger-unavailable` (retry yes). */
export interface ReportedCodes {
  /**
   * All of them or none, each once by (hcode, claimCode), so that the same report may be imported again. A code that was
   * cancelled stays so, also when an older report is imported after a newer one. One outcome for each, in their order.
   */
  add(codes: readonly ImportedCode[], importedAt: Instant): Promise<AddOutcome[]>;
  /** What {@link add} would say. Changes nothing. */
  look(codes: readonly ImportedCode[]): Promise<AddOutcome[]>;
  /** Every code of that person and day at that hospital which is not cancelled, EP codes among them, oldest first. */
  codesOf(hcode: string, pid: string, serviceDate: ServiceDate): Promise<ReportedCode[]>;
  /** Whether any code of that hospital and day was imported: whoever is not among them has none in the report. */
  hasDay(hcode: string, serviceDate: ServiceDate): Promise<boolean>;
}
