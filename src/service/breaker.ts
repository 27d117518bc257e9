/**
 * The circuit breaker of one hospital. After a number of NHSO failures in a row its draft, confirm and look-up work
 * stops; one probe a while goes through; the first success lets the work go on, on trial: until a call of the work itself has
 * succeeded, one failure stops it again.
 */

import type { Instant } from '../domain/bangkok.ts';

export interface BreakerOptions {
  /** Failures in a row that open it. */
  failures: number;
  /** Between two probes, ms. */
  probeMs: number;
}

/**
 * NHSO that answers a probe and then fails the work (its drafts are down, its look-ups are not) is asked after a longer pause,
 * so that probe and failing trial together are no more calls than the probes of a whole outage.
 */
const RELAPSE_FACTOR = 2;

export class Breaker {
  readonly #options: BreakerOptions;
  #inARow = 0;
  #openedAt: Instant | null = null;
  #nextProbeAt: Instant = 0;
  /** Until the next probe, ms. */
  #pauseMs = 0;
  #isOnTrial = false;
  #isRelapse = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /** NHSO is taken to be down. */
  get isOpen(): boolean {
    return this.#openedAt !== null;
  }

  /** NHSO has answered after it was down, but no call of the work has succeeded yet. */
  get isOnTrial(): boolean {
    return this.#isOnTrial;
  }

  get openedAt(): Instant | null {
    return this.#openedAt;
  }

  /** True when this failure has opened it. */
  failed(now: Instant): boolean {
    this.#inARow += 1;
    if (this.isOpen || (!this.#isOnTrial && this.#inARow < this.#options.failures)) return false;
    this.#openedAt = now;
    this.#isRelapse = this.#isOnTrial;
    this.#isOnTrial = false;
    this.#pauseMs = this.#options.probeMs * (this.#isRelapse ? RELAPSE_FACTOR : 1);
    this.#nextProbeAt = now + this.#pauseMs;
    return true;
  }

  /** True when this success has closed it. */
  succeeded(): boolean {
    const wasOpen = this.isOpen;
    this.#inARow = 0;
    this.#openedAt = null;
    this.#isOnTrial = wasOpen;
    return wasOpen;
  }

  /**
   * NHSO was seen to answer something else (a card read at a counter). True when that has closed it; never twice in one
   * outage between two probes, since it says nothing of the calls that failed.
   */
  seenToAnswer(now: Instant): boolean {
    if (!this.isOpen || (this.#isRelapse && !this.isProbeDue(now))) return false;
    return this.succeeded();
  }

  /** True once per probe interval while open: whoever gets it makes the probe. */
  takeProbe(now: Instant): boolean {
    if (!this.isProbeDue(now)) return false;
    this.#pauseMs = this.#options.probeMs;
    this.#nextProbeAt = now + this.#pauseMs;
    return true;
  }

  /** While it is open: whether the time has come to ask whether NHSO is back. */
  isProbeDue(now: Instant): boolean {
    if (!this.isOpen) return false;
    // a clock that was set back must not put the probe off by an hour
    const wait = this.#nextProbeAt - now;
    return wait <= 0 || wait > this.#pauseMs;
  }
}
