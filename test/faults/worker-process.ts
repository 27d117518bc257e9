/** A worker as `main.ts` sees it: it gets a seed and answers with a result. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { PORT_SLICE } from '../support/services/processes.ts';
import { notMade, type RunResult } from './run.ts';
import type { Order } from './worker.ts';

/** After those of a test suite that runs beside. */
const FIRST_SLICE = 10;

export class WorkerProcess {
  readonly #child: ReturnType<typeof fork>;

  private constructor(child: ReturnType<typeof fork>) {
    this.#child = child;
  }

  /** @param number of the worker among those that work at the same time */
  static async start(number: number): Promise<WorkerProcess> {
    const env = { ...process.env, [PORT_SLICE]: String(FIRST_SLICE + number) };
    const worker = new WorkerProcess(fork(fileURLToPath(new URL('worker.ts', import.meta.url)), { env }));
    await worker.#answer();
    return worker;
  }

  get isAlive(): boolean {
    return this.#child.connected;
  }

  /** A worker that ends in the middle costs that run and no other. */
  async run(order: Order): Promise<RunResult> {
    this.#child.send(order);
    try {
      return (await this.#answer()) as RunResult;
    } catch (error) {
      return notMade(order.seed, String(error), 'its worker ended');
    }
  }

  async stop(): Promise<void> {
    if (!this.isAlive) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  async #answer(): Promise<unknown> {
    const gone = new AbortController();
    const died = once(this.#child, 'exit', { signal: gone.signal }).then(([code, signal]) => {
      throw new Error(`a worker ended with ${code ?? signal}`);
    });
    died.catch(() => undefined); // told by the race, or not wanted any more
    const [answer] = await Promise.race([once(this.#child, 'message'), died]);
    gone.abort();
    return answer;
  }
}
