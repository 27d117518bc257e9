/** Runs of the reconciliation and what each said of each visit. In the ledger; implementation: `db/`. */

import type { Candidate } from '../../domain/authen-code.ts';
import type { Instant, ServiceDate } from '../../domain/bangkok.ts';
import type { CaseState } from '../../domain/case.ts';
import type { Outcome } from '../../domain/reconcile.ts';
import type { Page } from './page.ts';

export interface Reconciliation {
  /** `20261119-10978-k3x9q2`: service date, hospital, and something of its own. */
  id: string;
  hcode: string;
  serviceDate: ServiceDate;
  dryRun: boolean;
  /** `bridge` for the scheduled one, `cli:<user>` for a person's. */
  startedBy: string;
  startedAt: Instant;
  finishedAt: Instant | null;
  /** `failed`: ended without having said something of every visit; `resume` goes on with it. */
  state: 'running' | 'finished' | 'failed' | 'undone';
  /** What went wrong; null when nothing did. Never a citizen id. */
  trouble: string | null;
  /** Visits that the HIS itself counted on that day, when the run ended. */
  hisCount: number | null;
  counts: Readonly<Partial<Record<Outcome, number>>>;
  /** Calls made to NHSO. */
  calls: number;
}

export interface ReconciliationItem {
  vn: string;
  hn: string | null;
  outcome: Outcome;
  /** The case's state after the run had looked at it. */
  state: CaseState;
  /** The code that the HIS holds or (would have) got; null when there is none. */
  claimCode: string | null;
  claimType: string | null;
  /** Where the code was found: `authen-status`, `agent`, `report`, `ledger`; null when none was. */
  source: string | null;
  /** In words of the field, what a person needs beside the outcome; never a citizen id. */
  detail: string | null;
  candidates: readonly Candidate[];
  /** What this run changed in the HIS, for undo; null when it wrote nothing. */
  written: { row: Readonly<Record<string, string>>; previous: string | null } | null;
  undoneAt: Instant | null;
  decidedAt: Instant;
}

/** All calls throw BridgeError `ledger-unavailable` (retry yes). */
export interface Reconciliations {
  begin(run: Reconciliation): Promise<void>;
  run(id: string): Promise<Reconciliation | null>;
  /** Newest first. */
  list(
    filter: { hcode?: string; serviceDate?: ServiceDate },
    page: { limit: number; after?: string },
  ): Promise<Page<Reconciliation>>;
  /** The newest run of that site and day that has not finished and is of that kind. */
  unfinished(hcode: string, serviceDate: ServiceDate, dryRun: boolean): Promise<Reconciliation | null>;
  /** Adds or replaces, all of them or none; counts the calls made for them. */
  putItems(id: string, items: readonly ReconciliationItem[], calls: number): Promise<void>;
  /** It goes on: `running` again, without an end. */
  reopen(id: string): Promise<void>;
  /** Takes back what was said of visits that the HIS no longer has. */
  removeItems(id: string, vns: readonly string[]): Promise<void>;
  /**
   * A newer run has looked at the same day again: of the finished ones before it that the bridge started by itself, only
   * what was not in order, and what they wrote, is kept. Their counts stay.
   */
  thinOut(newest: Reconciliation): Promise<void>;
  /** By vn. */
  items(
    id: string,
    page: { limit: number; after?: string; outcome?: Outcome },
  ): Promise<Page<ReconciliationItem>>;
  /** What is given is set; the counts are made from the items. They are up to date while it runs, too. */
  close(
    id: string,
    end: Pick<Reconciliation, 'state' | 'trouble' | 'hisCount'> & { finishedAt: Instant },
  ): Promise<void>;
}
