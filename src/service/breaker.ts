/**
 * The circuit breaker of one hospital. After a number of NHSO failures in a row its draft, confirm and look-up work
 * stops; one probe a while goes through; the first success lets the work go on.
 */

import type { Instant } from '../domain/bangkok.ts';

export interface BreakerOptions {
  /** Failures in a row that open it. */
  failures: number;
  /** Between two probes, ms. */
  probeMs: number;
}

export class Breaker {
  readonly #options: BreakerOptions;
  #inARow = 0;
  #openedAt: Instant | null = null;
  #nextProbeAt: Instant = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /** NHSO is taken to be down. */
  get isOpen(): boolean {
    return this.#openedAt !== null;
  }

  get openedAt(): Instant | null {
    return this.#openedAt;
  }

  /** True when this failure has opened it. */
  failed(now: Instant): boolean {
    this.#inARow += 1;
    if (this.isOpen || this.#inARow < this.#options.failures) return false;
    this.#openedAt = now;
    this.#nextProbeAt = now + this.#options.probeMs;
    return true;
  }

  /** True when this success has closed it. */
  succeeded(): boolean {
    const wasOpen = this.isOpen;
    this.#inARow = 0;
    this.#openedAt = null;
    return wasOpen;
  }

  /** True once per probe interval while open: whoever gets it makes the probe. */
  takeProbe(now: Instant): boolean {
    // a clock that was set back must not put the probe off by an hour
    const wait = this.#nextProbeAt - now;
    if (!this.isOpen || (wait > 0 && wait <= this.#options.probeMs)) return false;
    this.#nextProbeAt = now + this.#options.probeMs;
    return true;
  }
}
