/**
 * How a case changes: every change makes the next version of the case and the history line that explains it, together.
 * The files beside this one hold the changes themselves, one file for each part of a visit's way.
 */

import type { Instant } from '../bangkok.ts';
import type { Case, HistoryEntry, Step } from '../case.ts';

/** A change of one case, ready for the ledger. */
export interface Change {
  next: Case;
  history: readonly HistoryEntry[];
}

/** What happened, when, and who did it. */
export interface Cause {
  event: string;
  at: Instant;
  /** `bridge` unless a person or program asked for it. */
  actor?: string;
  detail?: Readonly<Record<string, unknown>>;
}

/** A case from farther ahead than this was changed by a clock that was wrong, ms; those of two processes may differ. */
export const SET_BACK_MS = 60_000;

export function change(current: Case, patch: Partial<Case>, cause: Cause): Change {
  const next: Case = {
    ...current,
    ...timesPutRight(current, cause.at),
    ...patch,
    version: current.version + 1,
    updatedAt: cause.at,
  };
  return { next, history: [historyLine(current, next, cause)] };
}

/**
 * What a clock that was ahead has put off, where it would be, had the clock been right when the case was last changed.
 * Every change does so: that the case came from ahead cannot be seen any more after it.
 */
export function timesPutRight(
  current: Case,
  at: Instant,
): Partial<Pick<Case, 'nextStep' | 'stepSeq' | 'dueAt' | 'askedAt'>> {
  const { askedAt, dueAt, nextStep } = current;
  const ahead = current.updatedAt - at;
  if (ahead <= SET_BACK_MS) return {};
  return {
    // what NHSO has issued since is judged by it
    askedAt: askedAt === null || askedAt <= at ? askedAt : askedAt - ahead,
    ...(nextStep === null || dueAt === null ? {} : thenDo(current, nextStep, Math.max(at, dueAt - ahead))),
  };
}

/** The fields that set the next step, not before `at`. */
export function thenDo(current: Case, step: Step, at: Instant): Pick<Case, 'nextStep' | 'stepSeq' | 'dueAt'> {
  return { nextStep: step, stepSeq: current.stepSeq + 1, dueAt: at };
}

/** The fields of a case that waits for something from outside, or for nothing more. */
export const NOTHING_TO_DO: Pick<Case, 'nextStep' | 'dueAt'> = { nextStep: null, dueAt: null };

/** The fields of a case without a reason. */
export const NO_REASON: Pick<Case, 'reason' | 'reasonDetail' | 'candidates'> = {
  reason: null,
  reasonDetail: null,
  candidates: [],
};

export function historyLine(from: Case | null, to: Case, cause: Cause): HistoryEntry {
  return {
    at: cause.at,
    actor: cause.actor ?? 'bridge',
    event: cause.event,
    fromState: from?.state ?? null,
    toState: to.state,
    reason: to.reason,
    detail: cause.detail ?? {},
  };
}
