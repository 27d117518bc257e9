/** Several bridges on one ledger: which of them a reader speaks to. */

/**
 * What a failure means. `next`: another one is asked in its place. `leave`: others are spoken to from now on, but this is asked
 * of nobody else. `stay`: the bridge is there.
 */
export type AfterFailure = 'next' | 'leave' | 'stay';

/**
 * Stays with the bridge that answered last, and turns to the next where it does not. Which of them it is makes no difference:
 * they share one ledger. One object for all that a reader sends: what its reads found out, its door need not find out again.
 */
export class BridgeTurns {
  #at = 0;

  /** The one whose turn it is, and behind it those that would be asked in its place. */
  inTurn<B>(bridges: readonly B[]): B[] {
    return [...bridges.slice(this.#at), ...bridges.slice(0, this.#at)];
  }

  /** Asks each once at most. Throws what the last one that was asked has thrown. */
  async ask<B, T>(
    bridges: readonly B[],
    one: (bridge: B) => Promise<T>,
    after: (error: unknown) => AfterFailure,
  ): Promise<T> {
    let failure: unknown;
    for (const bridge of this.inTurn(bridges)) {
      try {
        return await one(bridge);
      } catch (error) {
        failure = error;
        const then = after(error);
        if (then !== 'stay') this.#leave(bridges.indexOf(bridge), bridges.length);
        if (then !== 'next') break;
      }
    }
    throw failure;
  }

  /** Of calls that fail at one bridge together, the first turns away from it. */
  #leave(n: number, count: number): void {
    if (this.#at === n) this.#at = (n + 1) % count;
  }
}
