/** What every back-end promises of one work queue. Run by `work-queue.test.ts` on each. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { WorkQueueOptions } from '../../queues/options.ts';
import type { ServiceDate } from '../../src/domain/bangkok.ts';
import { BridgeError, type Retry } from '../../src/domain/bridge-error.ts';
import type { WorkQueue } from '../../src/service/ports/work-queue.ts';
import { sampleCitizenId } from '../support/samples.ts';
import { drained, eventually, handlers, keptLog, type Opener, stepJob, stepJobs } from './support.ts';

const day = (text: string): ServiceDate => text as ServiceDate;

export function workQueueContract(open: Opener): void {
  const opened: WorkQueue[] = [];
  const queueWith = async (options: Partial<WorkQueueOptions> = {}): Promise<WorkQueue> => {
    const queue = await open(options);
    opened.push(queue);
    return queue;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close(0)));
  });

  it('brings a job to the handler of its step, whole, and then forgets it', async () => {
    const queue = await queueWith();
    const seen: unknown[] = [];
    await queue.add([stepJob({ step: 'write-back', stepSeq: 7 }), stepJob({ step: 'lookup' })]);
    await queue.start(handlers(async (job, context) => void seen.push([job, context])));
    await drained(queue);
    expect(seen).toHaveLength(2);
    expect(seen).toContainEqual([
      stepJob({ step: 'write-back', stepSeq: 7 }),
      { attempt: 1, isLast: false, isTakenOver: false },
    ]);
    expect(seen).toContainEqual([
      stepJob({ step: 'lookup' }),
      { attempt: 1, isLast: false, isTakenOver: false },
    ]);
  });

  it('holds a job once, however often it is added', async () => {
    const queue = await queueWith();
    const seen: number[] = [];
    await queue.add([stepJob(), stepJob(), stepJob({ stepSeq: 2 })]);
    await queue.add([stepJob({ serviceDate: day('2026-11-19') })]);
    expect((await queue.counts()).draft).toEqual({ waiting: 2, active: 0, delayed: 0 });
    await queue.start(handlers(async (job) => void seen.push(job.stepSeq)));
    await drained(queue);
    expect(seen.sort()).toEqual([1, 2]);
  });

  it('takes what is urgent first, then the oldest service date, each in the order of coming', async () => {
    const queue = await queueWith({ concurrency: 1 });
    const today = { serviceDate: day('2026-11-20') };
    await queue.add([
      stepJob({ vn: 'today', ...today }),
      stepJob({ vn: 'yesterday', serviceDate: day('2026-11-19') }),
      stepJob({ vn: 'urgent', ...today, isUrgent: true }),
      stepJob({ vn: 'last week', serviceDate: day('2026-11-13') }),
    ]);
    await queue.add([
      stepJob({ vn: 'urgent too', ...today, isUrgent: true }),
      stepJob({ vn: 'today too', ...today, isUrgent: false }),
    ]);
    const seen: string[] = [];
    await queue.start(handlers(async ({ vn }) => void seen.push(vn)));
    await drained(queue);
    expect(seen).toEqual(['urgent', 'urgent too', 'last week', 'yesterday', 'today', 'today too']);
  });

  it('takes a job again after it was done, and after it was given up', async () => {
    const queue = await queueWith();
    let runs = 0;
    await queue.start(
      handlers(async () => {
        runs += 1;
        if (runs === 2) throw new BridgeError('nhso-refused', 'refused', { retry: 'no' });
      }),
    );
    for (const expected of [1, 2, 3]) {
      await queue.add([stepJob()]);
      await eventually(() => expect(runs).toBe(expected));
      await drained(queue);
    }
  });

  it.each<[Retry, number[]]>([
    ['yes', [1, 2, 3, 4]],
    ['no', [1]],
    ['ask-first', [1]],
  ])('an error with retry "%s" is tried at attempts %j', async (retry, expected) => {
    const queue = await queueWith();
    const contexts: { attempt: number; isLast: boolean }[] = [];
    await queue.start(
      handlers(async (_, context) => {
        contexts.push(context);
        throw new BridgeError('nhso-unavailable', 'NHSO answers 503', { retry });
      }),
    );
    await queue.add([stepJob()]);
    await eventually(() => expect(contexts).toHaveLength(expected.length));
    await drained(queue);
    await sleep(150);
    expect(contexts.map((c) => c.attempt)).toEqual(expected);
    expect(contexts.map((c) => c.isLast)).toEqual(expected.map((attempt) => attempt === 4));
  });

  it('tries a bug again too, but says so loudly', async () => {
    const log = keptLog();
    const queue = await queueWith({ log });
    let tries = 0;
    await queue.start(
      handlers(async () => {
        tries += 1;
        if (tries === 1) throw new TypeError(`cannot read ${sampleCitizenId(1)}`);
      }),
    );
    await queue.add([stepJob()]);
    await eventually(() => expect(tries).toBe(2));
    await drained(queue);
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1);
  });

  it('holds a delayed job back until it is due', async () => {
    const queue = await queueWith();
    const at = new Map<string, number>();
    await queue.start(handlers(async (job) => void at.set(job.vn, Date.now())));
    const dueAt = Date.now() + 800;
    await queue.add([stepJob({ vn: 'later', dueAt }), stepJob({ vn: 'now', dueAt: dueAt - 10_000 })]);
    await eventually(() => expect(at.has('now')).toBe(true));
    expect((await queue.counts()).draft.delayed).toBe(1);
    await eventually(() => expect(at.has('later')).toBe(true));
    expect(at.get('later')).toBeGreaterThanOrEqual(dueAt - 5);
  });

  it('takes the oldest service date first', async () => {
    const queue = await queueWith({ concurrency: 1 });
    const dates = ['2026-11-20', '2026-11-18', '2026-11-20', '2026-11-19', '2025-12-31'].map(day);
    for (const [n, serviceDate] of dates.entries()) await queue.add([stepJob({ vn: `v${n}`, serviceDate })]);
    const seen: string[] = [];
    await queue.start(handlers(async (job) => void seen.push(job.vn)));
    await drained(queue);
    expect(seen).toEqual(['v4', 'v1', 'v3', 'v0', 'v2']);
  });

  it('bears whatever a HIS writes as visit number', async () => {
    const queue = await queueWith();
    const vns = ['691120083000', '0', 'a:b', 'a.b', 'a b', 'ก/ข', "x'; drop", '{y}', '~003a', '%3A', '💉'];
    const seen = new Set<string>();
    await queue.start(handlers(async (job) => void seen.add(job.vn)));
    await queue.add(vns.map((vn) => stepJob({ vn })));
    await drained(queue);
    expect([...seen].sort()).toEqual([...vns].sort());
  });

  it('counts, and says how long the oldest job has waited', async () => {
    const queue = await queueWith();
    expect(await queue.oldestWaitMs()).toBe(0);
    await queue.add([stepJob({ step: 'confirm' }), stepJob({ step: 'lookup', dueAt: Date.now() + 60_000 })]);
    await sleep(120);
    expect(await queue.oldestWaitMs()).toBeGreaterThanOrEqual(100);
    expect(await queue.counts()).toEqual({
      draft: { waiting: 0, active: 0, delayed: 0 },
      confirm: { waiting: 1, active: 0, delayed: 0 },
      lookup: { waiting: 0, active: 0, delayed: 1 },
      'write-back': { waiting: 0, active: 0, delayed: 0 },
    });
  });

  it('does not take a backlog that is being worked off for silence', async () => {
    const queue = await queueWith({ concurrency: 1 });
    await queue.add(stepJobs(1_000));
    await sleep(600);
    expect(await queue.oldestWaitMs()).toBeGreaterThanOrEqual(500);
    let seen = 0;
    await queue.start(
      handlers(async () => {
        await sleep(10);
        seen += 1;
      }),
    );
    await eventually(() => expect(seen).toBeGreaterThan(3));
    expect(await queue.oldestWaitMs()).toBeLessThan(500);
  });

  it('works on no more jobs of a step at a time than it is told', async () => {
    const queue = await queueWith({ concurrency: 3 });
    let [now, most] = [0, 0];
    await queue.add(stepJobs(30));
    await queue.start(
      handlers(async () => {
        now += 1;
        most = Math.max(most, now);
        await sleep(10);
        now -= 1;
      }),
    );
    await drained(queue);
    expect(most).toBe(3);
  });

  it('finishes the job in hand when it closes, begins no other, and takes none afterwards', async () => {
    const queue = await queueWith({ concurrency: 1 });
    const [begun, done]: [string[], string[]] = [[], []];
    await queue.add(stepJobs(3));
    await queue.start(
      handlers(async (job) => {
        begun.push(job.vn);
        await sleep(400);
        done.push(job.vn);
      }),
    );
    await eventually(() => expect(begun).toHaveLength(1));
    await Promise.all([queue.close(10_000), queue.close(10_000)]);
    expect(done).toEqual(begun);
    expect(begun).toHaveLength(1);
    await expect(queue.add([stepJob()])).rejects.toMatchObject({ code: 'queue-unavailable', retry: 'yes' });
  });

  it('can be closed in the middle of its start', async () => {
    const queue = await queueWith();
    const starting = queue.start(
      handlers(async () => undefined, [{ id: 'a', every: 50, run: async () => undefined }]),
    );
    const start = Date.now();
    await queue.close(0);
    expect(Date.now() - start).toBeLessThan(5_000);
    await starting;
    await expect(queue.start(handlers(async () => undefined))).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('does not wait for a job in hand longer than it is told', async () => {
    const log = keptLog();
    const queue = await queueWith({ log });
    const { promise: never, resolve } = Promise.withResolvers<void>();
    let begun = false;
    await queue.start(
      handlers(async () => {
        begun = true;
        await never;
      }),
    );
    await queue.add([stepJob()]);
    await eventually(() => begun);
    const start = Date.now();
    await queue.close(300);
    expect(Date.now() - start).toBeLessThan(5_000);
    expect(log.lines.map((line) => line.message).join()).toContain('took too long');
    resolve();
  });

  it('finds nothing that would keep the bridge from its work', async () => {
    const queue = await queueWith();
    const findings = await queue.check();
    expect(findings.map((f) => f.check)).toContain('queue-reachable');
    expect(findings.filter((f) => f.level === 'fail')).toEqual([]);
  });
}
