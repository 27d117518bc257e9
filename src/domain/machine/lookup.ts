/** What a look-up at NHSO means for a case: adopt the code, look again, ask again, wait, or tell a person. */

import type { Candidate, IssuedCode, MatchResult } from '../authen-code.ts';
import type { Instant } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { askAgain, type Grounds, reassess, toStaff } from './facts.ts';
import { holdCode, mayAsk } from './obtain.ts';
import { type Cause, type Change, change, NO_REASON, NOTHING_TO_DO, thenDo } from './transition.ts';

/** Empty look-ups in a row after a lost answer before the confirm may be sent again: NHSO may be slow to show it. */
const EMPTY_LOOKUPS_BEFORE_ASKING_AGAIN = 2;

export interface LookupTimes {
  /** Between two look-ups after a lost answer, ms. */
  settleMs: number;
  /** Between two look-ups of a case that waits with a card-only read, ms. */
  offlineMs: number;
}

/** NHSO's clock may differ from ours by this much, ms. */
const CLOCKS_DIFFER_MS = 60_000;

/** A code from so long before a confirm is taken for older than it; NHSO tells whole seconds. */
const SAME_MOMENT_MS = 5_000;

export function lookedUp(
  current: Case,
  match: MatchResult,
  grounds: Grounds,
  times: LookupTimes,
  at: Instant,
): Change | null {
  switch (match.kind) {
    case 'fits': {
      const { claimCode, claimType, issuedAt } = match.code;
      const detail = { claimCode, issuedAt };
      const { askedAt } = current;
      const isOlder = awaitsAnswer(current) && (issuedAt ?? 0) < (askedAt ?? 0) - SAME_MOMENT_MS;
      // the answer of our own confirm that was lost, or a code that came by another channel
      const ours = isOwnAnswer(current, match.code);
      if (isOlder && !isLastEmpty(current)) {
        // this older code would do, but the one that was asked for may only not be shown yet
        return lookAgain(current, times, { event: 'older-code-found', at, detail });
      }
      return holdCode(
        current,
        { claimCode, claimType, issuedAt, source: ours ? 'confirm' : 'lookup' },
        ours ? 'confirmed' : 'found-elsewhere',
        { event: 'code-found', at, detail },
      );
    }
    case 'ambiguous':
      return toStaff({ ...current, candidates: match.candidates }, 'code-ambiguous', null, {
        event: 'code-ambiguous',
        at,
        detail: { candidates: match.candidates.map((c) => c.claimCode) },
      });
    case 'none':
      return nothingFits(current, match.candidates, grounds, times, at);
  }
}

function nothingFits(
  current: Case,
  candidates: readonly Candidate[],
  grounds: Grounds,
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
      return isLost(current)
        ? stillLost({ ...current, candidates }, grounds, times, cause)
        : notFound(current, candidates, grounds, cause);
    case 'confirming':
      return lookAgain(current, times, cause);
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

/** True for an answer that was lost; false for a refusal and the like, whose reason stands in the case. */
function isLost(current: Case): boolean {
  return current.reason === null || current.reason === 'waiting-nhso';
}

function awaitsAnswer(current: Case): boolean {
  return current.askedAt !== null && isLost(current);
}

/** One more look-up without the code that was asked for is the last before something else is done. */
function isLastEmpty(current: Case): boolean {
  return current.emptyLookups + 1 >= EMPTY_LOOKUPS_BEFORE_ASKING_AGAIN;
}

function lookAgain(current: Case, times: LookupTimes, cause: Cause): Change {
  const emptyLookups = current.emptyLookups + 1;
  const again = thenDo(current, 'lookup', cause.at + times.settleMs);
  return change(
    current,
    { state: 'unknown', reason: null, reasonDetail: null, emptyLookups, ...again },
    cause,
  );
}

/** The code of an answer that was lost has not turned up: look again, or ask again, or leave it to a person. */
function stillLost(current: Case, grounds: Grounds, times: LookupTimes, cause: Cause): Change {
  if (!isLastEmpty(current)) return lookAgain(current, times, cause);
  const maybe = current.candidates.filter((c) => mayBeOurs(c, current));
  if (maybe.length > 0) {
    // asked again, NHSO would issue a second one
    const isTaken = maybe.every((c) => c.heldBy !== null);
    return toStaff(current, isTaken ? 'same-day-code' : 'code-does-not-fit', null, cause);
  }
  const emptyLookups = current.emptyLookups + 1;
  const asked = askAgain({ ...current, emptyLookups }, grounds, cause.at, {
    ...cause,
    event: 'nothing-found-ask-again',
  });
  if (!isToAsk(asked) || mayAsk(asked.next, cause.at)) return asked;
  return toStaff({ ...current, askedAt: null, emptyLookups }, 'service-day-over', null, cause);
}

/** A code that does not fit, or was taken for another visit, but may be the one that the lost answer brought. */
function mayBeOurs(candidate: Candidate, current: Case): boolean {
  if (candidate.hcode !== null && candidate.hcode !== current.hcode) return false;
  if (candidate.misfits.includes('close-visit-code') || candidate.misfits.includes('not-a-code'))
    return false;
  return isIssuedSince(candidate, current.askedAt ?? 0);
}

/**
 * True when the code may be the answer, lost so far, to the confirm of `asker`, another visit of the same person, day
 * and claim type: then it is that visit's to find.
 */
export function mayBeAnswerTo(asker: Case, code: Pick<IssuedCode, 'issuedAt'>): boolean {
  return asker.askedAt !== null && asker.code === null && isIssuedSince(code, asker.askedAt);
}

/** True when the code is the answer, lost so far, to the case's own confirm. */
export function isOwnAnswer(current: Case, code: Pick<IssuedCode, 'issuedAt'>): boolean {
  return awaitsAnswer(current) && isIssuedSince(code, current.askedAt ?? 0);
}

function isIssuedSince({ issuedAt }: Pick<IssuedCode, 'issuedAt'>, at: Instant): boolean {
  return (issuedAt ?? Number.POSITIVE_INFINITY) >= at - CLOCKS_DIFFER_MS;
}

/** Nothing was found for a case that a reason has brought here: refused, asked for by another visit, or tried again. */
function notFound(current: Case, candidates: readonly Candidate[], grounds: Grounds, cause: Cause): Change {
  if (current.reason !== 'refused' && current.reason !== 'same-day-code') {
    // a person wanted to see whether it is there now; what was asked for once is not asked for again
    const seen = new Set(candidates.map((c) => c.claimCode));
    const all = [...current.candidates.filter((c) => !seen.has(c.claimCode)), ...candidates];
    return toStaff({ ...current, candidates: all }, current.reason, current.reasonDetail, cause);
  }
  // refused for certain: nothing of ours is under way there, so the facts may have changed the answer meanwhile
  const afresh = { askedAt: null, state: 'awaiting-card', ...NO_REASON } as const;
  const again = reassess(current, afresh, grounds, cause);
  if (!isToAsk(again)) return again;
  const heldByOther = candidates.some((c) => c.misfits.length === 1 && c.heldBy !== null);
  const reason = heldByOther ? 'same-day-code' : current.reason;
  return toStaff({ ...current, candidates, askedAt: null }, reason, current.reasonDetail, cause);
}

function isToAsk({ next }: Change): boolean {
  return next.state === 'ready' || next.state === 'drafted';
}
