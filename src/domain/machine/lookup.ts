/** What a look-up at NHSO means for a case: adopt the code, look again, ask again, wait, or tell a person. */

import type { Candidate, MatchResult } from '../authen-code.ts';
import type { Instant } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { toStaff } from './facts.ts';
import { holdCode, mayAsk } from './obtain.ts';
import { type Change, change, NO_REASON, NOTHING_TO_DO, thenDo } from './transition.ts';

/** Empty look-ups in a row after a lost answer before the confirm may be sent again: NHSO may be slow to show it. */
export const EMPTY_LOOKUPS_BEFORE_ASKING_AGAIN = 2;

export interface LookupTimes {
  /** Between two look-ups after a lost answer, ms. */
  settleMs: number;
  /** Between two look-ups of a case that waits with a card-only read, ms. */
  offlineMs: number;
}

export function lookedUp(current: Case, match: MatchResult, times: LookupTimes, at: Instant): Change | null {
  switch (match.kind) {
    case 'fits': {
      // the answer of our own confirm that was lost, or a code that came by another channel
      const ours =
        current.askedAt !== null &&
        current.reason === null &&
        (match.code.issuedAt ?? 0) >= current.askedAt - 60_000;
      const { claimCode, claimType, issuedAt } = match.code;
      return holdCode(
        current,
        { claimCode, claimType, issuedAt, source: ours ? 'confirm' : 'lookup' },
        ours ? 'confirmed' : 'found-elsewhere',
        { event: 'code-found', at, detail: { claimCode, issuedAt } },
      );
    }
    case 'ambiguous':
      return toStaff({ ...current, candidates: match.candidates }, 'code-ambiguous', null, {
        event: 'code-ambiguous',
        at,
        detail: { candidates: match.candidates.map((c) => c.claimCode) },
      });
    case 'none':
      return nothingFits(current, match.candidates, times, at);
  }
}

function nothingFits(
  current: Case,
  candidates: readonly Candidate[],
  times: LookupTimes,
  at: Instant,
): Change | null {
  const detail = {
    candidates: candidates.map((c) => ({ claimCode: c.claimCode, misfits: c.misfits, heldBy: c.heldBy })),
  };
  const cause = { event: 'nothing-found', at, detail };
  const dayIsOver = !mayAsk(current, at);
  switch (current.state) {
    case 'unknown':
      return refusedOrLost({ ...current, candidates }, times, dayIsOver, cause);
    case 'confirming':
      return change(
        current,
        {
          state: 'unknown',
          ...NO_REASON,
          emptyLookups: 1,
          ...thenDo(current, 'lookup', at + times.settleMs),
        },
        cause,
      );
    case 'awaiting-card':
      if (!dayIsOver) return change(current, NOTHING_TO_DO, cause);
      return change(
        current,
        { state: 'expired', reason: 'day-over-no-card', candidates, ...NOTHING_TO_DO },
        cause,
      );
    case 'offline':
      if (!dayIsOver)
        return change(current, { candidates, ...thenDo(current, 'lookup', at + times.offlineMs) }, cause);
      return toStaff({ ...current, candidates }, 'service-day-over', null, cause);
    case 'ready':
    case 'drafted':
      if (!dayIsOver) return null;
      return toStaff({ ...current, candidates }, 'service-day-over', null, cause);
    default:
      return null;
  }
}

function refusedOrLost(
  current: Case,
  times: LookupTimes,
  dayIsOver: boolean,
  cause: { event: string; at: Instant; detail: Readonly<Record<string, unknown>> },
): Change {
  if (current.reason === 'refused' || current.reason === 'same-day-code') {
    // refused for certain: nothing of ours is under way there any more
    const settled = current.visitGone ? cancelledPatch() : null;
    const heldByOther = current.candidates.some((c) => c.misfits.length === 1 && c.heldBy !== null);
    const reason = heldByOther ? 'same-day-code' : current.reason;
    if (settled !== null) return change({ ...current, askedAt: null }, settled, cause);
    return toStaff({ ...current, askedAt: null }, reason, current.reasonDetail, cause);
  }
  const emptyLookups = current.emptyLookups + 1;
  if (emptyLookups < EMPTY_LOOKUPS_BEFORE_ASKING_AGAIN) {
    return change(current, { emptyLookups, ...thenDo(current, 'lookup', cause.at + times.settleMs) }, cause);
  }
  const free = { ...current, askedAt: null, emptyLookups };
  if (current.visitGone) return change(free, cancelledPatch(), cause);
  if (dayIsOver) return toStaff(free, 'service-day-over', null, cause);
  return change(
    free,
    { state: 'drafted', ...NO_REASON, ...thenDo(current, 'confirm', cause.at) },
    {
      ...cause,
      event: 'nothing-found-ask-again',
    },
  );
}

function cancelledPatch(): Partial<Case> {
  return { state: 'cancelled', reason: 'visit-cancelled', reasonDetail: null, ...NOTHING_TO_DO };
}
