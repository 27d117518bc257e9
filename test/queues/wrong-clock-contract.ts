/** What a clock that was wrong for a while must not do to the work. Run by `work-queue.test.ts` on each back-end. */

import { afterEach, expect, it } from 'vitest';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import type { StepHandler, WorkQueue } from '../../src/service/ports/work-queue.ts';
import { drained, eventually, freshPrefix, handlers, type Opener, stepJob, stepJobs } from './support.ts';

const HOUR_MS = 3_600_000;

/** Long enough that the clock can be set before the next try. */
const UNHURRIED = { retry: { attempts: 4, baseMs: 3_000, capMs: 3_000 } };

const rightNow = Date.now;

/** From now on this process's clock is so far ahead (behind: less than 0), ms. */
function setClock(aheadMs: number): void {
  Date.now = aheadMs === 0 ? rightNow : () => rightNow() + aheadMs;
}

function slow(): BridgeError {
  return new BridgeError('his-timeout', 'the HIS is slow', { retry: 'yes' });
}

export function wrongClockContract(open: Opener): void {
  const opened: WorkQueue[] = [];
  const opening: Opener = async (options) => {
    const queue = await open(options);
    opened.push(queue);
    return queue;
  };
  afterEach(async () => {
    setClock(0);
    await Promise.all(opened.splice(0).map((queue) => queue.close(0)));
  });

  it('a next try that lies farther ahead than any may is brought forward, and no first one', {
    timeout: 120_000,
  }, async () => {
    const prefix = freshPrefix();
    const far = { attempts: 4, baseMs: HOUR_MS, capMs: HOUR_MS };
    const wrong = await opening({ prefix, retry: far });
    await wrong.add(stepJobs(150));
    await wrong.add(stepJobs(120, { stepSeq: 2, dueAt: Date.now() + 5 * HOUR_MS }));
    await wrong.start(
      handlers(async () => {
        throw slow();
      }),
    );
    // hundreds of jobs, and perhaps a busy machine
    await eventually(
      async () => expect((await wrong.counts()).draft).toMatchObject({ waiting: 0, active: 0 }),
      50_000,
    );
    await wrong.close();
    const done = new Set<string>();
    const right = await opening({ prefix });
    await right.start(handlers(async ({ vn, stepSeq }) => void done.add(`${vn} ${stepSeq}`)));
    await eventually(() => expect(done.size).toBe(150), 50_000);
    expect([...done].every((job) => job.endsWith(' 1'))).toBe(true);
    const left = { waiting: 0, active: 0, delayed: 120 };
    await eventually(async () => expect((await right.counts()).draft).toEqual(left));
  });

  it('a job that fails after the clock jumped ahead under it is tried again in seconds', async () => {
    const queue = await opening(UNHURRIED);
    const tries: number[] = [];
    const jumpsUnder: StepHandler = async (_, { attempt }) => {
      tries.push(attempt);
      if (attempt > 1) return;
      setClock(HOUR_MS);
      throw slow();
    };
    await queue.start(handlers(jumpsUnder));
    await queue.add([stepJob()]);
    await eventually(async () => expect((await queue.counts()).draft.delayed).toBe(1));
    setClock(0);
    await drained(queue);
    expect(tries).toEqual([1, 2]);
  });

  it('a worker that lay down by a clock an hour behind does not oversleep the next try', {
    timeout: 90_000,
  }, async () => {
    const queue = await opening(UNHURRIED);
    const tries: number[] = [];
    const fails: StepHandler = async ({ vn }, { attempt }) => {
      if (vn !== stepJob().vn) return;
      tries.push(attempt);
      if (attempt === 1) throw slow();
    };
    await queue.start(handlers(fails));
    await queue.add([stepJob()]);
    await eventually(async () => expect((await queue.counts()).draft.delayed).toBe(1));
    setClock(-HOUR_MS);
    // another job wakes it, and it lies down again by the wrong clock
    await queue.add([stepJob({ vn: 'another' })]);
    await eventually(async () =>
      expect((await queue.counts()).draft).toMatchObject({ waiting: 0, active: 0 }),
    );
    setClock(0);
    await drained(queue, 60_000); // it may sleep for ten seconds
    expect(tries).toEqual([1, 2]);
  });
}
