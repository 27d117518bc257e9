/** So many calls a second and no more. Of the monotonic clock: one that is set must neither stop the calls nor let them all through. */

import { setTimeout as sleep } from 'node:timers/promises';

export class Pace {
  readonly #everyMs: number;
  #next = 0;

  constructor(ratePerSecond: number) {
    this.#everyMs = 1000 / ratePerSecond;
  }

  /** Resolves when the next call may be made. What was not used in time is not made up for. */
  async turn(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#everyMs;
    if (at > now) await sleep(at - now);
  }
}
