/** One source of the night: asked at the run's pace, left alone for a while once it has failed, and told of at the end. */

import type { Instant } from '../../domain/bangkok.ts';
import { type ErrorCode, isBridgeError } from '../../domain/bridge-error.ts';
import type { CodeOrigin } from '../../domain/reconcile/shown.ts';
import { Breaker } from '../breaker.ts';

/** A source that failed this often in a row is left alone, and tried again after a while. */
const FAILURES = 3;
const PROBE_MS = 60_000;

/** A person must do something first. */
const NOT_IN_THIS_RUN: readonly ErrorCode[] = ['token-missing', 'token-refused', 'config'];

export class Source {
  readonly origin: CodeOrigin;
  readonly #now: () => Instant;
  readonly #breaker = new Breaker({ failures: FAILURES, probeMs: PROBE_MS });
  /** Why it cannot be asked at all in this run. */
  #off: string | null = null;
  #unanswered = 0;
  #why: string | null = null;

  constructor(origin: CodeOrigin, now: () => Instant) {
    this.origin = origin;
    this.#now = now;
  }

  /** Not configured, or without a token: nothing that a call would change. */
  turnOff(why: string): void {
    this.#off = why;
  }

  get isOff(): boolean {
    return this.#off !== null;
  }

  /** Null: no answer. Throws what has nothing to do with the source. */
  async ask<T>(call: () => Promise<T>): Promise<T | null> {
    if (this.#off !== null) return null;
    if (this.#breaker.isOpen && !this.#breaker.takeProbe(this.#now())) return this.#none(this.#why);
    try {
      const answer = await call();
      this.#breaker.succeeded();
      return answer;
    } catch (error) {
      if (!isBridgeError(error) || error.code === 'ledger-unavailable') throw error;
      if (NOT_IN_THIS_RUN.includes(error.code)) this.#off = error.message;
      // a refusal is an answer, though it says nothing of the person
      else if (error.code === 'nhso-refused') this.#breaker.succeeded();
      else this.#breaker.failed(this.#now());
      return this.#none(error.message);
    }
  }

  /** What a person must know of it when the run has ended; null when it has always answered. */
  get trouble(): string | null {
    if (this.#off !== null) return `${this.origin}: ${this.#off}`;
    if (this.#unanswered === 0) return null;
    return `${this.origin} gave no answer for ${this.#unanswered} people: ${this.#why ?? 'unknown'}`;
  }

  #none(why: string | null): null {
    this.#unanswered += 1;
    this.#why = why;
    return null;
  }
}
