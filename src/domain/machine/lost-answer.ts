/** A confirm whose answer was lost: how long its code may yet turn up, and so when it may be sent again at the earliest. */

import type { Instant } from '../bangkok.ts';

/** Look-ups in a row that must have shown nothing: NHSO may be slow to show a code. */
export const EMPTY_LOOKUPS_BEFORE_ASKING_AGAIN = 2;

export interface LostAnswerTimes {
  /** Between two look-ups, ms; and how long after it was issued NHSO may take to show a code. */
  settleMs: number;
  /**
   * How long after it was announced a confirm may still be at work at the agent, ms. The agent does not hear that the line to
   * whoever asked has broken, and goes on.
   */
  atWorkMs: number;
}

export interface LostAnswer {
  askedAt: Instant | null;
  /** Look-ups since then that have shown nothing. */
  emptyLookups: number;
}

/** True when nothing is left to be waited for, should the look-up of this moment show nothing either. */
export function isLastEmpty(
  { askedAt, emptyLookups }: LostAnswer,
  times: LostAnswerTimes,
  at: Instant,
): boolean {
  return emptyLookups + 1 >= EMPTY_LOOKUPS_BEFORE_ASKING_AGAIN && at >= shownBy(askedAt ?? 0, times);
}

/** When to look next after a look-up that was not the last: at the pace of the settle time, the last one no sooner than it counts. */
export function nextLookup(
  { askedAt }: Pick<LostAnswer, 'askedAt'>,
  times: LostAnswerTimes,
  at: Instant,
): Instant {
  const { settleMs } = times;
  const restMs = shownBy(askedAt ?? 0, times) - at;
  return at + (restMs > 2 * settleMs ? settleMs : Math.max(settleMs, restMs));
}

/** By then NHSO shows the code, if there is one. */
function shownBy(askedAt: Instant, { settleMs, atWorkMs }: LostAnswerTimes): Instant {
  return askedAt + atWorkMs + settleMs;
}
