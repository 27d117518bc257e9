/**
 * (c) Poll: what one look at the HIS costs its database, with years of visits in it. The time and the rows are counted
 * by the database itself, for the adapter's own queries; the adapter's whole answer is timed beside it.
 */

import { hosxpTables } from '../../../adapters/his/hosxp/tables.ts';
import type { HosxpOptions } from '../../../adapters/his/options.ts';
import { openHis } from '../../../adapters/his/registry.ts';
import { bulkLoad } from '../../../simulators/his/hosxp/bulk.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { insertVisits, vnAt } from '../../../simulators/his/hosxp/visits.ts';
import { openSimDb, type SimDb } from '../../../simulators/his/sim-db.ts';
import { parseBangkokDateTime, parseServiceDate } from '../../../src/domain/bangkok.ts';
import { freshMariaDb, freshPostgres } from '../../support/services.ts';
import { type Figure, median } from '../figures.ts';
import { HCODE } from '../hospital.ts';
import type { BenchContext, PartResult } from '../part.ts';
import { type QueryCost, type Watched, watchQueries } from '../query-cost.ts';

const DATE = '2026-06-30';
const PER_DAY = 2_000;
/** The end of the day that `bulkLoad` makes: all of its visits are there. */
const NOW = '17:00:00';
/** The overlap that the configuration has when nothing is said; on a usual day it holds 40 visits. */
const WINDOW_MINUTES = 12;
const WINDOW_FROM = '16:48:00';
/** Visits are read at each poll for so long, because a clerk may still be at work on them. */
const UNSETTLED_FROM = '16:58:00';
/** A busy hour's visits within the window. */
const BUSY = (2_000 / 60) * WINDOW_MINUTES;
const TIMES = 50;
/** Sites have an index on `vstdate`; some have added this one, and then a read by time reads no more than it finds. */
const INDEX = 'CREATE INDEX bench_time ON ovst (vstdate, vsttime)';

export async function poll(context: BenchContext): Promise<PartResult> {
  const { say, postgres } = context;
  const figures: Figure[] = [];
  const facts: Record<string, unknown> = {};
  const measure = async (name: string, url: string): Promise<void> => {
    const found = await measureOn(name, url, context);
    figures.push(...found.figures);
    facts[name] = found.facts;
  };
  const mariadb = await freshMariaDb(context.mariadb, 'tis620');
  try {
    await measure('MariaDB', mariadb.url);
  } finally {
    await mariadb.drop();
  }
  if (postgres === null) {
    say('no PostgreSQL here: left out');
    return { figures, facts };
  }
  const second = await freshPostgres(postgres);
  try {
    await measure('PostgreSQL', second.url);
  } finally {
    await second.drop();
  }
  return { figures, facts };
}

async function measureOn(engine: string, url: string, { say, quick }: BenchContext): Promise<PartResult> {
  const visits = quick ? 200_000 : 2_000_000;
  const db = await openSimDb(url);
  const options: HosxpOptions = {
    ...{ hcode: HCODE, kind: 'hosxp', url, writeBack: 'auth_code', writeAuthDateTime: true },
    ...{ cancelledStatuses: [], connections: 2, statementTimeoutMs: 30_000 },
  };
  const his = openHis(options);
  const watched = await watchQueries(url, hosxpTables(options));
  try {
    say(`${engine}: making ${visits.toLocaleString('en')} visits`);
    await createSchema(db, { charset: 'tis620' });
    await seedReferenceData(db, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    await bulkLoad(db, { visits, perDay: PER_DAY, lastDate: DATE });
    const figures: Figure[] = [];
    const facts: Record<string, unknown> = { visits };
    const figure = (name: string, value: number, more: Partial<Figure> = {}): void => {
      figures.push({ part: 'poll', name: `${engine}, ${name}`, value, unit: 'ms', ...more });
    };
    const look = async (what: string): Promise<void> => {
      say(`${engine}: ${TIMES} polls, ${what}`);
      const found = await lookOften(watched, his, await unsettledIn(db));
      facts[what] = found;
      figure(`${what}: database time`, found.databaseMs, { aim: { atMost: 5 } });
      figure(`${what}: rows read`, found.rowsRead, { unit: 'rows' });
      figure(`${what}: visits found`, found.rowsFound, { unit: 'rows' });
      figure(`${what}: the adapter's answer`, found.adapterMs);
    };
    const rarely = async (what: string, ask: () => Promise<QueryCost>): Promise<void> => {
      const costs = await often(ask);
      facts[what] = costs[0];
      figure(what, median(costs.map((cost) => cost.ms)));
    };
    const byTime = () => watched.byTime(dayOf(DATE), WINDOW_FROM);
    await look('a usual day');
    await addBusyHour(db);
    await look('a busy hour');
    await rarely('the count of rows, each 10 s', () => watched.count(dayOf(DATE)));
    await rarely('a busy hour by time, when the count is another', byTime);
    await db.exec(INDEX);
    await rarely('the same with an index on the time', byTime);
    await db.exec(`DROP INDEX bench_time${db.engine === 'mariadb' ? ' ON ovst' : ''}`);
    await rarely('the digest once a minute', () => watched.digest(dayOf(DATE)));
    return { figures, facts };
  } finally {
    await his.close();
    await watched.close();
    await db.close();
  }
}

interface Look {
  databaseMs: number;
  rowsRead: number;
  rowsFound: number;
  adapterMs: number;
}

async function lookOften(
  watched: Watched,
  his: ReturnType<typeof openHis>,
  unsettled: readonly string[],
): Promise<Look> {
  const from = at(WINDOW_FROM);
  const isSettled = (vn: string): boolean => !unsettled.includes(vn);
  const costs = await often(() => watched.poll(from, dayOf(DATE), unsettled));
  const whole = await often(async () => {
    const begun = performance.now();
    const visits = await his.newVisits(from, at(NOW), isSettled);
    return { ms: performance.now() - begun, rows: visits.length };
  });
  return {
    databaseMs: median(costs.map((cost) => cost.ms)),
    rowsRead: median(costs.map((cost) => cost.rowsRead)),
    rowsFound: whole[0]?.rows ?? 0,
    adapterMs: median(whole.map((w) => w.ms)),
  };
}

async function unsettledIn(db: SimDb): Promise<string[]> {
  const rows = await db.query('SELECT vn FROM ovst WHERE vstdate = ? AND vsttime >= ?', [
    DATE,
    UNSETTLED_FROM,
  ]);
  return rows.map((row) => String(row.vn));
}

async function often<T>(work: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < TIMES; i++) all.push(await work());
  return all;
}

/** More visits in the window, so that it holds as many as in a hospital's busiest hour. */
async function addBusyHour(db: SimDb): Promise<void> {
  const step = (WINDOW_MINUTES * 60_000) / BUSY;
  await insertVisits(
    db,
    Array.from({ length: BUSY }, (_, i) => {
      const began = at(WINDOW_FROM) + Math.floor(i * step);
      // a place more than the numbers that are there already
      return { vn: `${vnAt(began)}1`, hn: String(1_000_001 + i).padStart(9, '0'), at: began };
    }),
  );
}

function at(time: string): number {
  const instant = parseBangkokDateTime(`${DATE}T${time}+07:00`);
  if (instant === null) throw new TypeError('no time');
  return instant;
}

function dayOf(text: string): QueryDate {
  const date = parseServiceDate(text);
  if (date === null) throw new TypeError('no date');
  return date;
}

type QueryDate = Parameters<Watched['digest']>[0];
