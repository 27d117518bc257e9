/**
 * Several visits of one person on one day, and as many codes that fit all of them: which is whose follows from the times, or
 * from nothing.
 *
 * A code that NHSO issued while the patient was at the hospital for a visit was issued after that visit was registered and
 * before the next one was: at the counter, at the kiosk and by LINE the code comes with the visit. So each code must lie in
 * the span from its visit's start to the next visit's start, one code in each span. A patient who got a code at home before
 * the first visit, two codes within one span, two visits registered in the same second, a visit without a time of day: none
 * of these tell, and a person must say.
 */

import { type Instant, type ServiceDate, serviceDateOf, startOfServiceDate } from '../bangkok.ts';
import type { SeenCode } from './shown.ts';

export interface Sharer {
  vn: string;
  startedAt: Instant;
}

/**
 * By visit number, the code of each of `visits`. Null when the times do not tell for certain, for all of them or for one.
 *
 * @param starts of all visits of that person, day and claim type that stand, also of those that have their code: a code that
 * was issued while such a visit was under way is no earlier visit's
 */
export function shareByTime(
  visits: readonly Sharer[],
  codes: readonly SeenCode[],
  starts: readonly Instant[],
  date: ServiceDate,
): Map<string, SeenCode> | null {
  if (visits.length !== codes.length) return null;
  const shares = new Map<string, SeenCode>();
  for (const { vn, startedAt } of visits) {
    // midnight is what a visit without a time of day is given
    if (serviceDateOf(startedAt) !== date || startedAt === startOfServiceDate(date)) return null;
    if (starts.filter((start) => start === startedAt).length !== 1) return null;
    const next = Math.min(...starts.filter((start) => start > startedAt));
    const within = codes.filter((code) => isWithin(code, startedAt, next));
    const [only] = within;
    if (only === undefined || within.length !== 1) return null;
    shares.set(vn, only);
  }
  // the spans do not overlap, so that no code is in two of them
  return shares;
}

/** Whoever told it, and whichever time they told. */
function isWithin({ issuedAt, lastIssuedAt }: SeenCode, from: Instant, to: Instant): boolean {
  return issuedAt !== null && lastIssuedAt !== null && issuedAt >= from && lastIssuedAt < to;
}
