/** (k3) Change capture: the whole way from the commit of a visit to its case in the ledger. */

import { setTimeout as sleep } from 'node:timers/promises';
import { startFromPath } from '../../support/services/start.ts';
import { comeOften, waitsOf } from '../comers.ts';
import { type Figure, percentile } from '../figures.ts';
import { openManySites, type SiteHis } from '../many-sites.ts';
import type { BenchContext, PartResult } from '../part.ts';
import { hospitalOsSite, jhcisSite } from '../site-his.ts';

/** Of the polls that go on beside it. */
const POLL_SECONDS = 2;
/** Between two visits, ms: twice as many as in a busy hour of a large hospital. */
const EVERY_MS = 900;
/** The bridge has started, and read the day that is over. */
const REST_MS = 20_000;

export async function hisCapture(context: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  const facts: Record<string, unknown> = {};
  for (const heard of await everyLog(context)) {
    const measured = await measureCapture(heard, context);
    figures.push(...measured.figures);
    facts[heard.name] = measured.facts;
  }
  return { figures, facts };
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
  const visits = quick ? 30 : 120;
  say(`${heard.name}: ${visits} visits`);
  try {
    const many = await openManySites({
      ...{ his: heard.his, queue: redis, sites: 1, dead: 0, pollSeconds: POLL_SECONDS, nodeArgs: [], say },
    });
    try {
      await many.settled();
      await sleep(REST_MS);
      const waits = waitsOf(many, await comeOften(many, visits, EVERY_MS));
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
