/** What is Redis' own: a server that loses things, comes and goes, or is not fit to hold work. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { checkWorkQueue, openWorkQueue } from '../../queues/open-work-queue.ts';
import type { Schedule, WorkQueue } from '../../src/service/ports/work-queue.ts';
import { freePort } from '../support/services/processes.ts';
import { describeWith, services } from '../support/services.ts';
import { type PrivateRedis, privateRedis } from './private-redis.ts';
import { drained, eventually, handlers, keptLog, openAt, SHORT, stepJob, stepJobs } from './support.ts';

const KEEPS = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];

describeWith('redis', 'a Redis that comes and goes', () => {
  const servers: PrivateRedis[] = [];
  const opened: WorkQueue[] = [];
  const server = async (...args: string[]): Promise<PrivateRedis> => {
    const program = services().redisServer;
    if (program === null) throw new Error('needs the redis-server program: install redis-server');
    const redis = await privateRedis(program, ...args);
    servers.push(redis);
    return redis;
  };
  const queueAt = async (...args: Parameters<typeof openAt>): Promise<WorkQueue> => {
    const queue = await openAt(...args);
    opened.push(queue);
    return queue;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close(0)));
    await Promise.all(servers.splice(0).map((redis) => redis.remove()));
  });
  const ticking = (ran: number[]): Schedule => ({
    id: 'poll',
    every: 200,
    run: async () => void ran.push(Date.now()),
  });

  it('is killed in the middle of the work: every job is done, and the schedules go on', async () => {
    const redis = await server(...KEEPS);
    const queue = await queueAt(redis.url);
    const [done, ran]: [Set<string>, number[]] = [new Set(), []];
    await queue.add(stepJobs(400));
    const handler = async ({ vn }: { vn: string }): Promise<void> => {
      await sleep(10);
      done.add(vn);
    };
    await queue.start(handlers(handler, [ticking(ran)]));
    await eventually(() => expect(done.size).toBeGreaterThan(20));
    await redis.kill();
    expect(done.size).toBeLessThan(400);
    const start = Date.now();
    await expect(queue.add([stepJob({ vn: 'meanwhile' })])).rejects.toMatchObject({
      code: 'queue-unavailable',
      retry: 'yes',
    });
    expect(Date.now() - start).toBeLessThan(5_000);
    expect((await queue.check())[0]).toMatchObject({ check: 'queue-reachable', level: 'fail' });
    for (const figure of [queue.counts(), queue.oldestWaitMs()]) {
      await expect(figure).rejects.toMatchObject({ code: 'queue-unavailable', retry: 'yes' });
    }
    await redis.start();
    await eventually(() => expect(done.size).toBe(400));
    const before = ran.length;
    await eventually(() => expect(ran.length).toBeGreaterThan(before + 2));
    await eventually(() => queue.add([stepJob({ vn: 'afterwards' })]).then(() => true));
    await eventually(() => expect(done).toContain('afterwards'));
  });

  it('loses everything: the schedules come back, and the jobs when they are added again', async () => {
    const redis = await server(...KEEPS);
    const queue = await queueAt(redis.url);
    const [done, ran]: [Set<string>, number[]] = [new Set(), []];
    await queue.start(handlers(async ({ vn }) => void done.add(vn), [ticking(ran)]));
    await queue.add(stepJobs(5, { dueAt: Date.now() + 60_000 }));
    await eventually(() => expect(ran.length).toBeGreaterThan(0));
    await redis.command('FLUSHALL');
    expect((await queue.counts()).draft.delayed).toBe(0);
    const before = ran.length;
    await queue.add(stepJobs(5));
    await eventually(() => expect(done.size).toBe(5));
    await eventually(() => expect(ran.length).toBeGreaterThan(before + 2));
  });

  it('loses everything: that is seen within seconds by each process, and all is put back without being asked', async () => {
    const redis = await server(...KEEPS);
    const refills: string[] = [];
    const done = new Set<string>();
    const ran: number[] = [];
    const process = async (name: string): Promise<WorkQueue> => {
      const queue = await queueAt(redis.url, { prefix: 'shared', scheduleCheckMs: 60_000 });
      const refill = async (): Promise<void> => {
        refills.push(name);
        if (refills.length === 1) throw new Error('the ledger is busy');
        await queue.add(stepJobs(5));
      };
      await queue.start(handlers(async ({ vn }) => void done.add(vn), [ticking(ran)], refill));
      return queue;
    };
    await process('a');
    await process('b');
    await sleep(3 * SHORT.lossCheckMs);
    expect(refills).toEqual([]);
    await redis.command('FLUSHALL');
    const before = ran.length;
    await eventually(() => expect(done.size).toBe(5), 3_000);
    await eventually(() => expect(ran.length).toBeGreaterThan(before + 2), 3_000);
    // the one that failed has tried again
    await eventually(() => expect(refills.toSorted()).toEqual(expect.arrayContaining(['a', 'b'])));
    await sleep(3 * SHORT.lossCheckMs);
    expect(refills).toHaveLength(3);
  });

  it('comes back older than it was: that is a loss too', async () => {
    const redis = await server('--maxmemory-policy', 'noeviction', '--dbfilename', 'dump.rdb');
    let refills = 0;
    const queue = await queueAt(redis.url);
    const refill = async (): Promise<void> => {
      refills += 1;
    };
    await queue.start(handlers(async () => undefined, [ticking([])], refill));
    await redis.command('SAVE');
    await sleep(5 * SHORT.lossCheckMs);
    await redis.kill();
    await redis.start();
    await eventually(() => expect(refills).toBe(1));
    await sleep(3 * SHORT.lossCheckMs);
    expect(refills).toBe(1);
  });

  it('loses the job in hand: the worker goes on with the next', async () => {
    const redis = await server(...KEEPS);
    const queue = await queueAt(redis.url);
    const { promise: flushed, resolve } = Promise.withResolvers<void>();
    const done: string[] = [];
    await queue.start(
      handlers(async ({ vn }) => {
        if (vn === 'first') await flushed;
        done.push(vn);
      }),
    );
    await queue.add([stepJob({ vn: 'first' })]);
    await eventually(async () => expect((await queue.counts()).draft.active).toBe(1));
    await redis.command('FLUSHALL');
    resolve();
    await queue.add([stepJob({ vn: 'second' })]);
    await eventually(() => expect(done).toEqual(['first', 'second']));
    await drained(queue);
  });

  it('is away when the queue closes: it closes all the same', async () => {
    const redis = await server(...KEEPS);
    const queue = await queueAt(redis.url);
    await queue.start(handlers(async () => undefined, [ticking([])]));
    await redis.kill();
    await sleep(300);
    const start = Date.now();
    await queue.close(1_000);
    expect(Date.now() - start).toBeLessThan(5_000);
  });

  it('would throw jobs away when memory is short: it is refused, with what to do', async () => {
    const redis = await server('--maxmemory-policy', 'allkeys-lru');
    await expect(openAt(redis.url)).rejects.toMatchObject({
      code: 'config',
      retry: 'no',
      message: expect.stringMatching(/allkeys-lru.*noeviction/),
    });
    const findings = await checkWorkQueue(redis.url, { log: keptLog(), ...SHORT });
    expect(findings).toMatchObject([{ check: 'queue-eviction', level: 'fail' }]);
  });

  it('does not keep its jobs over a restart: it is taken, with a warning', async () => {
    const redis = await server();
    const findings = await checkWorkQueue(redis.url, { log: keptLog(), ...SHORT });
    expect(findings.find((f) => f.check === 'queue-persistence')).toMatchObject({
      level: 'warn',
      fix: expect.stringContaining('appendonly yes'),
    });
  });

  it('keeps its password out of log and errors', async () => {
    const secret = 'never-to-be-seen';
    const redis = await server(...KEEPS, '--requirepass', secret);
    const log = keptLog();
    const queue = await queueAt(redis.url, { log });
    await queue.start(handlers(async () => undefined));
    await redis.kill();
    const error = await queue.add([stepJob()]).catch((reason: unknown) => reason);
    await eventually(() => expect(log.lines.length).toBeGreaterThan(0));
    const opening = await openAt(redis.url, { connectTimeoutMs: 500 }).catch((reason: unknown) => reason);
    const wrong = redis.url.replace(secret, `wrong-${secret}`);
    await redis.start();
    const refused = await openAt(wrong).catch((reason: unknown) => reason);
    const codes = [error, opening, refused].map((e) => (e as { code: string }).code);
    expect(codes).toEqual(['queue-unavailable', 'queue-unavailable', 'config']);
    expect(`${error}${opening}${refused}${JSON.stringify(log.lines)}`).not.toContain(secret);
  });

  it('is nowhere: opening says so soon', async () => {
    const start = Date.now();
    const opening = openWorkQueue(`redis://127.0.0.1:${await freePort()}`, { log: keptLog(), ...SHORT });
    await expect(opening).rejects.toMatchObject({
      code: 'queue-unavailable',
      retry: 'yes',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(Date.now() - start).toBeLessThan(3_000);
  });
});
