/** Waiting that may be cut short: by a ring, or by the signal to stop. */

export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  /** Wakes who waits, or else the next one to wait. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves after `ms` (null: not by time), at a ring, or when the signal stops the work, whichever comes first. */
  async wait(ms: number | null, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = ms === null ? null : setTimeout(done, Math.max(0, ms));
        function done(): void {
          if (timer !== null) clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
        signal.addEventListener('abort', done);
        this.#wake = done;
      });
    }
    this.#wake = null;
    this.#rung = false;
  }
}

/** Thrown by {@link orStop}. */
export class Stopped extends Error {}

/**
 * The promise's own outcome, or {@link Stopped} as soon as the signal says so. The listener is taken off each time:
 * a worker runs for years, and Promise.race against one lasting promise keeps a memory of every race.
 */
export function orStop<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new Stopped('stopped'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
