/** What several processes on one server promise together. Run by `work-queue.test.ts` on Redis and PostgreSQL. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import {
  NoWayFromHere,
  type Schedule,
  type StepHandler,
  type WorkQueue,
} from '../../src/service/ports/work-queue.ts';
import { programEnv } from '../support/program-env.ts';
import {
  drained,
  eventually,
  freshPrefix,
  handlers,
  keptLog,
  openAt,
  SHORT,
  schedulesAt,
  stepJob,
  stepJobs,
} from './support.ts';

const CHILD = fileURLToPath(new URL('./stuck-worker.ts', import.meta.url));

export function sharedWorkContract(url: () => string): void {
  const opened: WorkQueue[] = [];
  const children: ChildProcess[] = [];
  const started = async (
    prefix: string,
    handler: StepHandler,
    schedules: Schedule[] = [],
  ): Promise<WorkQueue> => {
    const queue = await openAt(url(), { prefix });
    opened.push(queue);
    await queue.start(handlers(handler, schedules));
    return queue;
  };
  /** Another process, which takes one job (or tick) and never ends it. */
  const stuckProcess = async (
    prefix: string,
    aheadMs = 0,
  ): Promise<{ child: ChildProcess; took: Promise<string> }> => {
    const child = spawn(process.execPath, [CHILD, url(), prefix, String(aheadMs)], {
      env: programEnv(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout });
    expect(await nextLine(lines)).toBe('ready');
    return { child, took: nextLine(lines) };
  };
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(opened.splice(0).map((queue) => queue.close(0)));
  });

  it('two share the work, and no job is in two hands', async () => {
    const prefix = freshPrefix();
    const inHand = new Set<string>();
    const done: Record<'a' | 'b', string[]> = { a: [], b: [] };
    const handler =
      (who: 'a' | 'b'): StepHandler =>
      async ({ vn }) => {
        expect(inHand.has(vn)).toBe(false);
        inHand.add(vn);
        await sleep(5);
        inHand.delete(vn);
        done[who].push(vn);
      };
    const adder = await openAt(url(), { prefix });
    opened.push(adder);
    await Promise.all([adder.add(stepJobs(300)), adder.add(stepJobs(300))]);
    await Promise.all([started(prefix, handler('a')), started(prefix, handler('b'))]);
    await drained(adder);
    expect([...done.a, ...done.b].sort()).toEqual(stepJobs(300).map((job) => job.vn));
    expect(Math.min(done.a.length, done.b.length)).toBeGreaterThan(0);
  });

  it('an earlier version that still runs keeps its schedules until it ends; then they are gone', async () => {
    const prefix = freshPrefix();
    const ran = { old: 0, new: 0 };
    const ticking = (id: string, who: 'old' | 'new'): Schedule[] => [
      { id, every: 50, run: async () => void ran[who]++ },
    ];
    const nothing: StepHandler = async () => undefined;
    const earlier = await started(prefix, nothing, ticking('poll-10978', 'old'));
    await eventually(() => expect(ran.old).toBeGreaterThan(1));
    const later = await openAt(url(), { prefix });
    opened.push(later);
    await later.start({ ...handlers(nothing, ticking('poll', 'new')), retired: /^poll-/ });
    await eventually(() => expect(ran.new).toBeGreaterThan(3));
    const before = ran.old;
    // it finds its own gone, and puts it back
    await eventually(() => expect(ran.old).toBeGreaterThan(before + 3));
    await earlier.close();
    await eventually(async () => expect(await schedulesAt(url(), prefix)).toEqual(['poll']));
    const after = ran.new;
    await eventually(() => expect(ran.new).toBeGreaterThan(after + 3));
  });

  it('one of them runs a schedule at a time, and one that has left is not missed', async () => {
    const prefix = freshPrefix();
    let [now, most] = [0, 0];
    const ran: string[] = [];
    const every = (who: string): Schedule => ({
      id: 'poll',
      every: 100,
      run: async () => {
        now += 1;
        most = Math.max(most, now);
        await sleep(150);
        now -= 1;
        ran.push(who);
      },
    });
    const first = await started(prefix, async () => undefined, [every('a')]);
    await started(prefix, async () => undefined, [every('b')]);
    await eventually(() => expect(ran.length).toBeGreaterThanOrEqual(6));
    expect(most).toBe(1);
    await first.close();
    const before = ran.length;
    await eventually(() => expect(ran.slice(before + 1)).toContain('b'));
  });

  it('a schedule that is no more is not run any more, the others as they are now', async () => {
    const prefix = freshPrefix();
    const ran: string[] = [];
    const schedule = (id: string, every: number): Schedule => ({
      id,
      every,
      run: async () => void ran.push(id),
    });
    const before = await started(prefix, async () => undefined, [
      schedule('old', 100),
      schedule('kept', 60_000),
    ]);
    await eventually(() => expect(new Set(ran)).toEqual(new Set(['old', 'kept'])));
    await before.close();
    ran.length = 0;
    await started(prefix, async () => undefined, [schedule('kept', 100)]);
    await eventually(() => expect(ran.length).toBeGreaterThanOrEqual(3));
    expect(new Set(ran)).toEqual(new Set(['kept']));
  });

  it('what a process has no way to do falls to one that has, in seconds and without a try that counts', async () => {
    const prefix = freshPrefix();
    const log = keptLog();
    let passedOn = 0;
    const lacking = await openAt(url(), {
      prefix,
      log,
      retry: { attempts: 2, baseMs: 60_000, capMs: 60_000 },
    });
    opened.push(lacking);
    await lacking.start(
      handlers(async () => {
        passedOn += 1;
        throw new NoWayFromHere('no line here');
      }),
    );
    await lacking.add(stepJobs(5));
    await eventually(() => passedOn >= 10);
    const done: (number | boolean)[] = [];
    await started(prefix, async (_, { attempt, isLast }) => void done.push(attempt, isLast));
    await drained(lacking);
    expect(done).toEqual(Array.from({ length: 5 }, () => [1, false]).flat());
    expect(log.lines.filter(({ level }) => level !== 'debug' && level !== 'info')).toEqual([]);
  });

  it('the job of a process that is killed in the middle of it is done by another', async () => {
    const prefix = freshPrefix();
    const { child, took } = await stuckProcess(prefix);
    const done: string[] = [];
    const adder = await openAt(url(), { prefix });
    opened.push(adder);
    await adder.add([stepJob()]);
    expect(await took).toBe(stepJob().vn);
    await started(prefix, async ({ vn }, { attempt, isTakenOver }) => {
      done.push(vn);
      expect([attempt, isTakenOver]).toEqual([1, true]);
    });
    await sleep(300);
    expect(done).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually(() => expect(done).toEqual([stepJob().vn]));
  });

  it('also when its clock was an hour ahead', async () => {
    const prefix = freshPrefix();
    const { child, took } = await stuckProcess(prefix, 3_600_000);
    const adder = await openAt(url(), { prefix });
    opened.push(adder);
    await adder.add([stepJob()]);
    expect(await took).toBe(stepJob().vn);
    // long enough that it has also looked for the jobs of the dead, by its clock
    await sleep(2 * SHORT.stalledMs);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const done: string[] = [];
    await started(prefix, async ({ vn }) => void done.push(vn));
    await eventually(() => expect(done).toEqual([stepJob().vn]));
  });

  it('a job that takes longer than the grace at closing is done by another', async () => {
    const prefix = freshPrefix();
    const { promise: never, resolve } = Promise.withResolvers<void>();
    let begun = false;
    const leaving = await started(prefix, async () => {
      begun = true;
      await never;
    });
    await leaving.add([stepJob()]);
    await eventually(() => begun);
    const done: number[] = [];
    await started(prefix, async (_, { attempt }) => void done.push(attempt));
    await leaving.close(50);
    await eventually(() => expect(done).toEqual([1]));
    resolve();
  });
}

async function nextLine(lines: AsyncIterable<string> & NodeJS.EventEmitter): Promise<string> {
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}
