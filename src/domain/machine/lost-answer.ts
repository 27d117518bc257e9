/**
 * A confirm whose answer was lost: how long its code may yet turn up, and so when it may be sent again at the earliest. Two
 * measures must agree: the time since it was announced, and the number of look-ups since, each a pause after the one before.
 * A clock that jumps ahead betrays the first, a person's impatience the second.
 */

import type { Instant } from '../bangkok.ts';

/** However short the pauses, so many look-ups decide it. */
export const LOOKUPS_AT_MOST = 5;

/** One that shows nothing proves little: NHSO may be slow to show a code. */
const LOOKUPS_AT_LEAST = 2;

export interface LostAnswerTimes {
  /** Between two look-ups at least, ms; and how long after it was issued NHSO may take to show a code. */
  settleMs: number;
  /**
   * How long after it was announced a confirm may still be at work at the agent, ms. The agent does not hear that the line to
   * whoever asked has broken, and goes on.
   */
  atWorkMs: number;
}

export interface LostAnswer {
  askedAt: Instant | null;
  /** Look-ups since then after which it could still be at work. */
  emptyLookups: number;
}

/** True when nothing is left to be waited for, should the look-up of this moment show nothing either. */
export function isLastEmpty(lost: LostAnswer, times: LostAnswerTimes, at: Instant): boolean {
  return lost.emptyLookups + 1 >= lookupsNeeded(times) && at >= shownBy(lost, times);
}

/** When to look next after a look-up that was not the last; the last comes no sooner than it counts. */
export function nextLookup(lost: LostAnswer, times: LostAnswerTimes, at: Instant): Instant {
  const isNextTheLast = lost.emptyLookups + 2 >= lookupsNeeded(times);
  // at most as long as all of it takes, for a clock that was set back
  const restMs = Math.min(shownBy(lost, times) - at, times.atWorkMs + times.settleMs);
  return at + Math.max(pauseOf(times), isNextTheLast ? restMs : 0);
}

/**
 * The fields of a case whose lost answer has been found, or was given to a person: as long as the confirm may be at work, a
 * second code may follow, for what was found may have come by another channel. None when it is over.
 */
export function inDoubt(
  lost: LostAnswer,
  times: LostAnswerTimes,
  at: Instant,
): { recheckAt?: Instant; emptyLookups?: number } {
  if (isLastEmpty(lost, times, at)) return {};
  return { recheckAt: nextLookup(lost, times, at), emptyLookups: lost.emptyLookups + 1 };
}

/** From the first look-up to the last the agent has had the time to end. */
function lookupsNeeded(times: LostAnswerTimes): number {
  return Math.max(LOOKUPS_AT_LEAST, 1 + Math.ceil(times.atWorkMs / pauseOf(times)));
}

function pauseOf({ settleMs, atWorkMs }: LostAnswerTimes): number {
  return Math.max(settleMs, Math.ceil(atWorkMs / (LOOKUPS_AT_MOST - 1)));
}

/** By then NHSO shows the code, if there is one. */
function shownBy({ askedAt }: LostAnswer, { settleMs, atWorkMs }: LostAnswerTimes): Instant {
  return (askedAt ?? 0) + atWorkMs + settleMs;
}
