/** A rate that lets some through at once: so many without waiting, then one in a given time, in the order of asking. */

export class Turns {
  readonly #atOnce: number;
  /** When all that was promised has been used up, ms. */
  #until = Number.NEGATIVE_INFINITY;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Takes a turn; returns how long to wait for it, ms. `now`: of a clock that nobody sets. */
  take(now: number, everyMs: number): number {
    this.#until = Math.max(this.#until, now - this.#atOnce * everyMs) + everyMs;
    return Math.max(0, this.#until - now);
  }
}
