/**
 * Sees that the server has lost what it held (emptied by hand, restarted without its append-only file, gone back to an older
 * copy), so that the work is put back within seconds. A figure counts up beside the jobs; one that does not grow was lost,
 * and the jobs with it.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../src/service/ports/log.ts';
import type { Backend } from './backends/backend.ts';
import type { ErrorSink } from './error-log.ts';

export interface LossWatchOptions {
  /** Between two looks, ms. */
  everyMs: number;
  log: Log;
  report: ErrorSink;
  /** Puts everything back; called again until it has succeeded once. */
  onLost: () => Promise<void>;
}

export class LossWatch {
  readonly #count: NonNullable<Backend['countUp']>;
  readonly #options: LossWatchOptions;
  readonly #stop = new AbortController();
  #last = 0;
  #isLost = false;
  #running: Promise<void> = Promise.resolve();

  constructor(count: NonNullable<Backend['countUp']>, options: LossWatchOptions) {
    this.#count = count;
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Looks no more; what is being put back is put back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => this.#options.report('loss watch', error));
      await sleep(this.#options.everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const count = await this.#count();
    if (count <= this.#last) {
      this.#isLost = true;
      this.#options.log.warn({}, 'The work queue has lost what it held; it is filled again from the ledger');
    }
    this.#last = count;
    if (!this.#isLost) return;
    await this.#options.onLost();
    this.#isLost = false;
  }
}
