/** Somebody holds a thousand connections to the bridge and says nothing: visits get their codes as if they were not there. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { median } from '../bench/figures.ts';
import { holdIdle, idleWithinLimit } from '../support/idle-connections.ts';
import { describeWith, type FreshDatabase, freshMariaDb } from '../support/services.ts';
import { type BridgeProcess, Hospital } from './bridge-support.ts';

const VISITS = 6;
const CONNECTIONS = 1_000;

describeWith('mariadb', 'idle connections', (mariadb) => {
  let database: FreshDatabase;
  let hospital: Hospital;
  let bridge: BridgeProcess;
  beforeAll(async () => {
    database = await freshMariaDb(mariadb, 'tis620');
    const store = (folder: string) => `sqlite:${folder}/bridge.db`;
    hospital = await Hospital.open({ hisUrl: database.url, store, queue: 'embedded' });
    bridge = await hospital.startBridge();
  }, 120_000);
  afterAll(async () => {
    await hospital.close();
    await database.drop();
  });

  /** Milliseconds from the desk to the code in the HIS, the median of some visits one after the other. */
  async function timeOfVisits(firstPerson: number): Promise<number> {
    const times: number[] = [];
    for (let n = 0; n < VISITS; n++) {
      const begun = performance.now();
      const vn = await hospital.patient(firstPerson + n, bridge);
      while ((await hospital.codeInHis(vn)) === null) {
        if (performance.now() - begun > 60_000) throw new Error('no code within a minute');
        await sleep(20);
      }
      times.push(performance.now() - begun);
    }
    return median(times);
  }

  it(`${CONNECTIONS} of them cost the pipeline next to nothing`, { timeout: 240_000 }, async () => {
    // what is only slow at first
    await timeOfVisits(3_000);
    const without = await timeOfVisits(3_100);
    const count = idleWithinLimit(CONNECTIONS);
    const idle = await holdIdle(bridge.url, count);
    try {
      expect(idle.dialled).toBe(count);
      const beside = await timeOfVisits(3_200);
      expect(idle.held()).toBeGreaterThan(0);
      // a machine that others use is now and then slow by itself
      expect(beside).toBeLessThan(3 * without + 2_000);
      expect((await fetch(`${bridge.url}/readyz`)).status).toBe(200);
    } finally {
      idle.close();
    }
  });
});
