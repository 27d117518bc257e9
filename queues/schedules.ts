/**
 * Recurring work, through BullMQ's job schedulers: the server makes one job a tick, and one process takes it. A tick
 * that comes while the one before it still runs is left out, here or in another process.
 */

import { getNextMillis, type Job, type JobSchedulerJson } from 'bullmq';
import { BridgeError, errorText } from '../src/domain/bridge-error.ts';
import type { Log } from '../src/service/ports/log.ts';
import type { QueueHandlers, Schedule } from '../src/service/ports/work-queue.ts';
import type { Backend, BullQueue, JobData } from './backends/backend.ts';
import type { ErrorSink } from './error-log.ts';
import { HeldWorker } from './held-worker.ts';
import { SCHEDULES_QUEUE } from './names.ts';
import type { Settings } from './options.ts';
import { within } from './within.ts';

const TIME_ZONE = 'Asia/Bangkok';

type Repeat = { every: number } | { pattern: string; tz: string };

export class Schedules {
  readonly #schedules: ReadonlyMap<string, Schedule>;
  readonly #retired: RegExp | undefined;
  readonly #queue: BullQueue;
  readonly #worker: HeldWorker;
  readonly #log: Log;
  readonly #report: ErrorSink;
  readonly #checkMs: number;
  readonly #runLimitMs: number;
  readonly #running = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();

  /** @throws BridgeError `config` for a schedule that cannot be */
  constructor(
    backend: Backend,
    { schedules, retired }: Pick<QueueHandlers, 'schedules' | 'retired'>,
    settings: Settings,
    report: ErrorSink,
  ) {
    schedules.forEach(refuseImpossible);
    this.#retired = retired;
    this.#schedules = new Map(schedules.map((schedule) => [schedule.id, schedule]));
    this.#queue = backend.queue(SCHEDULES_QUEUE);
    this.#log = settings.log;
    this.#report = report;
    this.#checkMs = settings.scheduleCheckMs;
    this.#runLimitMs = settings.runLimitMs;
    this.#worker = new HeldWorker(
      backend,
      SCHEDULES_QUEUE,
      (job) => this.#tick(job),
      {
        // One place for each, and one to leave ticks out when all are taken.
        concurrency: schedules.length + 1,
        lockMs: settings.lockMs,
        stalledMs: settings.stalledMs,
      },
      report,
    );
  }

  /** Sets the schedules up, removes those that are no more, and begins. */
  async start(): Promise<void> {
    await this.#removeUnknown();
    await this.#putInPlace({ asHere: true });
    await this.#worker.run();
    // A server that lost its data (a restart without AOF) has lost the schedulers too, and nobody else puts them back.
    this.#timer = setInterval(() => {
      this.#checking = this.#putInPlace({ asHere: false }).catch((error: unknown) =>
        this.#report('schedules', error),
      );
    }, this.#checkMs);
  }

  /** The server has lost them. */
  async putBack(): Promise<void> {
    await this.#putInPlace({ asHere: false });
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
   * Makes each scheduler that is missing or no longer brings jobs. One that is well is left alone: an upsert would drop
   * a tick that is due just now, such as the one at midnight. One that differs is changed only when this process starts
   * (`asHere`), so that two with different settings do not change it back and forth.
   */
  async #putInPlace({ asHere }: { asHere: boolean }): Promise<void> {
    const present = new Map((await this.#queue.getJobSchedulers()).map((found) => [found.key, found]));
    await this.#removeRetired(present.keys());
    for (const schedule of this.#schedules.values()) {
      const { id } = schedule;
      const repeat = repeatOf(schedule);
      const found = present.get(id);
      if (found !== undefined) {
        const differs = asHere && !isSame(found, repeat);
        if (!differs && !(await this.#isStuck(found))) continue;
        // Not changed in place: BullMQ would keep the offset of the old interval and plan far ahead.
        await this.#queue.removeJobScheduler(id);
      }
      await this.#queue.upsertJobScheduler(id, repeat, {
        name: id,
        opts: { attempts: 1, removeOnComplete: true, removeOnFail: true, stackTraceLimit: 0 },
      });
    }
  }

  /** An earlier version that still runs puts its own back again and again; when it ends, nobody else would remove them. */
  async #removeRetired(present: Iterable<string>): Promise<void> {
    for (const id of present) {
      if (!this.#schedules.has(id) && this.#retired?.test(id)) await this.#queue.removeJobScheduler(id);
    }
  }

  /** Long overdue with nothing in hand, or planned further ahead than its interval (a clock that was set back). */
  async #isStuck({ key, next, every }: Pick<JobSchedulerJson, 'key' | 'next' | 'every'>): Promise<boolean> {
    if (next === undefined) return true;
    const ahead = next - Date.now();
    if (every !== undefined && ahead > 2 * every) return true;
    if (ahead > -6 * this.#checkMs) return false;
    const active = await this.#queue.getActive();
    return !active.some((job) => job.name === key);
  }

  async #tick(job: Job<JobData>): Promise<void> {
    const id = job.name;
    const schedule = this.#schedules.get(id);
    // Unknown: made by a process of another version while both run; it has it in its own list.
    if (schedule === undefined || this.#running.has(id)) return;
    this.#running.add(id);
    try {
      if (await this.#runsElsewhere(job)) return;
      // as long as it is in hand no other process runs the schedule: one that hangs must not stop it for ever
      if (await within(this.#runLimitMs, schedule.run(plannedAt(job)))) return;
      const seconds = Math.round(this.#runLimitMs / 1000);
      this.#log.error(
        { schedule: id, seconds },
        'A scheduled run does not end; the next one comes without it. If it says so again, restart the bridge and report it',
      );
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

function repeatOf({ every, cron }: Schedule): Repeat {
  return cron === undefined ? { every: Math.round(every ?? 0) } : { pattern: cron, tz: TIME_ZONE };
}

function refuseImpossible(schedule: Schedule): void {
  const expected = `schedule ${schedule.id}: expected either "every" (ms, at least 1) or "cron"`;
  const { every, cron } = schedule;
  if (cron === undefined ? !(every !== undefined && every >= 1) : every !== undefined) {
    throw new BridgeError('config', expected, { retry: 'no' });
  }
  try {
    getNextMillis(Date.now(), repeatOf(schedule));
  } catch (cause) {
    throw new BridgeError('config', `${expected}: ${errorText(cause)}`, { retry: 'no', cause });
  }
}

function isSame(found: { every?: number; pattern?: string; tz?: string }, repeat: Repeat): boolean {
  if ('every' in repeat) return found.every === repeat.every;
  return found.pattern === repeat.pattern && found.tz === repeat.tz;
}
