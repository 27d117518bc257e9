/**
 * How a case changes: every change makes the next version of the case and the history line that explains it, together.
 * The files beside this one hold the changes themselves, one file for each part of a visit's way.
 */

import type { Instant } from '../bangkok.ts';
import type { Case, HistoryEntry, Step } from '../case.ts';
import { setBack } from '../set-back.ts';

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

export function change(current: Case, patch: Partial<Case>, cause: Cause): Change {
  const next = owingRecheck({
    ...current,
    ...timesPutRight(current, cause.at),
    ...patch,
    version: current.version + 1,
    updatedAt: cause.at,
  });
  return { next, history: [historyLine(current, next, cause)] };
}

/** A look that is owed because of a confirm's lost answer is the next step as soon as there is no other. */
function owingRecheck(next: Case): Case {
  if (next.recheckAt === null) return next;
  // nothing is asked, or not any more: nothing of ours can turn up
  if (next.askedAt === null) return { ...next, recheckAt: null };
  return next.nextStep === null ? { ...next, ...thenDo(next, 'lookup', next.recheckAt) } : next;
}

/** The look-up that the case waits for is not for a code of its own, but for a second one; see `second-code.ts`. */
export function isRecheck({ nextStep, recheckAt, state }: Case): boolean {
  return nextStep === 'lookup' && recheckAt !== null && state !== 'confirming' && state !== 'unknown';
}

/**
 * What a clock that was ahead has put off, where it would be, had the clock been right when the case was last changed.
 * Every change does so: that the case came from ahead cannot be seen any more after it.
 */
export function timesPutRight(
  current: Case,
  at: Instant,
): Partial<Pick<Case, 'nextStep' | 'stepSeq' | 'dueAt' | 'askedAt' | 'recheckAt'>> {
  const { askedAt, dueAt, nextStep, recheckAt } = current;
  const right = setBack(current.updatedAt, at);
  if (right === null) return {};
  return {
    askedAt: askedAt === null ? null : right.past(askedAt),
    recheckAt: recheckAt === null ? null : right.due(recheckAt),
    ...(nextStep === null || dueAt === null ? {} : thenDo(current, nextStep, right.due(dueAt))),
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
