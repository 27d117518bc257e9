/** Helps for the queue's tests: short times, a log that is kept, and waiting for what comes. */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres } from '../../queues/backends/postgres.ts';
import { openRedis } from '../../queues/backends/redis.ts';
import { SCHEDULES_QUEUE } from '../../queues/names.ts';
import { openWorkQueue } from '../../queues/open-work-queue.ts';
import { settingsOf, type WorkQueueOptions } from '../../queues/options.ts';
import type { ServiceDate } from '../../src/domain/bangkok.ts';
import { STEPS } from '../../src/domain/case.ts';
import type { Log } from '../../src/service/ports/log.ts';
import type {
  QueueHandlers,
  Schedule,
  StepHandler,
  StepJob,
  WorkQueue,
} from '../../src/service/ports/work-queue.ts';

export interface Line {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

/** A log that keeps its lines. */
export function keptLog(): Log & { lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: Line['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { ...log, lines, child: () => ({ ...log, child: () => ({ ...log, child: fail }) }) };
}

function fail(): never {
  throw new Error('nobody asks for a log three levels down');
}

export function freshPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** Times shrunk so that a retry or a take-over is seen within a test. */
export const SHORT = {
  concurrency: 10,
  retry: { attempts: 4, baseMs: 20, capMs: 80 },
  lockMs: 2_000,
  stalledMs: 500,
  scheduleCheckMs: 500,
  lossCheckMs: 200,
  reconnectMs: 200,
} satisfies Partial<WorkQueueOptions>;

/** Opens a queue on the back-end under test. */
export type Opener = (options?: Partial<WorkQueueOptions>) => Promise<WorkQueue>;

export function openAt(url: string, options: Partial<WorkQueueOptions> = {}): Promise<WorkQueue> {
  return openWorkQueue(url, { log: keptLog(), prefix: freshPrefix(), ...SHORT, ...options });
}

/** The schedules that a server holds, by id. */
export async function schedulesAt(url: string, prefix: string): Promise<string[]> {
  const settings = settingsOf({ log: keptLog(), prefix, ...SHORT });
  const open = url.startsWith('redis') ? openRedis : openPostgres;
  const backend = await open(url, settings, () => undefined);
  try {
    return (await backend.queue(SCHEDULES_QUEUE).getJobSchedulers()).map(({ key }) => key).toSorted();
  } finally {
    await backend.close();
  }
}

/** Handlers in which every step does the same. */
export function handlers(
  handler: StepHandler,
  schedules: readonly Schedule[] = [],
  refill: QueueHandlers['refill'] = async () => undefined,
): QueueHandlers {
  const steps = Object.fromEntries(STEPS.map((step) => [step, handler])) as QueueHandlers['steps'];
  return { steps, schedules, refill };
}

export function stepJob(overrides: Partial<StepJob> = {}): StepJob {
  return {
    step: 'draft',
    hcode: '10978',
    vn: '691120083000',
    stepSeq: 1,
    serviceDate: '2026-11-20' as ServiceDate,
    ...overrides,
  };
}

/** `count` jobs of as many visits. */
export function stepJobs(count: number, overrides: Partial<StepJob> = {}): StepJob[] {
  return Array.from({ length: count }, (_, n) => stepJob({ vn: String(691120080000 + n), ...overrides }));
}

/** Waits until it holds; throws with the last reason when it does not in time, by a clock that no test sets. */
export async function eventually(holds: () => unknown, timeoutMs = 20_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    try {
      if ((await holds()) !== false) return;
      if (performance.now() > end) throw new Error('it did not come to hold in time');
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await sleep(20);
  }
}

/** Waits until the queue holds no job that somebody still has to do. */
export function drained(queue: WorkQueue, timeoutMs?: number): Promise<void> {
  return eventually(async () => {
    const counts = Object.values(await queue.counts());
    return counts.every((c) => c.waiting + c.active + c.delayed === 0);
  }, timeoutMs);
}
