/**
 * How far back the numbers of visits must be asked for. JHCIS gives each visit the next number of its unit, without a
 * time in it; so the bridge remembers which numbers it has seen and when each visit began, and asks only for those after
 * the last one from before the window.
 *
 * It is a hint, never a fact: without one the whole day's numbers are read from the index over the date. A number that is
 * used again, a visit that was moved to another day or numbered otherwise is found by the count of the day.
 */

import type { Instant, ServiceDate } from '../../../src/domain/bangkok.ts';

/** Past so many numbers the mark spares nothing: the index over the date is the shorter way. */
const FAR = 2_000;

/** As many visits as a unit has in its busiest days; past that it begins anew. */
const MOST = 20_000;

export class NumberMark {
  readonly #began = new Map<number, Instant>();
  #today: ServiceDate | null = null;

  /** The first that was heard of a visit counts: an edit does not make it newer. */
  saw(visitno: number, at: Instant): void {
    if (this.#began.size >= MOST) this.#began.clear();
    if (!this.#began.has(visitno)) this.#began.set(visitno, at);
  }

  /** A day is being read whole: when it is today, what is remembered of numbers that are gone by now would mislead. */
  readsDay(date: ServiceDate): void {
    if (date === this.#today) this.#began.clear();
  }

  /** Visits that came since `from` have numbers above this one, as far as is known; null when nothing is that helps. */
  before(from: Instant, today: ServiceDate): number | null {
    this.#today = today;
    let before: number | null = null;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = 0;
    for (const [visitno, at] of this.#began) {
      highest = Math.max(highest, visitno);
      if (at >= from) lowest = Math.min(lowest, visitno);
      else before = Math.max(before ?? 0, visitno);
    }
    if (before === null) return null;
    const mark = Math.min(before, lowest - 1);
    return highest - mark > FAR ? null : mark;
  }
}
