/**
 * (k) Every HIS: what one poll costs its database with five million visits in it; and a hundred sites in one bridge: how much of a core
 * they take, and how long after it was registered a visit has its case.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { openSimDb } from '../../../simulators/his/sim-db.ts';
import { parseBangkokDateTime, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { startFromPath } from '../../support/services/start.ts';
import { type BenchHis, everyHis } from '../every-his.ts';
import { type Figure, median, percentile } from '../figures.ts';
import { memoryOf, watchCpu } from '../machine.ts';
import { type ManySites, openManySites, type SiteHis } from '../many-sites.ts';
import type { BenchContext, PartResult } from '../part.ts';
import type { Watched } from '../query-cost.ts';
import { hospitalOsSite, jhcisSite } from '../site-his.ts';

/** The end of the last day that is made: all of its visits are there. */
const DATE = '2026-06-30';
/** As the configuration has it when nothing is said. */
const WINDOW_MS = 12 * 60_000;
/** Visits are read at each poll for so long, because a clerk may still be at work on them. */
const UNSETTLED_MS = 2 * 60_000;
const TIMES = 50;

const POLL_SECONDS = 2;
/** Beside the polls' own: the bridge has started, and read the day that is over. */
const REST_MS = 20_000;

export async function his(context: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  const facts: Record<string, unknown> = {};
  for (const one of everyHis(context)) {
    const measured = await measurePoll(one, context);
    figures.push(...measured.figures);
    facts[one.name] = measured.facts;
  }
  const { redis } = context;
  for (const [name, queue, dead] of [
    ['Redis', redis, 0],
    ['Redis', redis, 10],
    ['embedded queue', 'embedded', 1],
  ] as const) {
    const measured = await measureSites(name, queue, dead, context);
    figures.push(...measured.figures);
    facts[`${name}, ${dead} dead`] = measured.facts;
  }
  for (const heard of await everyLog(context)) {
    const measured = await measureCapture(heard, context);
    figures.push(...measured.figures);
    facts[heard.name] = measured.facts;
  }
  return { figures, facts };
}

async function measurePoll(one: BenchHis, { say, quick }: BenchContext): Promise<PartResult> {
  const now = instant(one.lastAt);
  const date = serviceDateOf(now);
  const [windowFrom, unsettledFrom] = [now - WINDOW_MS, now - UNSETTLED_MS];
  const visits = quick ? 200_000 : 5_000_000;
  const database = await one.fresh();
  const adapter = one.open(database.url);
  let watched: Watched | undefined;
  try {
    say(`${one.name}: making ${visits.toLocaleString('en')} visits`);
    const db = await openSimDb(database.url);
    try {
      await one.fill(db, visits, DATE);
    } finally {
      await db.close();
    }
    say(`${one.name}: ${TIMES} polls`);
    watched = await one.watch(database.url);
    await watched.learn(date);
    await adapter.visitsOn(date);
    const unsettled = await watched.newKeys(unsettledFrom, date);
    const all = await watched.newKeys(windowFrom, date);
    const costs = await often(() => watched?.poll(windowFrom, date, unsettled));
    const isSettled = (vn: string): boolean => !unsettled.includes(vn);
    const answers = await often(async () => {
      const begun = performance.now();
      await adapter.newVisits(windowFrom, now, isSettled);
      return performance.now() - begun;
    });
    const [counted, digested] = [await watched.count(date), await watched.digest(date)];
    const figure = (name: string, value: number, unit: string, atMost?: number): Figure => ({
      ...{ part: 'his', name: `${one.name}: ${name}`, value, unit },
      ...(atMost === undefined ? {} : { aim: { atMost } }),
    });
    return {
      figures: [
        figure('one poll, database time', median(costs.map((c) => c.ms)), 'ms', 5),
        // an index is read one entry beyond the end of a range
        figure(
          'entries read that are not of the window',
          Math.max(0, ...costs.map((c) => c.beyond - 1)),
          'rows',
          0,
        ),
        figure('rows read', median(costs.map((c) => c.rowsRead)), 'rows'),
        figure("the adapter's answer", median(answers), 'ms'),
      ],
      facts: { visits, inWindow: all.length, unsettled: unsettled.length, counted, digested },
    };
  } finally {
    await watched?.close();
    await adapter.close();
    await database.drop();
  }
}

async function often<T>(work: () => Promise<T> | undefined): Promise<NonNullable<T>[]> {
  const all: NonNullable<T>[] = [];
  for (let i = 0; i < TIMES; i++) {
    const one = await work();
    if (one !== undefined && one !== null) all.push(one);
  }
  return all;
}

async function measureSites(
  name: string,
  queue: string,
  dead: number,
  { mariadb, quick, profile, say }: BenchContext,
): Promise<PartResult> {
  const sites = quick ? 20 : 100;
  const seconds = quick ? 20 : 120;
  const perSecond = 2;
  const what = `${sites} sites, ${dead} dead, ${name}`;
  say(what);
  const many = await openManySites({
    ...{ his: jhcisSite(mariadb), queue, sites, dead, pollSeconds: POLL_SECONDS, say },
    nodeArgs: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  });
  try {
    await many.settled();
    await sleep(REST_MS);
    say(`${seconds * perSecond} visits in ${seconds} s`);
    const used = watchCpu({ bridge: many.bridge.pid });
    const came = await comeOften(many, seconds * perSecond, 1_000 / perSecond);
    const cpu = used();
    const waits = waitsOf(many, came);
    const figure = (figureName: string, value: number | null, unit: string, atMost?: number): Figure => ({
      ...{ part: 'his', name: `${what}: ${figureName}`, value, unit },
      ...(atMost === undefined ? {} : { aim: { atMost } }),
    });
    const { bridge: spent } = cpu.ours;
    const share = spent === null || spent === undefined ? null : (100 * spent) / cpu.seconds;
    return {
      figures: [
        figure('share of one core', share, '%', 15),
        figure('insert to case, p50', percentile(waits, 0.5) / 1_000, 's'),
        figure('insert to case, p99', percentile(waits, 0.99) / 1_000, 's', 2.5),
        figure('memory', memoryOf(many.bridge.pid)?.now ?? null, 'MB'),
      ],
      facts: {
        visits: came.length,
        unseen: waits.filter((ms) => ms === Number.POSITIVE_INFINITY).length,
        cpu,
      },
    };
  } finally {
    await many.close();
  }
}

/** A HIS whose log of changes is listened to, on a server of its own that keeps one. */
interface Heard {
  name: string;
  his: SiteHis;
  stop(): Promise<unknown>;
}

async function everyLog({ postgres }: BenchContext): Promise<Heard[]> {
  const more = { changeCapture: true };
  const mariadb = await startFromPath('mariadb', ['--log-bin=log', '--binlog-format=ROW', '--server-id=1']);
  const all: Heard[] = [
    { name: 'JHCIS, binary log', his: jhcisSite(mariadb.url, more), stop: () => mariadb.stop() },
  ];
  if (postgres === null) return all;
  const server = await startFromPath('postgres', ['-c', 'wal_level=logical']);
  return [
    ...all,
    {
      name: 'HospitalOS, logical decoding',
      his: hospitalOsSite(server.url, more),
      stop: () => server.stop(),
    },
  ];
}

/** The whole way with change capture: from the visit's commit to the case in the ledger. */
async function measureCapture(heard: Heard, { redis, quick, say }: BenchContext): Promise<PartResult> {
  const visits = quick ? 30 : 200;
  say(`${heard.name}: ${visits} visits`);
  try {
    const many = await openManySites({
      ...{ his: heard.his, queue: redis, sites: 1, dead: 0, pollSeconds: POLL_SECONDS, nodeArgs: [], say },
    });
    try {
      await many.settled();
      await sleep(REST_MS);
      const waits = waitsOf(many, await comeOften(many, visits, 400));
      const figure = (name: string, value: number, atMost?: number): Figure => ({
        ...{ part: 'his', name: `${heard.name}: insert to case, ${name}`, value, unit: 'ms' },
        ...(atMost === undefined ? {} : { aim: { atMost } }),
      });
      return {
        figures: [figure('p50', percentile(waits, 0.5)), figure('p99', percentile(waits, 0.99), 100)],
        facts: { visits, slowest: Math.max(...waits) },
      };
    } finally {
      await many.close();
    }
  } finally {
    await heard.stop();
  }
}

type Came = Awaited<ReturnType<ManySites['come']>>;

/** Visits at all sites in turn, never in step with the polls. */
async function comeOften(many: ManySites, count: number, everyMs: number): Promise<Came[]> {
  const came: Came[] = [];
  for (let i = 0; i < count; i++) {
    const pause = sleep(everyMs);
    await sleep((Math.random() * everyMs) / 2);
    came.push(await many.come(i * 7));
    await pause;
  }
  await sleep(5_000);
  return came;
}

/** Ms from the commit of each visit to its case; infinite for one that never became one. */
function waitsOf(many: ManySites, came: readonly Came[]): number[] {
  return came.map(({ name, at }) => (many.seen.get(name) ?? Number.POSITIVE_INFINITY) - at);
}

function instant(time: string): number {
  const found = parseBangkokDateTime(`${DATE}T${time}+07:00`);
  if (found === null) throw new TypeError('no time');
  return found;
}
