/**
 * A clock that was ahead has been set back: what it wrote stands in the future, and what was to be done "in a minute" would be done in
 * an hour. The one rule by which the times of a case, and of what a client has asked for, are put right.
 */

import type { Instant } from './bangkok.ts';

/** What was written farther ahead than this was written by a clock that was wrong, ms; those of two processes may differ. */
export const SET_BACK_MS = 60_000;

/** By more than this no clock of ours is taken to differ from NHSO's, ms. */
export const CLOCK_WRONG_AT_MOST_MS = 2 * 3_600_000;

export interface PutRight {
  /** A moment that is over: NHSO's codes are compared with it. */
  past(time: Instant): Instant;
  /** When something is to be done: as long after the last change as it was meant to be, but not before now. */
  due(time: Instant): Instant;
}

/** How times of what was last changed then are put right; null where that clock was not ahead. */
export function setBack(updatedAt: Instant, at: Instant): PutRight | null {
  const ahead = updatedAt - at;
  if (ahead <= SET_BACK_MS) return null;
  return {
    past: (time) => (time <= at ? time : time - ahead),
    due: (time) => Math.max(at, time - ahead),
  };
}
