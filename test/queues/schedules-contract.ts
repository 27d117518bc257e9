/** What every back-end promises of recurring work. Run by `work-queue.test.ts` on each. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { WorkQueueOptions } from '../../queues/options.ts';
import { timeOfDay } from '../../src/domain/bangkok.ts';
import type { Schedule, WorkQueue } from '../../src/service/ports/work-queue.ts';
import { eventually, handlers, keptLog, type Opener } from './support.ts';

export function schedulesContract(open: Opener): void {
  const opened: WorkQueue[] = [];
  const started = async (
    schedules: Schedule[],
    log = keptLog(),
    more: Partial<WorkQueueOptions> = {},
  ): Promise<WorkQueue> => {
    const queue = await open({ log, ...more });
    opened.push(queue);
    await queue.start(handlers(async () => undefined, schedules));
    return queue;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close(0)));
  });

  it('runs at once and then every so many milliseconds, as often as that', async () => {
    const at: number[] = [];
    const begin = Date.now();
    await started([{ id: 'poll', every: 300, run: async () => void at.push(Date.now()) }]);
    await eventually(() => expect(at.length).toBeGreaterThanOrEqual(6));
    expect(at.length).toBeLessThanOrEqual((Date.now() - begin) / 300 + 2);
  });

  it('runs by cron in Bangkok time', async () => {
    const hour = (offsetMs: number): string => String(Number(timeOfDay(Date.now() + offsetMs).slice(0, 2)));
    // this hour of Bangkok (and the one that may begin meanwhile), every second; elsewhere it is another hour
    const cron = `* * ${[...new Set([hour(0), hour(60_000)])].join()} * * *`;
    const elsewhere = `* * ${hour(7 * 3_600_000)} * * *`;
    const ran: string[] = [];
    await started([
      { id: 'in-bangkok', cron, run: async () => void ran.push('here') },
      { id: 'elsewhere', cron: elsewhere, run: async () => void ran.push('there') },
    ]);
    await eventually(() => expect(ran.length).toBeGreaterThanOrEqual(2));
    expect(ran).not.toContain('there');
  });

  it('comes again after a run that threw, and says what went wrong', async () => {
    const log = keptLog();
    let runs = 0;
    const run = async (): Promise<void> => {
      runs += 1;
      throw new Error('the HIS is away');
    };
    await started([{ id: 'failing', every: 100, run }], log);
    await eventually(() => expect(runs).toBeGreaterThanOrEqual(3));
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ schedule: 'failing' }) }),
    );
  });

  it('goes on without a run that never ends, and says so', async () => {
    const log = keptLog();
    let runs = 0;
    const run = async (): Promise<void> => {
      runs += 1;
      if (runs === 1) await new Promise(() => undefined);
    };
    await started([{ id: 'hanging', every: 100, run }], log, { runLimitMs: 500 });
    await eventually(() => expect(runs).toBeGreaterThanOrEqual(3));
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', fields: { schedule: 'hanging', seconds: 1 } }),
    );
  });

  it('leaves out the runs that a slow one stands in the way of, and delays no other schedule', async () => {
    let [slowNow, slowMost, slow] = [0, 0, 0];
    let endFirst = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      endFirst = resolve;
    });
    const quick: number[] = [];
    const run = async (): Promise<void> => {
      slow += 1;
      slowNow += 1;
      slowMost = Math.max(slowMost, slowNow);
      await (slow === 1 ? first : sleep(10));
      slowNow -= 1;
    };
    await started([
      { id: 'slow', every: 100, run },
      { id: 'quick', every: 100, run: async () => void quick.push(Date.now()) },
    ]);
    await eventually(() => expect(slow).toBe(1));
    const quickBefore = quick.length;
    await sleep(1_200);
    await eventually(() => expect(quick.length).toBeGreaterThan(quickBefore + 2));
    expect(slow).toBe(1);
    const end = Date.now();
    endFirst();
    await eventually(() => expect(slow).toBeGreaterThanOrEqual(4));
    // had they piled up, the dozen that was left out would come now
    expect(slow).toBeLessThanOrEqual((Date.now() - end) / 100 + 4);
    expect(slowMost).toBe(1);
  });

  it.each([
    { id: 'neither' },
    { id: 'both', every: 1_000, cron: '* * * * *' },
    { id: 'zero', every: 0 },
    { id: 'no-cron', cron: 'at noon' },
  ])('refuses a schedule that cannot be: $id', async (wrong) => {
    const queue = await open();
    opened.push(queue);
    const schedules = [{ ...wrong, run: async () => undefined }];
    await expect(queue.start(handlers(async () => undefined, schedules))).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(wrong.id),
    });
  });
}
