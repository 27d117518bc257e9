/** A hospital whose midnight is near: two bridges on Redis and a PostgreSQL ledger, real readers, one NHSO behind all agents. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createSchema, seedReferenceData } from '../../simulators/his/hosxp/schema.ts';
import { openSimDb, type SimDb } from '../../simulators/his/sim-db.ts';
import { NhsoCentre } from '../../simulators/nhso-agent/centre.ts';
import { Bridges } from '../faults/world/bridges.ts';
import { FakeClock, fakeTimeLibrary } from '../faults/world/clock.ts';
import { Counter } from '../faults/world/counter.ts';
import { addKey } from '../support/api-key.ts';
import { throwAwayFolder } from '../support/leave-nothing.ts';
import { freshMariaDb, freshPostgres } from '../support/services.ts';
import { HCODE } from './hospital.ts';
import type { BenchContext } from './part.ts';

const COUNTERS = 5;
const BRIDGES = 2;
const DAY_MS = 86_400_000;
const BANGKOK_MS = 7 * 3_600_000;

export interface Morning {
  his: SimDb;
  centre: NhsoCentre;
  bridges: Bridges;
  counters: readonly Counter[];
  key: string;
  /** The hospital's clock, UTC epoch ms. */
  now(): number;
  close(): Promise<void>;
}

/** `midnightIn`: ms from now. `rate`: calls a second to NHSO of each bridge. Times are a hospital's own, not shortened. */
export async function openMorning(
  context: Pick<BenchContext, 'mariadb' | 'redis'> & { postgres: string },
  options: { midnightIn: number; rate: number },
): Promise<Morning> {
  const library = fakeTimeLibrary();
  if (library === null) throw new Error("libfaketime is missing: install Debian's faketime");
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const aheadMs = DAY_MS - ((Date.now() + BANGKOK_MS) % DAY_MS) - options.midnightIn;
    const now = (): number => Date.now() + aheadMs;
    const folder = throwAwayFolder('authen-bridge-bench-');
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const [hospital, ledger] = [await freshMariaDb(context.mariadb), await freshPostgres(context.postgres)];
    closing.push(() => Promise.all([hospital.drop(), ledger.drop()]));
    const his = await openSimDb(hospital.url);
    closing.push(() => his.close());
    await createSchema(his);
    await seedReferenceData(his, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    const redis = new Redis(context.redis);
    await redis.flushdb();
    redis.disconnect();
    const key = await addKey(ledger.url, 'bench');
    const centre = new NhsoCentre();
    centre.clockOffsetMs = aheadMs;
    const { env } = new FakeClock(join(folder, 'clock'), library, aheadMs);
    const stations: object[] = [];
    const site = {
      hcode: HCODE,
      his: { kind: 'hosxp', url: hospital.url },
      stations,
      nhso: { ratePerSecond: options.rate },
    };
    const bridges = await Bridges.open({
      ...{ folder, key, env, count: BRIDGES },
      config: () => ({ store: ledger.url, queue: context.redis, sites: [site] }),
    });
    closing.push(() => bridges.close());
    const counters: Counter[] = [];
    closing.push(() => Promise.all(counters.map((counter) => counter.close())));
    for (let i = 1; i <= COUNTERS; i++) {
      const shared = { folder, centre, key, env, now, bridgeUrls: [bridges.url] as const };
      const counter = await Counter.open({
        id: `counter-${i}`,
        ...shared,
        moreArgs: ['--nhso-retry-ms', '60000'],
      });
      counters.push(counter);
      stations.push({ id: `counter-${i}`, agentUrl: counter.agent.url });
    }
    return { his, centre, bridges, counters, key, now, close };
  } catch (error) {
    await close();
    throw error;
  }
}
