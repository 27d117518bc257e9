/** How long to wait before a failed job is tried again. */

export interface RetryOptions {
  /** Tries altogether, the first included. Afterwards the ledger's sweep puts the job on the queue again. */
  attempts: number;
  /** Shortest wait, ms. */
  baseMs: number;
  /** Longest wait, ms. */
  capMs: number;
}

/**
 * Exponential back-off with full jitter: anywhere from `baseMs` to the smaller of `capMs` and `baseMs` × 2^attempt, so
 * that the jobs of an outage do not come back as one wave. Always a whole number: BullMQ's PostgreSQL back-end
 * leaves a job stuck in hand when it is given a fraction.
 *
 * @param attempt tries made so far, from 1
 * @param random from 0 to 1
 */
export function retryDelayMs(
  attempt: number,
  options: Pick<RetryOptions, 'baseMs' | 'capMs'>,
  random: number = Math.random(),
): number {
  const ceiling = longestDelayMs(attempt, options);
  const floor = Math.min(options.baseMs, ceiling);
  return Math.round(floor + random * (ceiling - floor));
}

/** The longest that {@link retryDelayMs} can give for the attempt, ms. */
export function longestDelayMs(attempt: number, options: Pick<RetryOptions, 'baseMs' | 'capMs'>): number {
  return Math.round(Math.min(options.capMs, options.baseMs * 2 ** Math.max(attempt, 1)));
}
