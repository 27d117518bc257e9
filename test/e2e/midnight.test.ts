/**
 * Three bridges on one Redis and one PostgreSQL ledger: a token that the night has killed is renewed by one of them, once,
 * and so is one that dies early; the work that hangs on it waits and is done.
 */

import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NhsoWebSimulator, startNhsoWeb } from '../../simulators/nhso-web/start.ts';
import { addDays, DAY_MS, serviceDateOf, startOfServiceDate } from '../../src/domain/bangkok.ts';
import { type PrivateRedis, privateRedis } from '../queues/private-redis.ts';
import { sampleCitizenId } from '../support/samples.ts';
import {
  describeWith,
  type FreshDatabase,
  freshMariaDb,
  freshPostgres,
  services,
} from '../support/services.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';

const STAFF = sampleCitizenId(900);
const BRIDGES = 3;
const PATIENTS = 20;
const PATIENCE_MS = 90_000;

describeWith('mariadb', 'three bridges whose token has died', (mariadb) => {
  describeWith('postgres', 'with a PostgreSQL ledger and Redis', (postgres) => {
    let databases: FreshDatabase[];
    let redis: PrivateRedis;
    let nhso: NhsoWebSimulator;
    let hospital: Hospital;
    let srmTokenFile: string;
    beforeAll(async () => {
      const program = services().redisServer;
      if (program === null) throw new Error('needs the redis-server program: install redis-server');
      redis = await privateRedis(program, '--maxmemory-policy', 'noeviction');
      const [his, ledger] = [await freshMariaDb(mariadb, 'tis620'), await freshPostgres(postgres)];
      databases = [his, ledger];
      nhso = await startNhsoWeb({ hcode: HCODE });
      hospital = await Hospital.open({
        hisUrl: his.url,
        store: () => ledger.url,
        queue: redis.url,
        nhso: (folder) => ({
          srmTokenFile: join(folder, 'token.txt'),
          srmRefreshUrl: nhso.urls.srmRefresh,
          rights: { source: 'srm', url: nhso.urls.rightSearch, afterMinutes: 0, ratePerSecond: 50 },
        }),
      });
      srmTokenFile = join(hospital.folder, 'token.txt');
    }, 120_000);
    afterAll(async () => {
      await hospital.close();
      await nhso.close();
      for (const database of databases) await database.drop();
      await redis.remove();
    });
    const renewals = (): number => nhso.control.logIns({ way: 'refresh' }).length;
    const come = async (from: number, bridge: BridgeProcess): Promise<string[]> => {
      const vns: string[] = [];
      for (let n = from; n < from + PATIENTS; n++)
        vns.push(await hospital.patient(n, bridge, { card: false }));
      return vns;
    };
    const allHaveARight = async (vns: readonly string[], bridge: BridgeProcess): Promise<boolean> => {
      const { items } = await bridge.get<{ items: { vn: string }[] }>(`/api/cases?site=${HCODE}&limit=500`);
      const seen = new Set(items.map((c) => c.vn));
      if (!vns.every((vn) => seen.has(vn))) return false;
      for (const vn of vns) {
        const { foundRight } = await bridge.get<{ foundRight: object | null }>(`/api/cases/${HCODE}/${vn}`);
        if (foundRight === null) return false;
      }
      return true;
    };

    it(
      'one of them renews what midnight has killed, whichever is first, and the work is done',
      async () => {
        // somebody has logged in the day before, when no bridge was there
        nhso.control.clockOffset(-DAY_MS);
        await nhso.control.staffLogsIn({ account: STAFF, srmTokenFile });
        nhso.control.clockOffset(0);
        const yesterday = startOfServiceDate(addDays(serviceDateOf(Date.now()), -1)) / 1_000 + 43_200;
        await utimes(srmTokenFile, yesterday, yesterday);
        const all = await Promise.all(Array.from({ length: BRIDGES }, () => hospital.startBridge()));
        const [first] = all;
        if (first === undefined) throw new TypeError('no bridge');
        await eventually('the token is renewed', async () => renewals() > 0, PATIENCE_MS);
        const vns = await come(3001, first);
        await eventually('every right is known', () => allHaveARight(vns, first), PATIENCE_MS);
        expect(renewals()).toBe(1);

        // somebody logs in elsewhere: the first call that is refused tells
        nhso.control.killToken('srm', STAFF);
        const more = await come(3101, first);
        await eventually('every right is known again', () => allHaveARight(more, first), PATIENCE_MS);
        expect(renewals()).toBe(2);
        for (const bridge of all) {
          const { warnings } = await bridge.get<{ warnings: unknown[] }>('/readyz');
          expect(JSON.stringify(warnings)).not.toContain(`token-srm-${HCODE}`);
        }
      },
      3 * PATIENCE_MS,
    );
  });
});
