/** So that a test is the same at whatever hour it is run: an hour more at eleven at night is another day. */

import { DAY_MS, endOfServiceDate, serviceDateOf } from '../../src/domain/bangkok.ts';

/** A clock that is an hour off, half an hour that passes, and the time that a test takes. */
const NEAR_MS = 2 * 3_600_000;

/** How far a clock is to be set ahead, ms: 0, or half a day within two hours of midnight (Asia/Bangkok). */
export function awayFromMidnightMs(at: number): number {
  const left = untilMidnightMs(at);
  return left < NEAR_MS || left > DAY_MS - NEAR_MS ? DAY_MS / 2 : 0;
}

/** From an instant to the next midnight in Bangkok, ms. */
export function untilMidnightMs(at: number): number {
  return endOfServiceDate(serviceDateOf(at)) - at;
}
