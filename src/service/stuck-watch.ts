/** Whether the queue's workers have fallen silent, so that only a new process would take its work up again. */

/** A job that has waited this long while the work may go on, ms. */
const STUCK_MS = 10 * 60_000;
/** So long it must be seen, ms: jobs bear times of the wall clock, and one that jumps ahead makes each look old for a moment. */
const SEEN_FOR_MS = 45_000;

export class StuckWatch {
  #since: number | null = null;

  /** `waitMs`: how long the oldest job that may be done waits. `steadyMs`: now, on a clock that never jumps. */
  isStuck(waitMs: number, steadyMs: number): boolean {
    if (waitMs <= STUCK_MS) {
      this.#since = null;
      return false;
    }
    this.#since ??= steadyMs;
    return steadyMs - this.#since >= SEEN_FOR_MS;
  }
}
