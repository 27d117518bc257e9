/**
 * Recurring work, through BullMQ's job schedulers: the server makes one job a tick, and one process takes it. A tick
 * that comes while the one before it still runs is left out, here or in another process.
 */

import type { Job } from 'bullmq';
import { BridgeError } from '../src/domain/bridge-error.ts';
import type { Log } from '../src/service/ports/log.ts';
import type { Schedule } from '../src/service/ports/work-queue.ts';
import type { Backend, BullQueue, JobData } from './backends/backend.ts';
import type { ErrorSink } from './error-log.ts';
import { HeldWorker } from './held-worker.ts';
import { SCHEDULES_QUEUE } from './names.ts';
import type { Settings } from './options.ts';

const TIME_ZONE = 'Asia/Bangkok';

/** A tick is taken over sooner than a step when its process was killed: until then the schedule stands still. */
const LOCK_MS = 15_000;
const STALLED_MS = 5_000;

type Repeat = { every: number } | { pattern: string; tz: string };

export class Schedules {
  readonly #schedules: ReadonlyMap<string, Schedule>;
  readonly #queue: BullQueue;
  readonly #worker: HeldWorker;
  readonly #log: Log;
  readonly #report: ErrorSink;
  readonly #checkMs: number;
  readonly #running = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();

  constructor(backend: Backend, schedules: readonly Schedule[], settings: Settings, report: ErrorSink) {
    this.#schedules = new Map(schedules.map((schedule) => [schedule.id, schedule]));
    this.#queue = backend.queue(SCHEDULES_QUEUE);
    this.#log = settings.log;
    this.#report = report;
    this.#checkMs = settings.scheduleCheckMs;
    this.#worker = new HeldWorker(
      backend,
      SCHEDULES_QUEUE,
      (job) => this.#tick(job),
      {
        // One place for each, and one to leave ticks out when all are taken.
        concurrency: schedules.length + 1,
        lockMs: Math.min(settings.lockMs, LOCK_MS),
        stalledMs: Math.min(settings.stalledMs, STALLED_MS),
      },
      report,
    );
  }

  /** Sets the schedules up, removes those that are no more, and begins. Throws BridgeError `config` for a bad one. */
  async start(): Promise<void> {
    for (const schedule of this.#schedules.values()) repeatOf(schedule);
    await this.#removeUnknown();
    await this.#putInPlace();
    await this.#worker.run();
    // A server that lost its data (a restart without AOF) has lost the schedulers too, and nobody else puts them back.
    this.#timer = setInterval(() => {
      this.#checking = this.#putInPlace().catch((error: unknown) => this.#report('schedules', error));
    }, this.#checkMs);
  }

  /** No more ticks here; one that runs goes on. */
  async stopTaking(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
    await this.#worker.stopTaking();
  }

  emptyHanded(deadline: number): Promise<boolean> {
    return this.#worker.emptyHanded(deadline);
  }

  close(): Promise<void> {
    return this.#worker.close();
  }

  async #removeUnknown(): Promise<void> {
    for (const { key } of await this.#queue.getJobSchedulers()) {
      if (!this.#schedules.has(key)) await this.#queue.removeJobScheduler(key);
    }
  }

  /**
   * Makes each scheduler that is missing, differs, or has made no job for long. One that is well is left alone: an
   * upsert would drop a tick that is due just now, such as the one at midnight.
   */
  async #putInPlace(): Promise<void> {
    const present = new Map((await this.#queue.getJobSchedulers()).map((found) => [found.key, found]));
    for (const schedule of this.#schedules.values()) {
      const repeat = repeatOf(schedule);
      const found = present.get(schedule.id);
      if (found !== undefined && isSame(found, repeat) && !(await this.#isStuck(schedule.id, found.next))) {
        continue;
      }
      await this.#upsert(schedule.id, repeat);
    }
  }

  async #upsert(id: string, repeat: Repeat): Promise<void> {
    await this.#queue.upsertJobScheduler(id, repeat, {
      name: id,
      opts: { attempts: 1, removeOnComplete: true, removeOnFail: true, stackTraceLimit: 0 },
    });
  }

  async #isStuck(id: string, next: number | undefined): Promise<boolean> {
    if (next === undefined || Date.now() - next < 6 * this.#checkMs) return false;
    const active = await this.#queue.getActive();
    return !active.some((job) => job.name === id);
  }

  async #tick(job: Job<JobData>): Promise<void> {
    const id = job.name;
    const schedule = this.#schedules.get(id);
    // Unknown: made by a process of another version while both run; it has it in its own list.
    if (schedule === undefined || this.#running.has(id)) return;
    this.#running.add(id);
    try {
      if (await this.#runsElsewhere(job)) return;
      await schedule.run();
    } catch (error) {
      this.#log.error({ schedule: id, error }, 'A scheduled run failed; the next one comes as planned');
    } finally {
      this.#running.delete(id);
    }
  }

  /**
   * Whether another process has this schedule's work in hand. Of two ticks that see each other the older one runs,
   * unless it is one that was taken over from a dead process: by then a younger one may be under way.
   */
  async #runsElsewhere(job: Job<JobData>): Promise<boolean> {
    const others = (await this.#queue.getActive()).filter(
      (other) => other.name === job.name && other.id !== job.id,
    );
    const takenOver = job.attemptsStarted > 1;
    return others.some((other) => takenOver || plannedAt(other) < plannedAt(job));
  }
}

/** Epoch ms for which the scheduler planned the tick. */
function plannedAt(job: Job<JobData>): number {
  return job.opts.prevMillis ?? job.timestamp;
}

function repeatOf({ id, every, cron }: Schedule): Repeat {
  if (every !== undefined && cron === undefined && every >= 1) return { every: Math.round(every) };
  if (cron !== undefined && every === undefined && cron.trim() !== '')
    return { pattern: cron, tz: TIME_ZONE };
  throw new BridgeError('config', `schedule ${id}: expected either "every" (ms, at least 1) or "cron"`, {
    retry: 'no',
  });
}

function isSame(found: { every?: number; pattern?: string; tz?: string }, repeat: Repeat): boolean {
  if ('every' in repeat) return found.every === repeat.every;
  return found.pattern === repeat.pattern && found.tz === repeat.tz;
}
