/**
 * Two bridges on one Redis and one PostgreSQL ledger, with the times that they have at a hospital; the one that has the work
 * in hand is killed. What the other one does then is seen at the agent, in the HIS and by the API.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PrivateRedis, privateRedis } from '../queues/private-redis.ts';
import {
  describeWith,
  type FreshDatabase,
  freshMariaDb,
  freshPostgres,
  services,
} from '../support/services.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';

/** The promise of the documents, ms. */
const WITHIN_MS = 30_000;
/** A visit's draft, confirm and write-back once its turn has come, ms. */
const WORK_MS = 5_000;
const PATIENTS = [3001, 3002, 3003, 3004, 3005];

type CaseJson = { vn: string; state: string };

describeWith('mariadb', 'two bridges, one of which is killed', (mariadb) => {
  describeWith('postgres', 'with a PostgreSQL ledger and Redis', (postgres) => {
    let databases: FreshDatabase[];
    let redis: PrivateRedis;
    let hospital: Hospital;
    let alive: BridgeProcess;
    beforeAll(async () => {
      const program = services().redisServer;
      if (program === null) throw new Error('needs the redis-server program: install redis-server');
      redis = await privateRedis(program, '--maxmemory-policy', 'noeviction');
      const [his, ledger] = [await freshMariaDb(mariadb, 'tis620'), await freshPostgres(postgres)];
      databases = [his, ledger];
      const nhso = { settleSeconds: 20, breaker: {}, timeouts: {} };
      hospital = await Hospital.open({ hisUrl: his.url, store: () => ledger.url, queue: redis.url, nhso });
    }, 120_000);
    afterAll(async () => {
      await hospital.close();
      for (const database of databases) await database.drop();
      await redis.remove();
    });
    const state = async (vn: string): Promise<string | undefined> => {
      const { items } = await alive.get<{ items: CaseJson[] }>(`/api/cases?site=${HCODE}&limit=500`);
      return items.find((c) => c.vn === vn)?.state;
    };
    const calls = (call: 'save-as-draft' | 'confirm-save'): number =>
      hospital.agent.control.requests({ call }).length;
    const secondsSince = (begun: number): number => (performance.now() - begun) / 1_000;
    /** Only `dying` works until it has everything in hand; then the other one is there as well. */
    const killed = async (dying: BridgeProcess, inHand: () => Promise<boolean>): Promise<number> => {
      await eventually('everything is in the hands of one', inHand);
      alive = await hospital.startBridge();
      await sleep(2_000);
      await dying.kill('SIGKILL');
      return performance.now();
    };

    it('takes over drafts in hand, the polls and all that follows', async () => {
      const dying = await hospital.startBridge();
      hospital.agent.control.delay(14_000, 'save-as-draft');
      const vns: string[] = [];
      for (const n of PATIENTS) vns.push(await hospital.patient(n, dying));
      await eventually('the cards are paired', async () => calls('save-as-draft') === 1);
      // the table is locked: the poll hangs in the dying one's hands too
      const locked = await mysql.createConnection({ uri: databases[0]?.url ?? '' });
      await locked.query('LOCK TABLES ovst WRITE');
      const begun = await killed(dying, async () => true);
      await locked.end();
      hospital.agent.control.delay(0, 'save-as-draft');
      const late = await hospital.patient(3006, alive);
      await eventually('the HIS is polled again', async () => (await state(late)) !== undefined, WITHIN_MS);
      const polled = secondsSince(begun);
      const isWritten = async (vn: string): Promise<boolean> => (await hospital.codeInHis(vn)) !== null;
      await eventually(
        'every visit has its code',
        async () => (await Promise.all([...vns, late].map(isWritten))).every(Boolean),
        WITHIN_MS + WORK_MS,
      );
      const done = secondsSince(begun);
      console.log(
        `take-over: polls after ${polled.toFixed(1)} s, drafts in hand done after ${done.toFixed(1)} s`,
      );
      expect(hospital.agent.control.confirms().every((c) => c.issued === 1 && c.asked === 1)).toBe(true);
    }, 120_000);

    it('finds the code of a confirm that was under way, and asks no second time', async () => {
      const dying = alive;
      hospital.agent.control.delay(10_000, 'confirm-save');
      const before = calls('confirm-save');
      const vn = await hospital.patient(3007, dying);
      const begun = await killed(dying, async () => (await state(vn)) === 'confirming');
      await eventually('it has its code', async () => (await hospital.codeInHis(vn)) !== null, WITHIN_MS);
      console.log(`take-over: the confirm in hand is in the HIS after ${secondsSince(begun).toFixed(1)} s`);
      expect(calls('confirm-save') - before).toBeLessThanOrEqual(1);
      expect(hospital.agent.control.confirms().every((c) => c.issued === 1 && c.asked === 1)).toBe(true);
    }, 120_000);
  });
});
