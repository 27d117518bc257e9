/**
 * Who calls NHSO next: each lane (an agent, which holds one reader) carries one call at a time, all of them together keep to a
 * rate, and what cannot wait goes ahead. After an outage thousands of look-ups wait that any day would do for, beside the
 * patient at the counter, whose code can be asked for until midnight only.
 */

/**
 * - `somebody-waits`: a clerk's program waits for the answer.
 * - `today-only`: asks for a code, which can be done only while the service day lasts.
 * - `any-day`: looks up what NHSO holds, today or later. It lets the others go ahead; they go in the order of coming, so that a
 *   program which asks without end does not keep the patients' codes waiting.
 */
export type Urgency = 'somebody-waits' | 'today-only' | 'any-day';

/** One turn in so many goes to whoever has waited longest, so that what may wait never stands still. */
const FAIR_EVERY = 10;

interface Turn {
  lane: string;
  mayWait: boolean;
  begin: () => void;
}

export class Lanes {
  /** Between two calls, ms; 0 for no limit. */
  readonly #everyMs: number;
  readonly #busy = new Set<string>();
  /** Whoever has waited longest is first. */
  readonly #waiting: Turn[] = [];
  #taken = 0;
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `ratePerSecond` 0: no limit. */
  constructor(ratePerSecond: number) {
    this.#everyMs = ratePerSecond === 0 ? 0 : 1000 / ratePerSecond;
  }

  /** Runs `work` when it is its turn in the lane. What it throws is the caller's; the lane goes on. */
  async turn<T>(lane: string, urgency: Urgency, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ lane, mayWait: urgency === 'any-day', begin });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#busy.delete(lane);
      this.#next();
    }
  }

  /** Lets go ahead whoever may. `now` is of no wall clock: one that is set back must not hold the work up. */
  #next(now = performance.now()): void {
    while (this.#timer === undefined) {
      const free = this.#waiting.filter(({ lane }) => !this.#busy.has(lane));
      const [longest] = free;
      if (longest === undefined) return;
      if (this.#freeAt > now) {
        this.#wait();
        return;
      }
      this.#taken += 1;
      const urgent = this.#taken % FAIR_EVERY === 0 ? undefined : free.find(({ mayWait }) => !mayWait);
      this.#begin(urgent ?? longest, now);
    }
  }

  #wait(): void {
    const until = this.#freeAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // as if on the dot: what timers are late by would add up, and the rate would not be reached
      this.#next(until);
    }, until - performance.now());
  }

  #begin(turn: Turn, now: number): void {
    this.#waiting.splice(this.#waiting.indexOf(turn), 1);
    this.#busy.add(turn.lane);
    this.#freeAt = now + this.#everyMs;
    turn.begin();
  }
}
