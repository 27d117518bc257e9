/**
 * (k) Every HIS: what one poll costs its database with five million visits in it; and a hundred sites in one bridge: how much of a core
 * they take, and how long after it was registered a visit has its case.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { hosxpTables } from '../../../adapters/his/hosxp/tables.ts';
import type { HosxpOptions } from '../../../adapters/his/options.ts';
import { openHis } from '../../../adapters/his/registry.ts';
import { bulkLoad } from '../../../simulators/his/hosxp/bulk.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { openSimDb, type SimDb } from '../../../simulators/his/sim-db.ts';
import { parseBangkokDateTime, serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { HisAdapter } from '../../../src/service/ports/his.ts';
import { type FreshDatabase, freshMariaDb, freshPostgres } from '../../support/services.ts';
import { type Figure, median, percentile } from '../figures.ts';
import { HCODE } from '../hospital.ts';
import { memoryOf, watchCpu } from '../machine.ts';
import { openManySites } from '../many-sites.ts';
import type { BenchContext, PartResult } from '../part.ts';
import { type Watched, watchQueries } from '../query-cost.ts';

/** The end of the last day that is made: all of its visits are there. */
const DATE = '2026-06-30';
const NOW = instant('17:00:00');
const PER_DAY = 2_000;
/** As the configuration has it when nothing is said. */
const WINDOW_FROM = NOW - 12 * 60_000;
/** Visits are read at each poll for so long, because a clerk may still be at work on them. */
const UNSETTLED_FROM = NOW - 2 * 60_000;
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
  return { figures, facts };
}

/** One HIS as the bench fills and asks it. */
interface BenchHis {
  name: string;
  fresh(): Promise<FreshDatabase>;
  /** Its schema, and visits up to the end of the last day. */
  fill(db: SimDb, visits: number): Promise<void>;
  watch(url: string): Promise<Watched>;
  open(url: string): HisAdapter;
}

function everyHis({ mariadb, postgres }: BenchContext): BenchHis[] {
  const hosxp = (name: string, fresh: () => Promise<FreshDatabase>): BenchHis => ({
    name,
    fresh,
    async fill(db, visits) {
      await createSchema(db, { charset: 'tis620' });
      await seedReferenceData(db, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
      await bulkLoad(db, { visits, perDay: PER_DAY, lastDate: DATE });
    },
    watch: (url) => watchQueries(url, hosxpTables(hosxpOptions(url))),
    open: (url) => openHis(hosxpOptions(url)),
  });
  return [
    hosxp('HOSxP on MariaDB', () => freshMariaDb(mariadb, 'tis620')),
    ...(postgres === null ? [] : [hosxp('HOSxP on PostgreSQL', () => freshPostgres(postgres))]),
  ];
}

function hosxpOptions(url: string): HosxpOptions {
  return {
    ...{ hcode: HCODE, kind: 'hosxp', url, writeBack: 'auth_code', writeAuthDateTime: true },
    ...{ cancelledStatuses: [], connections: 2, statementTimeoutMs: 30_000 },
  };
}

async function measurePoll(one: BenchHis, { say, quick }: BenchContext): Promise<PartResult> {
  const visits = quick ? 200_000 : 5_000_000;
  const database = await one.fresh();
  const adapter = one.open(database.url);
  let watched: Watched | undefined;
  try {
    say(`${one.name}: making ${visits.toLocaleString('en')} visits`);
    const db = await openSimDb(database.url);
    try {
      await one.fill(db, visits);
    } finally {
      await db.close();
    }
    say(`${one.name}: ${TIMES} polls`);
    watched = await one.watch(database.url);
    const date = serviceDateOf(NOW);
    const unsettled = await watched.newKeys(UNSETTLED_FROM, date);
    const all = await watched.newKeys(WINDOW_FROM, date);
    const costs = await often(() => watched?.poll(WINDOW_FROM, date, unsettled));
    const isSettled = (vn: string): boolean => !unsettled.includes(vn);
    const answers = await often(async () => {
      const begun = performance.now();
      await adapter.newVisits(WINDOW_FROM, NOW, isSettled);
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
          Math.max(...costs.map((c) => c.beyond)) - 1,
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
    ...{ mariadb, queue, sites, dead, pollSeconds: POLL_SECONDS, say },
    nodeArgs: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  });
  try {
    await many.settled();
    await sleep(REST_MS);
    say(`${seconds * perSecond} visits in ${seconds} s`);
    const used = watchCpu({ bridge: many.bridge.pid });
    const came: { name: string; at: number }[] = [];
    for (let i = 0; i < seconds * perSecond; i++) {
      const pause = sleep(1_000 / perSecond);
      // never in step with the tick
      await sleep(Math.random() * (500 / perSecond));
      came.push(await many.come(i * 7));
      await pause;
    }
    const cpu = used();
    await sleep(5_000);
    const waits = came.map(({ name: who, at }) => (many.seen.get(who) ?? Number.POSITIVE_INFINITY) - at);
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

function instant(time: string): number {
  const found = parseBangkokDateTime(`${DATE}T${time}+07:00`);
  if (found === null) throw new TypeError('no time');
  return found;
}
