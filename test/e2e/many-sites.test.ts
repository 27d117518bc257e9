/** A hundred sites in one bridge process, on real databases; ten of them dead. What it does is seen by the API. */

import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { createSchema, seedReferenceData } from '../../simulators/his/hosxp/schema.ts';
import { insertPeople, insertVisit } from '../../simulators/his/hosxp/visits.ts';
import { openSimDb, type SimDb } from '../../simulators/his/sim-db.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { type PrivateRedis, privateRedis } from '../queues/private-redis.ts';
import { addKey } from '../support/api-key.ts';
import { freePort } from '../support/services/processes.ts';
import { describeWith, type FreshDatabase, freshMariaDb, services } from '../support/services.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { BridgeProcess, eventually } from './bridge-support.ts';

const SITES = 100;
const DEAD = 10;
/** Twenty-five sites look at one database: a hundred would take longer to make than all the rest. */
const DATABASES = 4;

interface Ready {
  ready: boolean;
  notReady: { check: string }[];
  warnings: { check: string; message: string }[];
  his: { site: string; state: string; awaySince: string | null }[];
}

describeWith('mariadb', 'a hundred sites, ten of which are dead', (mariadb) => {
  let databases: FreshDatabase[];
  let his: SimDb[];
  let redis: PrivateRedis;
  let silent: TcpProxy;
  let agent: NhsoAgentSimulator;
  let folder: string;
  let bridge: BridgeProcess;
  const hcodes = Array.from({ length: SITES }, (_, i) => String(20_000 + i));
  const isDead = (i: number): boolean => i % (SITES / DEAD) === 0;
  const [dead, well] = [hcodes.filter((_, i) => isDead(i)), hcodes.filter((_, i) => !isDead(i))];

  beforeAll(async () => {
    const program = services().redisServer;
    if (program === null) throw new Error('needs the redis-server program: install redis-server');
    redis = await privateRedis(program, '--maxmemory-policy', 'noeviction');
    folder = await mkdtemp(join(tmpdir(), 'authen-bridge-sites-'));
    databases = await Promise.all(Array.from({ length: DATABASES }, () => freshMariaDb(mariadb, 'tis620')));
    his = await Promise.all(databases.map(({ url }) => openSimDb(url)));
    for (const db of his) {
      await createSchema(db);
      await seedReferenceData(db, { hcode: '20000', hospitalName: 'โรงพยาบาลสมมุติ' });
      await insertPeople(db, [plainPerson(1), plainPerson(2)]);
    }
    silent = await TcpProxy.to(mariadb);
    silent.hold(true);
    agent = await startNhsoAgent({ hcode: '20000' });
    const store = `sqlite:${join(folder, 'bridge.db')}`;
    const port = await freePort();
    const sites = hcodes.map((hcode, i) => {
      const url = databases[i % DATABASES]?.url ?? '';
      return {
        hcode,
        his: { kind: 'hosxp', url: isDead(i) ? silent.through(url) : url, pollSeconds: 1 },
        stations: [{ id: 'counter-1', agentUrl: agent.url }],
      };
    });
    const file = join(folder, 'config.json');
    const secrets = { keyFile: join(folder, 'secret.key') };
    writeFileSync(file, JSON.stringify({ store, queue: redis.url, http: { port }, secrets, sites }));
    bridge = new BridgeProcess(file, port, await addKey(store, 'e2e'));
    await bridge.ready();
  }, 120_000);
  afterAll(async () => {
    await bridge.kill('SIGKILL');
    await agent.close();
    await silent.close();
    await redis.remove();
    for (const db of his) await db.close();
    for (const database of databases) await database.drop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const readyz = async (): Promise<Ready> => (await fetch(`${bridge.url}/readyz`)).json() as Promise<Ready>;

  it('is ready, and says of each site how it stands, the dead ones first', async () => {
    await eventually('each site is known to be well or away', async () => {
      const { ready, his: states } = await readyz();
      const are = (state: string): string[] => states.filter((s) => s.state === state).map((s) => s.site);
      return ready && are('well').length === SITES - DEAD && are('away').length === DEAD;
    });
    const { notReady, warnings, his: states } = await readyz();
    expect(notReady).toEqual([]);
    expect(states.slice(0, DEAD).map((s) => s.site)).toEqual(dead);
    for (const { awaySince } of states.slice(0, DEAD)) expect(awaySince).toMatch(/\+07:00$/);
    expect(warnings.map((w) => w.check).filter((c) => c.startsWith('his-'))).toEqual(
      dead.map((hcode) => `his-${hcode}`),
    );
  }, 90_000);

  it('finds a visit at every site that answers, whatever the dead ones do', async () => {
    const begun = performance.now();
    const vns = await Promise.all(
      his.map((db) => insertVisit(db, { hn: plainPerson(1).hn, at: Date.now() })),
    );
    const known = async (): Promise<string[]> => {
      const { items } = await bridge.get<{ items: { hcode: string; vn: string }[] }>('/api/cases?limit=500');
      return items.filter((c) => vns.includes(c.vn)).map((c) => c.hcode);
    };
    await eventually('each has its case', async () => (await known()).length >= well.length, 30_000);
    console.log(`many sites: seen at all after ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
    expect((await known()).toSorted()).toEqual(well);
  }, 60_000);

  it('sees the dead ones as soon as they live', async () => {
    silent.hold(false);
    silent.cut();
    await eventually('all are well', async () => (await readyz()).his.every((s) => s.state === 'well'));
    expect((await readyz()).warnings.filter((w) => w.check.startsWith('his-'))).toEqual([]);
  }, 90_000);
});
