/** How long ago something was, also across a sleep of the machine. */

/** Both clocks of this machine, ms: one that never jumps, and the one on the wall. */
export interface Times {
  steady: number;
  wall: number;
}

/**
 * From a confirm's call to its first byte, ms. What took longer, because a connection was not free, a process stood still or a machine
 * slept, is not sent: by then another may have looked up, seen nothing and asked.
 */
export const START_MS = 6_000;

const ofThisMachine = (): Times => ({ steady: performance.now(), wall: Date.now() });

/**
 * The steady clock stands still while a machine sleeps, the wall clock may be set back: whichever says more is believed. A
 * wall clock that is set forward makes things look older than they are, which costs another try and nothing else.
 */
export class Stopwatch {
  readonly #now: () => Times;
  readonly #begun: Times;

  constructor(now: () => Times = ofThisMachine) {
    this.#now = now;
    this.#begun = now();
  }

  /** Since it was made, ms. */
  get ms(): number {
    const { steady, wall } = this.#now();
    return Math.max(steady - this.#begun.steady, wall - this.#begun.wall);
  }
}

/** From now on for {@link START_MS}. */
export function soon(): () => boolean {
  const since = new Stopwatch();
  return () => since.ms <= START_MS;
}
