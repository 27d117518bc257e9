/** A counter that its reader worker carries for, and two bridges on one queue: not each of them has the line. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { type PrivateRedis, privateRedis } from '../queues/private-redis.ts';
import { addKey } from '../support/api-key.ts';
import {
  describeWith,
  type FreshDatabase,
  freshMariaDb,
  freshPostgres,
  services,
} from '../support/services.ts';
import { CARRIED, carriedCounter, isUp, OF_A_READER, QUICK, UP } from './agent-line-support.ts';
import { type BridgeProcess, eventually, Hospital } from './bridge-support.ts';
import { until } from './reader-support.ts';

let hospital: Hospital;
const { startReader, hasCode, confirms } = carriedCounter(() => hospital);

describeWith('mariadb', 'a counter behind its reader', (mariadb) => {
  describeWith('postgres', 'with two bridges', (postgres) => {
    let databases: FreshDatabase[];
    let redis: PrivateRedis;
    let key: string;
    let bridges: BridgeProcess[];
    beforeAll(async () => {
      const program = services().redisServer;
      if (program === null) throw new Error('needs the redis-server program: install redis-server');
      redis = await privateRedis(program, '--maxmemory-policy', 'noeviction');
      const [his, ledger] = [await freshMariaDb(mariadb, 'tis620'), await freshPostgres(postgres)];
      databases = [his, ledger];
      hospital = await Hospital.open({
        ...{ hisUrl: his.url, store: () => ledger.url, queue: redis.url, stations: CARRIED },
      });
      key = await addKey(ledger.url, 'counter-1', OF_A_READER);
      bridges = [await hospital.startBridge(), await hospital.startBridge()];
    }, 120_000);
    afterAll(async () => {
      await hospital.close();
      for (const database of databases) await database.drop();
      await redis.remove();
    });
    const [PEOPLE, MORE] = [
      [6001, 6002, 6003, 6004, 6005, 6006],
      [6011, 6012, 6013],
    ];

    it('a worker that has a line to one of them: the other one’s jobs come to it, and the breaker stays closed', async () => {
      const [one, other] = bridges;
      if (one === undefined || other === undefined) throw new Error('two were started');
      const reader = startReader(key, [one.url]);
      await isUp(reader);
      // the other one has given up waiting for a line
      await sleep(11_000);
      const vns: string[] = [];
      for (const n of PEOPLE) vns.push(await hospital.patient(n, one));
      await eventually(
        'all have their codes',
        async () => (await Promise.all(vns.map(hasCode))).every(Boolean),
        150_000,
      );
      for (const n of PEOPLE) expect(confirms(n)).toMatchObject([{ asked: 1, issued: 1 }]);
      for (const { url } of bridges) {
        expect(await (await fetch(`${url}/readyz`)).text()).not.toContain('NHSO cannot be reached from');
      }
    }, 240_000);

    it('a worker with a line to each: one bridge is killed, codes and reads go on over the other', async () => {
      const [one, other] = bridges;
      if (one === undefined || other === undefined) throw new Error('two were started');
      const reader = startReader(key, [one.url, other.url], QUICK);
      await until('both lines are up', () => reader.lines.filter((l) => l.endsWith(UP)).length === 2, 60_000);
      await one.kill('SIGKILL');
      for (const n of MORE) {
        const vn = await hospital.patient(n, other, { card: false });
        hospital.agent.control.insertCard(plainPerson(n).cid ?? '');
        await eventually('the code is in the HIS', () => hasCode(vn), 90_000);
        hospital.agent.control.removeCard();
        await sleep(500);
        expect(confirms(n)).toMatchObject([{ asked: 1, issued: 1 }]);
      }
    }, 300_000);
  });
});
