/** What a look-up at NHSO means for a case: adopt the code, look again, ask again, wait, or tell a person. */

import type { Candidate, IssuedCode, MatchResult } from '../authen-code.ts';
import { DAY_MS, endOfServiceDate, type Instant } from '../bangkok.ts';
import { isOwnCard } from '../card-read.ts';
import type { Case } from '../case.ts';
import { askAgain, type Grounds, isToBeEntered, reassess, toStaff } from './facts.ts';
import { inDoubt, isLastEmpty, type LostAnswerTimes, nextLookup } from './lost-answer.ts';
import { holdCode, mayAsk } from './obtain.ts';
import { isNotReadAgain } from './offline.ts';
import { type Gap, mayHaveBeenAsked, seekNext, soughtOnce } from './restored.ts';
import {
  type Cause,
  type Change,
  change,
  isRecheck,
  NO_REASON,
  NOTHING_TO_DO,
  thenDo,
} from './transition.ts';

export interface LookupTimes extends LostAnswerTimes {
  /** Between two look-ups of a case that waits with a read that no code can be asked for with, at least, ms. */
  offlineMs: number;
}

/** Longest pause between two look-ups of such a case, in shortest ones: two hours of ten minutes. */
const OFFLINE_LONGEST = 12;

/** Between two look-ups that NHSO refuses, ms: twice as long as the last time, within these. */
const REFUSED_AGAIN_MS = { least: 60_000, most: 30 * 60_000 };

/** NHSO's clock may differ from ours by this much, ms. */
const CLOCKS_DIFFER_MS = 60_000;

/** A code from so long before a confirm is taken for older than it; NHSO tells whole seconds. */
const SAME_MOMENT_MS = 5_000;

/** Beside what a case is judged by: what the ledger may not know. */
export interface LookupGrounds extends Grounds {
  gap: Gap | null;
}

export function lookedUp(
  current: Case,
  match: MatchResult,
  grounds: LookupGrounds,
  times: LookupTimes,
  at: Instant,
): Change | null {
  switch (match.kind) {
    case 'fits': {
      const { claimCode, claimType, issuedAt } = match.code;
      const detail = { claimCode, issuedAt };
      const isOlder = awaitsAnswer(current) && isOlderThanAsk(match.code, current.askedAt ?? 0);
      // the answer of our own confirm that was lost, or a code that came by another channel
      const ours = isOwnAnswer(current, match.code);
      if (isOlder && !isLastEmpty(current, times, at)) {
        // this older code would do, but the one that was asked for may only not be shown yet
        return lookAgain(current, times, { event: 'older-code-found', at, detail });
      }
      return holdCode(
        ours ? { ...current, ...inDoubt(current, times, at) } : current,
        { claimCode, claimType, issuedAt, source: ours ? 'confirm' : 'lookup' },
        ours ? 'confirmed' : 'found-elsewhere',
        { event: 'code-found', at, detail },
      );
    }
    case 'ambiguous': {
      const doubt = awaitsAnswer(current) ? inDoubt(current, times, at) : {};
      return toStaff({ ...current, ...doubt, candidates: match.candidates }, 'code-ambiguous', null, {
        event: 'code-ambiguous',
        at,
        detail: { candidates: match.candidates.map((c) => c.claimCode) },
      });
    }
    case 'none':
      return nothingFits(current, match.candidates, grounds, times, at);
  }
}

function nothingFits(
  current: Case,
  candidates: readonly Candidate[],
  grounds: LookupGrounds,
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
      if (current.reason === 'ledger-restored') {
        return stillUnknown({ ...current, candidates }, grounds, times, cause);
      }
      return isLost(current)
        ? stillLost({ ...current, candidates }, grounds, times, cause)
        : notFound(current, candidates, grounds, cause);
    case 'confirming':
      return lookAgain(current, times, cause);
    case 'awaiting-card':
      if (!dayIsOver && mayHaveBeenAsked(current, grounds.gap)) {
        return stillWithoutCard({ ...current, candidates }, grounds.gap, times, cause);
      }
      if (!dayIsOver) return change(current, { ...NO_CARD_YET, ...NOTHING_TO_DO }, cause);
      return change(current, { ...dayOverFor(current), candidates, ...NOTHING_TO_DO }, cause);
    case 'offline':
      if (!dayIsOver) {
        const again = thenDo(current, 'lookup', at + offlinePause(current, times, at));
        return change(current, { ...TO_BE_READ_AGAIN, candidates, ...again }, cause);
      }
      return endedOnTheList({ ...current, ...TO_BE_READ_AGAIN }, candidates, cause);
    case 'ready':
    case 'drafted':
      if (dayIsOver) return endedOnTheList(current, candidates, cause);
      // its day was over only by a clock that was ahead: it is asked for as it would have been
      return change(current, thenDo(current, current.state === 'ready' ? 'draft' : 'confirm', at), cause);
    case 'needs-staff':
      if (isToBeEntered(current) && dayIsOver) {
        return change(current, { ...dayOverFor(current), candidates, ...NOTHING_TO_DO }, cause);
      }
      if (dayIsOver) return endedOnTheList(current, candidates, cause);
      if (!isToBeEntered(current) && !isNotReadAgain(current)) return change(current, NOTHING_TO_DO, cause);
      return change(
        current,
        { candidates, ...thenDo(current, 'lookup', at + offlinePause(current, times, at)) },
        cause,
      );
    default:
      return null;
  }
}

/** What an outage had put in the place of these reasons is over once NHSO has answered. */
const NO_CARD_YET = { reason: 'waiting-card', reasonDetail: null } as const;
const TO_BE_READ_AGAIN = { reason: 'waiting-reread', reasonDetail: null } as const;

/** The day is over, and NHSO shows no code: no card was read, or what stood in for it was not entered there. */
function dayOverFor({ readKind }: Case): Partial<Case> {
  const hasStandIn = readKind !== null && !isOwnCard(readKind);
  const reason = hasStandIn ? 'day-over-not-entered' : 'day-over-no-card';
  return { state: 'expired', reason, reasonDetail: null };
}

/**
 * Until a case that waits for its card, or for what a person enters at NHSO, is looked up again, ms: as long as the read is old. After a morning's outage there
 * are thousands of these, and at a constant pace their look-ups would be most of what NHSO is asked for all day.
 */
function offlinePause({ readAt }: Case, { offlineMs }: LookupTimes, at: Instant): number {
  const age = at - (readAt ?? at);
  return Math.max(offlineMs, Math.min(age, OFFLINE_LONGEST * offlineMs));
}

/** The day has ended for a case that had a reason of its own, which now only says what stood in the way. */
function endedOnTheList(current: Case, candidates: readonly Candidate[], cause: Cause): Change {
  const { reason, reasonDetail } = current;
  const stoodInTheWay = reasonDetail === null ? reason : `${reason}: ${reasonDetail}`;
  return toStaff(withSeen(current, candidates), 'service-day-over', stoodInTheWay, cause);
}

/**
 * NHSO refused the look-up itself: a token that is not good any more, a citizen id that it does not know. It is tried
 * again less and less often until the day is over, and where a code of ours may be there, for a day more, beside the person who
 * is told then and may have it tried again.
 */
export function lookupRefused(current: Case, nhsoMessage: string, at: Instant): Change {
  const cause = { event: 'lookup-refused', at, detail: { nhsoMessage } };
  const isOver = !mayAsk(current, at);
  const isOwed = awaitsAnswer(current) || isRecheck(current);
  const isOverForGood = isOver && !(isOwed && at < endOfServiceDate(current.serviceDate) + DAY_MS);
  if (isOverForGood) {
    return toStaff({ ...current, recheckAt: null }, 'lookup-refused', nhsoMessage, cause);
  }
  const { least, most } = REFUSED_AGAIN_MS;
  const wait = Math.min(most, Math.max(least, 2 * (at - current.updatedAt)));
  const told = toldOfRefusal(current, nhsoMessage, isOver);
  return change(current, { ...told, ...thenDo(current, 'lookup', at + wait) }, cause);
}

function toldOfRefusal(current: Case, nhsoMessage: string, isOver: boolean): Partial<Case> {
  if (isRecheck(current)) return {};
  const refused = { reason: 'lookup-refused', reasonDetail: nhsoMessage } as const;
  if (isOver) return { state: 'needs-staff', ...refused };
  if (current.state === 'offline') return { ...TO_BE_READ_AGAIN, reasonDetail: nhsoMessage };
  const isOwn = current.state === 'confirming' || (current.state === 'unknown' && isLost(current));
  // the reason of a case that is looked up for another one stays: it decides what an empty look-up means
  return isOwn ? { state: 'unknown', ...refused } : {};
}

/** True for an answer that was lost; false for a refusal and the like, whose reason stands in the case. */
function isLost({ reason }: Case): boolean {
  return reason === null || reason === 'waiting-nhso' || reason === 'lookup-refused';
}

function awaitsAnswer(current: Case): boolean {
  return current.askedAt !== null && isLost(current);
}

function lookAgain(current: Case, times: LookupTimes, cause: Cause): Change {
  const emptyLookups = current.emptyLookups + 1;
  const again = thenDo(current, 'lookup', nextLookup(current, times, cause.at));
  return change(
    current,
    { state: 'unknown', reason: null, reasonDetail: null, emptyLookups, ...again },
    cause,
  );
}

/** The code of an answer that was lost has not turned up: look again, or ask again, or leave it to a person. */
function stillLost(current: Case, grounds: Grounds, times: LookupTimes, cause: Cause): Change {
  if (!isLastEmpty(current, times, cause.at)) return lookAgain(current, times, cause);
  const maybe = current.candidates.filter((c) => mayBeOurs(c, current));
  if (maybe.length > 0) {
    // asked again, NHSO would issue a second one
    const isTaken = maybe.every((c) => c.misfits.includes('held-by-other-visit'));
    return toStaff(current, isTaken ? 'same-day-code' : 'code-does-not-fit', null, cause);
  }
  const emptyLookups = current.emptyLookups + 1;
  const asked = askAgain(
    { ...current, emptyLookups },
    grounds,
    { step: 'confirm', dueAt: cause.at },
    {
      ...cause,
      event: 'nothing-found-ask-again',
    },
  );
  if (!isToAsk(asked) || mayAsk(asked.next, cause.at)) return asked;
  return toStaff({ ...current, askedAt: null, emptyLookups }, 'service-day-over', null, cause);
}

/**
 * The ledger was put back, and a code that was asked for since its backup has not turned up: look again, go on as the
 * facts say, or leave it to a person. Only a gap of older days is not given.
 */
function stillUnknown(current: Case, grounds: LookupGrounds, times: LookupTimes, cause: Cause): Change {
  const { gap } = grounds;
  const seen = gap === null ? current : { ...current, ...soughtOnce(current, gap) };
  if (mayHaveBeenAsked(seen, gap)) {
    return change(seen, thenDo(seen, 'lookup', seekNext(gap, times, cause.at)), cause);
  }
  const told = toldOfMaybe(seen, cause);
  if (told !== null) return told;
  const draft = { step: 'draft', dueAt: cause.at } as const;
  const asked = askAgain(seen, grounds, draft, { ...cause, event: 'nothing-found-ask' });
  if (!isToAsk(asked) || mayAsk(asked.next, cause.at)) return asked;
  return toStaff(seen, 'service-day-over', null, cause);
}

/** The same for a visit that has no card read, perhaps not any more: it goes on waiting for one. */
function stillWithoutCard(current: Case, gap: Gap, times: LookupTimes, cause: Cause): Change {
  const seen = { ...current, ...soughtOnce(current, gap), ...NO_CARD_YET };
  if (mayHaveBeenAsked(seen, gap)) {
    return change(seen, { candidates: [], ...thenDo(seen, 'lookup', seekNext(gap, times, cause.at)) }, cause);
  }
  return toldOfMaybe(seen, cause) ?? change(seen, { candidates: [], ...NOTHING_TO_DO }, cause);
}

/**
 * A code of the person and day that does not fit may be one that was asked for in the gap: a person must say, unless the
 * HIS holds the visit's code by now.
 */
function toldOfMaybe(current: Case, cause: Cause): Change | null {
  if (current.visit.code !== null) return null;
  const isOthers = ({ misfits, claimType }: Candidate): boolean =>
    claimType !== null && misfits.includes('claim-type') && misfits.includes('held-by-other-visit');
  const maybe = current.candidates.filter((c) => mayBeOurs(c, current) && !isOthers(c));
  if (maybe.length === 0) return null;
  const isTaken = maybe.every((c) => c.misfits.includes('held-by-other-visit'));
  // tried again, it is looked for again: as long as that code is there, none is asked for
  const again = { ...current, soughtTimes: 0 };
  return toStaff(again, isTaken ? 'same-day-code' : 'code-does-not-fit', null, cause);
}

/** A code that does not fit, or was taken for another visit, but may be the one that the lost answer brought. */
export function mayBeOurs(candidate: Candidate, current: Pick<Case, 'hcode' | 'askedAt'>): boolean {
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

/**
 * True for a code that may be that answer although it bears another day: a confirm that was sent a moment before midnight,
 * or by a clock that was wrong. It fits no visit, but somebody must see it.
 */
export function mayBeOwnOfOtherDay(current: Case, code: Pick<IssuedCode, 'issuedAt'>): boolean {
  const latest = (current.askedAt ?? 0) + DAY_MS;
  return isOwnAnswer(current, code) && code.issuedAt !== null && code.issuedAt < latest;
}

/** True for a code that was there before the confirm was sent. */
export function isOlderThanAsk({ issuedAt }: Pick<IssuedCode, 'issuedAt'>, askedAt: Instant): boolean {
  return (issuedAt ?? 0) < askedAt - SAME_MOMENT_MS;
}

/** Clocks differ, and one that was put right is so only by some seconds. */
export function isIssuedSince({ issuedAt }: Pick<IssuedCode, 'issuedAt'>, at: Instant): boolean {
  return (issuedAt ?? Number.POSITIVE_INFINITY) >= at - CLOCKS_DIFFER_MS;
}

/** Nothing was found for a case that a reason has brought here: refused, asked for by another visit, or tried again. */
function notFound(current: Case, candidates: readonly Candidate[], grounds: Grounds, cause: Cause): Change {
  if (current.reason !== 'refused' && current.reason !== 'same-day-code') {
    // a person wanted to see whether it is there now; what was asked for once is not asked for again
    return toStaff(withSeen(current, candidates), current.reason, current.reasonDetail, cause);
  }
  // refused for certain: nothing of ours is under way there, so the facts may have changed the answer meanwhile
  const afresh = { askedAt: null, state: 'awaiting-card', ...NO_REASON } as const;
  const again = reassess(current, afresh, grounds, cause);
  if (!isToAsk(again)) return again;
  if (!mayAsk(current, cause.at)) return endedOnTheList({ ...current, askedAt: null }, candidates, cause);
  const heldByOther = candidates.some((c) => c.misfits.join() === 'held-by-other-visit');
  const reason = heldByOther ? 'same-day-code' : current.reason;
  return toStaff({ ...current, candidates, askedAt: null }, reason, current.reasonDetail, cause);
}

/** The case with these candidates beside those that it had. */
function withSeen(current: Case, candidates: readonly Candidate[]): Case {
  const seen = new Set(candidates.map((c) => c.claimCode));
  return {
    ...current,
    candidates: [...current.candidates.filter((c) => !seen.has(c.claimCode)), ...candidates],
  };
}

function isToAsk({ next }: Change): boolean {
  return next.state === 'ready' || next.state === 'drafted';
}
