/** Many sites on one tick: fair, none waits for one that is dead, and a HIS that rings is asked at once. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../db/open-ledger.ts';
import { DEFAULT_POLICY } from '../../src/domain/requirement.ts';
import { Intake } from '../../src/service/intake.ts';
import { Polls, type PollsOptions } from '../../src/service/polls.ts';
import type { House, Site, SiteSettings } from '../../src/service/site.ts';
import { Tokens } from '../../src/service/tokens/tokens.ts';
import { keptLog } from '../queues/support.ts';
import { SAMPLE_AT } from '../support/samples.ts';
import { HandHis } from './support/hand-his.ts';
import { HandQueue } from './support/hand-queue.ts';
import { silentMetrics } from './support/quiet.ts';

const TICK_MS = 2_000;
const SETTINGS: SiteSettings = {
  ...{ pollMs: TICK_MS, quietHours: null, overlapMs: 720_000, digestMs: 60_000, catchUpDays: 7 },
  ...{ confirmTimeoutMs: 1_000, settleMs: 1_000, offlineLookupMs: 1_000, breakerFailures: 3, probeMs: 1_000 },
  callBack: { afterMs: 1_800_000, at: '15:00' },
  ...{ ratePerSecond: 0, rightsAfterMs: 900_000, rightsPerSecond: 2, openingTime: '07:00', photoDays: 30 },
  reconcile: { at: [], days: 7, ratePerSecond: 5 },
};

let folder: string;
let now: number;
let log: ReturnType<typeof keptLog>;
let close: (() => Promise<void>)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authen-bridge-polls-'));
  now = SAMPLE_AT;
  log = keptLog();
  close = [];
});
afterEach(async () => {
  for (const end of close.reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

interface Sites {
  his: HandHis[];
  polls: Polls;
  /** The next tick; ends when its run does. */
  tick(): Promise<void>;
  isKnown(his: HandHis, vn: string): Promise<boolean>;
}

async function openSites(count: number, options: PollsOptions = {}, hasLog = false): Promise<Sites> {
  const ledger = await openLedger(`sqlite:${join(folder, 'bridge.db')}`, {
    secrets: { keyFile: join(folder, 'secret.key') },
  });
  close.push(() => ledger.close());
  await ledger.migrate();
  const clock = { now: () => now };
  const his = Array.from({ length: count }, (_, i) => new HandHis(String(10_001 + i), { hasLog }));
  const sites = new Map(his.map((one) => [one.hcode, siteOf(one)]));
  const parts = { ledger, clock, log, sites, queue: new HandQueue(clock), metrics: silentMetrics };
  const house: House = { ...parts, tokens: new Tokens(parts) };
  const intakes = new Map(
    [...sites].map(([hcode, site]) => [hcode, new Intake(house, site, () => undefined)]),
  );
  const polls = new Polls(house, intakes, options);
  close.push(() => polls.stop(0));
  return {
    ...{ his, polls },
    tick() {
      now += TICK_MS;
      return polls.run(now);
    },
    isKnown: async ({ hcode }, vn) => (await ledger.case({ hcode, vn })) !== null,
  };
}

function siteOf(his: HandHis): Site {
  return {
    ...{
      hcode: his.hcode,
      name: '',
      his,
      stations: [],
      authenStatus: null,
      rightSearch: null,
      tokenSources: [],
    },
    policy: { requirement: DEFAULT_POLICY, claimType: { default: 'PG0060001', rules: [] } },
    settings: SETTINGS,
  };
}

const ALL = { placeMs: Number.POSITIVE_INFINITY };
const looks = (his: readonly HandHis[]): number[] => his.map((one) => one.looks);

describe('a tick', () => {
  it('asks every site, and finds what is new at each', async () => {
    const { his, tick, isKnown } = await openSites(30, ALL);
    await tick();
    for (const one of his) one.come('1', now);
    await tick();
    for (const one of his) expect(await isKnown(one, '1')).toBe(true);
    expect(looks(his)).toEqual(his.map(() => 1));
  });

  it('ends without those that do not answer, and asks the others again at the next', async () => {
    const { his, polls, tick, isKnown } = await openSites(30, { placeMs: 20 });
    await tick();
    await expect.poll(() => his.every((one) => one.daysRead.length > 0)).toBe(true);
    const [dead, well] = [his.slice(0, 25), his.slice(25)];
    for (const one of dead) one.hang(true);
    // a tick leaves out whose last look is still under way, as on a slow disk
    const nextTick = async (): Promise<void> => {
      const next = { at: now + TICK_MS, everyMs: TICK_MS };
      const areDue = (): boolean => well.every((one) => polls.site(one.hcode)?.isDue(next));
      await expect.poll(areDue, { timeout: 10_000 }).toBe(true);
      await tick();
    };
    for (let i = 0; i < 4; i++) await nextTick();
    for (const one of well) one.come('1', now);
    await nextTick();
    await expect.poll(() => looks(well)).toEqual(well.map(() => 5));
    for (const one of well) await expect.poll(() => isKnown(one, '1')).toBe(true);
    // one look each is under way, and no second is begun beside it
    for (const one of dead) expect(one.looks).toBe(1);
    for (const one of dead) one.hang(false);
    await expect.poll(() => dead.every((one) => one.most === 1)).toBe(true);
  });

  it('lets only some look at a time', async () => {
    const { his, tick } = await openSites(40, ALL);
    await tick();
    let most = 0;
    for (const one of his) one.delayMs = 5;
    const run = tick();
    const underWay = (): number => his.filter((one) => one.isAsked).length;
    const watch = setInterval(() => {
      most = Math.max(most, underWay());
    }, 1);
    await run;
    clearInterval(watch);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('leaves a HIS alone for ever longer while it is away, and comes back at once when it answers', async () => {
    const { his, tick, polls } = await openSites(2, ALL);
    const [one, other] = his;
    if (one === undefined || other === undefined) throw new Error('two sites');
    one.isDown = true;
    const ticks = 300;
    for (let i = 0; i < ticks; i++) await tick();
    expect(other.looks).toBe(ticks - 1);
    expect(polls.site(one.hcode)?.pace).toEqual({ ms: 30_000, reason: 'away' });
    one.isDown = false;
    for (let i = 0; i < 16; i++) await tick();
    expect(polls.site(one.hcode)?.pace).toEqual({ ms: TICK_MS, reason: 'usual' });
    const before = one.looks;
    await tick();
    expect(one.looks).toBe(before + 1);
    expect(log.lines.filter((line) => line.message.includes('cannot be polled'))).toHaveLength(1);
  });

  it('spreads the days that are over, of which all sites have a week when a new day begins', async () => {
    const { his, tick } = await openSites(30, ALL);
    for (let i = 0; i < 40; i++) await tick();
    now += 86_400_000;
    const before = his.map((one) => one.daysRead.length);
    const read = (): number => his.reduce((sum, one, i) => sum + one.daysRead.length - (before[i] ?? 0), 0);
    await tick();
    // the new day of each, and of some one that is over
    expect(read()).toBeLessThanOrEqual(30 + 3);
    for (let i = 0; i < 40; i++) await tick();
    const yesterdays = his.map((one, i) => one.daysRead.slice(before[i]).length);
    for (const days of yesterdays) expect(days).toBeGreaterThanOrEqual(2);
  });
});

describe('a HIS that rings', () => {
  let sites: Sites;
  let his: HandHis;
  beforeEach(async () => {
    sites = await openSites(1, ALL, true);
    [his] = sites.his as [HandHis];
    sites.polls.start();
    await sites.tick();
  });

  it('is asked at once, once for a bunch of changes', async () => {
    his.come('1', now);
    for (let i = 0; i < 20; i++) his.listener?.changed();
    await expect.poll(() => sites.isKnown(his, '1')).toBe(true);
    await sleep(100);
    expect(his.looks).toBe(1);
  });

  it('is asked once more when it rings in the middle of a look', async () => {
    his.hang(true);
    his.listener?.changed();
    await expect.poll(() => his.looks).toBe(1);
    his.listener?.changed();
    his.listener?.changed();
    his.come('2', now);
    his.hang(false);
    await expect.poll(() => sites.isKnown(his, '2')).toBe(true);
    await sleep(100);
    expect(his.looks).toBe(2);
    expect(his.most).toBe(1);
  });

  it('shows what its numbers do not: the rows are counted', async () => {
    await sites.tick();
    his.come('odd', now - 3_600_000);
    his.listener?.changed();
    await expect.poll(() => sites.isKnown(his, 'odd')).toBe(true);
  });

  it('is asked some times a second and no more while a batch job touches every row', async () => {
    const begun = performance.now();
    while (performance.now() - begun < 2_000) {
      his.listener?.changed();
      await sleep(1);
    }
    const seconds = (performance.now() - begun) / 1_000;
    expect(his.looks).toBeGreaterThan(5);
    expect(his.looks).toBeLessThanOrEqual(11 + 5 * seconds);
  });

  it('is polled less often while it is heard, and as before when it is not; each is said once', async () => {
    const pace = () => sites.polls.site(his.hcode)?.pace;
    his.listener?.listening(true, null);
    his.listener?.listening(true, null);
    expect(pace()).toEqual({ ms: 10_000, reason: 'heard' });
    his.listener?.listening(false, 'binlog_format is not ROW');
    his.listener?.listening(false, 'binlog_format is not ROW');
    expect(pace()).toEqual({ ms: TICK_MS, reason: 'usual' });
    expect(log.lines.filter((line) => line.message.includes('heard of')).map((line) => line.level)).toEqual([
      'info',
      'warn',
    ]);
    expect(sites.polls.site(his.hcode)?.hearing).toMatchObject({
      ...{ isListening: false, why: 'binlog_format is not ROW' },
    });
  });

  it('is let go of at the end, and asked no more', async () => {
    await sites.polls.stop(0);
    expect(his.isWatched).toBe(false);
    his.listener?.changed();
    await sites.tick();
    await sleep(50);
    expect(his.looks).toBe(0);
  });
});
