import type { Instant } from '../../domain/bangkok.ts';

/** Time comes in as an argument everywhere; only the wiring knows the real clock. */
export interface Clock {
  /** UTC epoch milliseconds. */
  now(): Instant;
}
