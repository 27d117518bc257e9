/** A BullMQ worker that knows what it has in hand, and can be stopped within a time. */

import { type Job, WaitingError } from 'bullmq';
import type { Backend, BullWorker, JobData, WorkerSettings } from './backends/backend.ts';
import type { ErrorSink } from './error-log.ts';
import type { QueueName } from './names.ts';
import { within } from './within.ts';

/** What closing connections may take once nothing is in hand, ms. A server that is away must not hold up the exit. */
const LETTING_GO_MS = 3_000;

export class HeldWorker {
  readonly #backend: Backend;
  readonly #worker: BullWorker;
  readonly #name: QueueName;
  readonly #report: ErrorSink;
  readonly #inHand = new Set<Promise<void>>();
  #stopping = false;
  #lastTakenAt = Date.now();

  constructor(
    backend: Backend,
    name: QueueName,
    work: (job: Job<JobData>, token: string | undefined) => Promise<void>,
    settings: WorkerSettings,
    report: ErrorSink,
  ) {
    this.#backend = backend;
    this.#name = name;
    this.#report = report;
    this.#worker = backend.worker(name, (job, token) => this.#take(work, job, token), settings);
    this.#worker.on('error', (error) => this.#complain(error));
  }

  /** Epoch ms at which this process last took a job of the queue, or was ready to. */
  get lastTakenAt(): number {
    return this.#lastTakenAt;
  }

  async run(): Promise<void> {
    await this.#worker.waitUntilReady();
    this.#lastTakenAt = Date.now();
    // Runs until the worker is closed; not awaited for that reason.
    this.#worker.run().catch((error: unknown) => this.#complain(error));
  }

  /** Takes no more jobs; those in hand go on. */
  async stopTaking(): Promise<void> {
    this.#stopping = true;
    await this.#worker.pause(true);
  }

  /** Waits until nothing is in hand; false when `deadline` (epoch ms) came first. */
  async emptyHanded(deadline: number): Promise<boolean> {
    while (this.#inHand.size > 0) {
      const left = deadline - Date.now();
      if (left <= 0 || !(await within(left, Promise.allSettled(this.#inHand)))) return false;
    }
    return true;
  }

  /**
   * Closes the worker. What is still in hand is left to run out: its lock is no longer renewed, so that another
   * process takes it when this one is surely gone. Giving it back at once could have two work on it at a time.
   */
  async close(): Promise<void> {
    const hangUp = this.#inHand.size > 0 || !this.#backend.isConnected();
    await within(LETTING_GO_MS, this.#worker.close(hangUp));
  }

  async #take(
    work: (job: Job<JobData>, token: string | undefined) => Promise<void>,
    job: Job<JobData>,
    token: string | undefined,
  ): Promise<void> {
    this.#lastTakenAt = Date.now();
    if (this.#stopping) {
      // Came in while the worker was being stopped. Not begun, so it goes back at once.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const doing = work(job, token);
    this.#inHand.add(doing);
    try {
      await doing;
    } finally {
      this.#inHand.delete(doing);
    }
  }

  #complain(error: unknown): void {
    // While stopping, commands fail because we have hung up ourselves.
    if (!this.#stopping) this.#report(`worker ${this.#name}`, error);
  }
}
