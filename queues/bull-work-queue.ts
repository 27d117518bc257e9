/** The port `WorkQueue` over BullMQ, whatever the server. */

import { BridgeError, errorText, isBridgeError } from '../src/domain/bridge-error.ts';
import { STEPS, type Step } from '../src/domain/case.ts';
import type { Finding } from '../src/service/ports/finding.ts';
import type { QueueCounts, QueueHandlers, StepJob, WorkQueue } from '../src/service/ports/work-queue.ts';
import type { Backend } from './backends/backend.ts';
import type { ErrorSink } from './error-log.ts';
import type { HeldWorker } from './held-worker.ts';
import { LossWatch } from './loss-watch.ts';
import { jobIdOf, priorityOf } from './names.ts';
import type { Settings } from './options.ts';
import { bringForward } from './put-off.ts';
import { Schedules } from './schedules.ts';
import { stepWorkers } from './step-workers.ts';
import { waitedMs } from './waiting.ts';
import { within } from './within.ts';

/** Jobs sent to the server at a time; more would hold up its other callers. */
const BULK = 1_000;
/** How long closing waits for a start that is under way, ms. */
const STARTING_MS = 5_000;

export class BullWorkQueue implements WorkQueue {
  readonly #backend: Backend;
  readonly #settings: Settings;
  readonly #report: ErrorSink;
  #workers: Map<Step, HeldWorker> = new Map();
  #schedules: Schedules | null = null;
  #lossWatch: LossWatch | null = null;
  #clockTimer: NodeJS.Timeout | undefined;
  #started: Promise<void> = Promise.resolve();
  #closed: Promise<void> | null = null;
  /** The connections are gone, or about to be. A job in hand at closing may still add what comes next. */
  #gone = false;

  constructor(backend: Backend, settings: Settings, report: ErrorSink) {
    this.#backend = backend;
    this.#settings = settings;
    this.#report = report;
  }

  async add(jobs: readonly StepJob[]): Promise<void> {
    // BullMQ's PostgreSQL back-end would leave the caller waiting for ever.
    if (this.#gone) throw new BridgeError('queue-unavailable', 'The work queue is closed', { retry: 'yes' });
    try {
      const byStep = Map.groupBy(jobs, (job) => job.step);
      await Promise.all([...byStep].map(([step, ofStep]) => this.#addTo(step, ofStep)));
    } catch (cause) {
      throw this.#unavailable('takes no jobs', cause);
    }
  }

  /** A driver's error, whatever it is, in the house's words. */
  async #asking<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      throw isBridgeError(cause) ? cause : this.#unavailable('does not answer', cause);
    }
  }

  #unavailable(what: string, cause: unknown): BridgeError {
    const reason = this.#backend.isConnected() ? errorText(cause) : 'its server cannot be reached';
    return new BridgeError('queue-unavailable', `The work queue ${what}: ${reason}`, { retry: 'yes', cause });
  }

  async #addTo(step: Step, jobs: readonly StepJob[]): Promise<void> {
    const now = Date.now();
    const { attempts } = this.#settings.retry;
    const inOrder = jobs.toSorted((a, b) =>
      a.serviceDate < b.serviceDate ? -1 : Number(a.serviceDate > b.serviceDate),
    );
    for (let at = 0; at < inOrder.length; at += BULK) {
      await this.#backend.queue(step).addBulk(
        inOrder.slice(at, at + BULK).map((job) => ({
          name: step,
          data: { hcode: job.hcode, vn: job.vn, stepSeq: job.stepSeq, serviceDate: job.serviceDate },
          opts: {
            jobId: jobIdOf(job),
            priority: priorityOf(job),
            ...(job.dueAt !== undefined && job.dueAt > now ? { delay: Math.ceil(job.dueAt - now) } : {}),
            attempts,
            backoff: { type: 'custom' },
            // The ledger tells what has been done. A finished job that was kept would make adding its id again do nothing.
            removeOnComplete: true,
            removeOnFail: true,
            stackTraceLimit: 0,
          },
        })),
      );
    }
  }

  async start(handlers: QueueHandlers): Promise<void> {
    if (this.#schedules !== null || this.#closed !== null) {
      throw new BridgeError('bad-input', 'the work queue runs already, or is closed', { retry: 'no' });
    }
    this.#schedules = new Schedules(this.#backend, handlers, this.#settings, this.#report);
    this.#workers = stepWorkers(this.#backend, handlers.steps, this.#settings, this.#report);
    this.#started = this.#asking(this.#run(this.#schedules, handlers.refill));
    await this.#started;
  }

  async #run(schedules: Schedules, refill: () => Promise<void>): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.run()));
    await schedules.start();
    this.#clockTimer = setInterval(() => {
      this.#afterWrongClock().catch((error: unknown) => this.#report('after a wrong clock', error));
    }, this.#settings.scheduleCheckMs);
    const { countUp } = this.#backend;
    if (countUp === null) return;
    const onLost = async (): Promise<void> => {
      await Promise.all([schedules.putBack(), refill()]);
    };
    const { log, lossCheckMs: everyMs } = this.#settings;
    this.#lossWatch = new LossWatch(countUp, { everyMs, log, report: this.#report, onLost });
    this.#lossWatch.start();
  }

  async #afterWrongClock(): Promise<void> {
    const { retry, log } = this.#settings;
    const kept = (await this.#backend.putTimesRight?.()) ?? 0;
    if (kept > 0)
      log.warn(
        { jobs: kept },
        'A clock was ahead and has been set back: these jobs are free again in seconds',
      );
    for (const step of STEPS) {
      const jobs = await bringForward(this.#backend.queue(step), 2 * retry.capMs);
      if (jobs > 0)
        log.warn({ step, jobs }, 'The clock was ahead and has been set back: these jobs are tried now');
    }
  }

  async counts(): Promise<Record<Step, QueueCounts>> {
    const rows = await this.#asking(
      Promise.all(STEPS.map(async (step) => [step, await this.#countsOf(step)] as const)),
    );
    return Object.fromEntries(rows) as Record<Step, QueueCounts>;
  }

  async #countsOf(step: Step): Promise<QueueCounts> {
    const counts = await this.#backend.queue(step).getJobCounts('wait', 'prioritized', 'active', 'delayed');
    const of = (state: string): number => counts[state] ?? 0;
    return {
      waiting: of('wait') + of('waiting') + of('prioritized'),
      active: of('active'),
      delayed: of('delayed'),
    };
  }

  async oldestWaitMs(): Promise<number> {
    const { retry } = this.#settings;
    const takenAt = (step: Step): number => this.#workers.get(step)?.lastTakenAt ?? 0;
    const waits = await this.#asking(
      Promise.all(STEPS.map((step) => waitedMs(this.#backend.queue(step), takenAt(step), retry))),
    );
    return Math.max(0, ...waits);
  }

  check(): Promise<Finding[]> {
    return this.#backend.check();
  }

  close(graceMs = 20_000): Promise<void> {
    this.#closed ??= this.#close(Date.now() + graceMs);
    return this.#closed;
  }

  /** Schedules first, since they make work; then workers, queues, connections. */
  async #close(deadline: number): Promise<void> {
    // Closed in the middle of its start: what was begun must be there before it can be ended.
    await within(STARTING_MS, Promise.allSettled([this.#started]));
    await within(STARTING_MS, this.#lossWatch?.stop() ?? Promise.resolve());
    clearInterval(this.#clockTimer);
    const holders = [...(this.#schedules === null ? [] : [this.#schedules]), ...this.#workers.values()];
    for (const holder of holders) await holder.stopTaking();
    const empty = await Promise.all(holders.map((holder) => holder.emptyHanded(deadline)));
    if (empty.includes(false)) {
      this.#settings.log.warn(
        {},
        'Work in hand took too long at the end; another process or the next start does it',
      );
    }
    await Promise.all(holders.map((holder) => holder.close()));
    this.#gone = true;
    await this.#backend.close();
  }
}
