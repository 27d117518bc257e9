/** What a run of the reconciliation works with. */

import type { ServiceDate } from '../../domain/bangkok.ts';
import type { Outcome } from '../../domain/reconcile.ts';
import type { AuthenStatus, ReportedCode } from '../ports/authen-status.ts';
import type { StepTools } from '../steps/step.ts';

/** As `Tokens` has it; here only the hospital's own. */
export interface ServiceToken {
  use<T>(hcode: string, kind: 'service', call: (token: { value: string }) => Promise<T>): Promise<T>;
}

/** Codes of reports that were imported. */
export interface Reported {
  codesOf(hcode: string, pid: string, serviceDate: ServiceDate): Promise<ReportedCode[]>;
  /** Whether a report of that hospital and day was imported: then whoever is not in it has no code there. */
  hasDay(hcode: string, serviceDate: ServiceDate): Promise<boolean>;
}

export interface NightTools extends StepTools {
  tokens: ServiceToken;
  reported: Reported;
  /** Null where it is not configured. */
  authenStatus(hcode: string): AuthenStatus | null;
  times?: Partial<NightTimes>;
}

export interface NightTimes {
  /** A run that has not said for so long that it is at work is dead, ms. */
  leaseMs: number;
  /** Before people for whom no source answered are asked for once more, ms. */
  pauseMs: number;
}

export const NIGHT_TIMES: NightTimes = { leaseMs: 30_000, pauseMs: 30_000 };

export interface RunOptions {
  hcode: string;
  serviceDate: ServiceDate;
  /** Says what it would do; neither the HIS nor a case is changed. */
  dryRun: boolean;
  /** Goes on with the newest run of that day and kind that has not finished; begins one when there is none. */
  resume: boolean;
  /** `bridge`, or `cli:<user>`. */
  startedBy: string;
  /** Asks only for people who have a visit without a code, not for those whose code a clerk has typed. */
  onlyMissing?: boolean;
  onProgress?: (progress: RunProgress) => void;
  /** Ends the run as soon as what is in hand is done; it may be resumed. */
  signal?: AbortSignal;
}

export interface RunProgress {
  /** Visits that something has been said of, of all of the day. */
  done: number;
  total: number;
  /** Calls made to NHSO. */
  calls: number;
  counts: Readonly<Partial<Record<Outcome, number>>>;
}
