/**
 * A work queue that does nothing by itself: jobs lie in a list until the test says so. It keeps to the port (a job of
 * one id exists once; what may pass is tried again, anything else is not), so that a test can stand between any two
 * steps, lose the whole queue, or have it away.
 */

import { BridgeError, isBridgeError } from '../../../src/domain/bridge-error.ts';
import { STEPS, type Step } from '../../../src/domain/case.ts';
import type { Clock } from '../../../src/service/ports/clock.ts';
import {
  NoWayFromHere,
  type QueueCounts,
  type QueueHandlers,
  type StepJob,
  type WorkQueue,
} from '../../../src/service/ports/work-queue.ts';

export class HandQueue implements WorkQueue {
  isAway = false;
  /** Every job to two bridges at once, as when one of them was taken for dead. */
  isDoubled = false;
  /** Every job had been begun by a bridge that is dead. */
  isTakenOver = false;
  readonly failures: unknown[] = [];
  readonly #clock: Clock;
  #jobs = new Map<string, StepJob>();
  #handlers: QueueHandlers[] = [];
  #turn = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(jobs: readonly StepJob[]): Promise<void> {
    if (this.isAway) {
      return Promise.reject(new BridgeError('queue-unavailable', 'the queue is away', { retry: 'yes' }));
    }
    for (const job of jobs) if (!this.#jobs.has(idOf(job))) this.#jobs.set(idOf(job), job);
    return Promise.resolve();
  }

  start(handlers: QueueHandlers): Promise<void> {
    this.#handlers.push(handlers);
    return Promise.resolve();
  }

  get due(): readonly StepJob[] {
    return [...this.#jobs.values()].filter((j) => (j.dueAt ?? 0) <= this.#clock.now());
  }

  /** Does each job that is due, once, all at the same time. Returns how many there were. */
  async work(): Promise<number> {
    const { due } = this;
    for (const job of due) this.#jobs.delete(idOf(job));
    await Promise.all(due.flatMap((job) => this.#bridges().map((handlers) => this.#do(job, handlers))));
    return due.length;
  }

  /** One turn of a schedule, at one of the bridges (at both, when doubled). Throws what it throws. */
  async tick(id: string): Promise<void> {
    const schedules = this.#bridges().flatMap((h) => h.schedules.filter((s) => s.id === id));
    if (schedules.length === 0) throw new Error(`no schedule ${id}`);
    await Promise.all(schedules.map((s) => s.run(this.#clock.now())));
  }

  loseEverything(): void {
    this.#jobs.clear();
  }

  /** The bridges that work here so far are dead. */
  forgetBridges(): void {
    this.#handlers = [];
  }

  counts(): Promise<Record<Step, QueueCounts>> {
    const of = (step: Step): QueueCounts => ({
      waiting: [...this.#jobs.values()].filter((j) => j.step === step).length,
      active: 0,
      delayed: 0,
    });
    return Promise.resolve(Object.fromEntries(STEPS.map((s) => [s, of(s)])) as Record<Step, QueueCounts>);
  }

  oldestWaitMs(): Promise<number> {
    return Promise.resolve(0);
  }

  check(): Promise<[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #bridges(): QueueHandlers[] {
    if (this.isDoubled) return this.#handlers;
    this.#turn += 1;
    const one = this.#handlers[this.#turn % Math.max(1, this.#handlers.length)];
    return one === undefined ? [] : [one];
  }

  async #do(job: StepJob, handlers: QueueHandlers): Promise<void> {
    try {
      await handlers.steps[job.step](job, {
        ...{ attempt: 1, isLast: false, isTakenOver: this.isTakenOver },
      });
    } catch (error) {
      this.failures.push(error);
      if (error instanceof NoWayFromHere || (isBridgeError(error) && error.retry === 'yes')) {
        // back-off: never in the same breath
        await this.add([{ ...job, dueAt: this.#clock.now() + 1_000 }]);
      }
    }
  }
}

function idOf({ step, hcode, vn, stepSeq }: StepJob): string {
  return `${hcode}.${vn}.${step}.${stepSeq}`;
}
