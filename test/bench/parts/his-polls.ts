/** (k1) Every HIS: what one poll costs its database with five million visits in it. */

import { openSimDb } from '../../../simulators/his/sim-db.ts';
import { parseBangkokDateTime, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { type BenchHis, everyHis } from '../every-his.ts';
import { type Figure, median } from '../figures.ts';
import type { BenchContext, PartResult } from '../part.ts';
import type { Watched } from '../query-cost.ts';

/** The end of the last day that is made: all of its visits are there. */
const DATE = '2026-06-30';
/** As the configuration has it when nothing is said. */
const WINDOW_MS = 12 * 60_000;
/** Visits are read at each poll for so long, because a clerk may still be at work on them. */
const UNSETTLED_MS = 2 * 60_000;
const TIMES = 50;

export async function hisPolls(context: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  const facts: Record<string, unknown> = {};
  for (const one of everyHis(context)) {
    const measured = await measurePoll(one, context);
    figures.push(...measured.figures);
    facts[one.name] = measured.facts;
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
        // an index is read one entry beyond the end of each range: where it ends
        figure(
          'entries read that are not of the window',
          Math.max(0, ...costs.map((c) => c.beyond - (one.ranges ?? 1))),
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

function instant(time: string): number {
  const found = parseBangkokDateTime(`${DATE}T${time}+07:00`);
  if (found === null) throw new TypeError('no time');
  return found;
}
