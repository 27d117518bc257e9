/**
 * A counter whose agent the bridge cannot reach: the reader worker carries the calls over its line. Real processes; NHSO's own
 * journal says how often a code was asked for, the HIS's own rows who has one.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { NhsoHttp } from '../../adapters/nhso/http.ts';
import { keepLine } from '../../adapters/nhso/line/dial.ts';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { type PrivateRedis, privateRedis } from '../queues/private-redis.ts';
import { quietLog } from '../service/support/quiet.ts';
import { addKey } from '../support/api-key.ts';
import { programEnv } from '../support/program-env.ts';
import {
  describeWith,
  type FreshDatabase,
  freshMariaDb,
  freshPostgres,
  services,
} from '../support/services.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';
import { ReaderProcess, until } from './reader-support.ts';

vi.setConfig({ testTimeout: 120_000 });

const CARRIED = [{ id: 'counter-1', agent: 'reader' }];
const OF_A_READER = ['card-reads:write', 'agent-line:carry'] as const;
const UP = 'line up: codes are asked for through this counter';
/** Does not look at its reader by itself: the test sends the reads. */
const BLIND = ['--poll-ms', '60000'];

type CaseJson = { vn: string; state: string };

let hospital: Hospital;
const readers: ReaderProcess[] = [];
let started = 0;

function startReader(
  key: string,
  bridges: readonly string[],
  more: readonly string[] = BLIND,
  env: Record<string, string> = {},
): ReaderProcess {
  started += 1;
  const reader = new ReaderProcess(
    [
      ...['--station', 'counter-1', '--agent', hospital.agent.url, '--log', 'info'],
      ...bridges.flatMap((url) => ['--bridge', url]),
      ...['--spool', join(hospital.folder, `spool-${started}`), ...more],
    ],
    { AUTHEN_BRIDGE_KEY: key, ...env },
  );
  readers.push(reader);
  return reader;
}

const isUp = (reader: ReaderProcess) =>
  until('the line is up', () => reader.lines.some((l) => l.endsWith(UP)), 60_000);

afterEach(async () => {
  for (const reader of readers.splice(0)) {
    await reader.stop('SIGKILL');
    expect(reader.output + reader.errors).not.toMatch(/99\d{11}/);
  }
});

async function stateOf(bridge: BridgeProcess, vn: string): Promise<string | undefined> {
  const { items } = await bridge.get<{ items: CaseJson[] }>(`/api/cases?site=${HCODE}&limit=500`);
  return items.find((c) => c.vn === vn)?.state;
}
const hasCode = async (vn: string): Promise<boolean> => (await hospital.codeInHis(vn)) !== null;
const confirms = (n: number) => hospital.agent.control.confirms(plainPerson(n).cid ?? '');
/** Confirms that the agent is done with. */
const asked = (n: number): number =>
  hospital.agent.control.requests({ call: 'confirm-save', pid: plainPerson(n).cid ?? '' }).length;

describeWith('mariadb', 'a counter behind its reader', (mariadb) => {
  describe('with a SQLite ledger and the embedded queue', () => {
    let database: FreshDatabase;
    let bridge: BridgeProcess;
    let proxy: TcpProxy;
    let key: string;
    const store = (folder: string): string => `sqlite:${folder}/bridge.db`;
    beforeAll(async () => {
      database = await freshMariaDb(mariadb, 'tis620');
      hospital = await Hospital.open({ hisUrl: database.url, store, queue: 'embedded', stations: CARRIED });
      key = await addKey(store(hospital.folder), 'counter-1', {
        ...{ scopes: OF_A_READER, hcode: HCODE, stationId: 'counter-1' },
      });
      bridge = await hospital.startBridge();
      proxy = await TcpProxy.to(bridge.url);
    }, 120_000);
    afterAll(async () => {
      await proxy.close();
      await hospital.close();
      await database.drop();
    });
    afterEach(() => {
      hospital.agent.control.nhsoUp();
      hospital.agent.control.clearFaults();
    });
    /** Its confirm has left the worker, and the agent, which takes its time, has not answered yet. */
    const isAtAgent = async (vn: string): Promise<void> => {
      await eventually('it is asked for', async () => (await stateOf(bridge, vn)) === 'confirming');
      await sleep(500);
    };
    const byProxy = (): string => proxy.through(bridge.url);

    it('gets codes by the card alone: read, draft, confirm and look-up all go over the one worker', async () => {
      const reader = startReader(key, [byProxy()], ['--poll-ms', '100', '--settle-ms', '100']);
      await isUp(reader);
      const vn = await hospital.patient(4001, bridge, { card: false });
      hospital.agent.control.insertCard(plainPerson(4001).cid ?? '');
      await eventually('the code is in the HIS', () => hasCode(vn));
      hospital.agent.control.removeCard();
      expect(confirms(4001)).toMatchObject([{ asked: 1, issued: 1 }]);
      hospital.agent.control.loseAnswers({ next: 1, how: 'drop', call: 'confirm-save' });
      const lost = await hospital.patient(4002, bridge);
      await eventually('the lost one is found', () => hasCode(lost));
      expect(confirms(4002)).toMatchObject([{ asked: 1, issued: 1 }]);
    });

    it('the doctor says whether the line is up, and what to do when it is not', async () => {
      const doctor = (): { ok: boolean; findings: { check: string; level: string; fix?: string }[] } => {
        const args = ['src/cli.ts', 'doctor', '--json', '--config', hospital.configFile];
        return JSON.parse(spawnSync(process.execPath, args, { env: programEnv(), encoding: 'utf8' }).stdout);
      };
      const ofAgent = () => doctor().findings.filter((f) => f.check.startsWith('agent-'));
      // the doctor is a process, and dear to start: it is asked once the bridge has seen for itself
      const isTroubled = async (): Promise<boolean> =>
        (await (await fetch(`${bridge.url}/readyz`)).text()).includes(`agent-${HCODE}-counter-1`);
      await eventually('the bridge sees that nobody carries', isTroubled);
      expect(ofAgent().some((f) => f.level === 'fail' && (f.fix ?? '').includes('agent-line:carry'))).toBe(
        true,
      );
      const reader = startReader(key, [byProxy()]);
      await isUp(reader);
      await eventually('the bridge sees the agent', async () => !(await isTroubled()));
      expect(ofAgent().map((f) => f.level)).toEqual(['ok', 'ok']);
    });

    it('a worker killed in the middle of a confirm: looked up, never asked again', async () => {
      const dying = startReader(key, [byProxy()]);
      await isUp(dying);
      hospital.agent.control.delay(2_500, 'confirm-save');
      const vn = await hospital.patient(4003, bridge);
      await isAtAgent(vn);
      expect(asked(4003)).toBe(0);
      await dying.stop('SIGKILL');
      await eventually('it is not known', async () => (await stateOf(bridge, vn)) === 'unknown');
      // the agent works on without its worker, and is done only after look-ups `settleSeconds` apart have shown nothing
      await isUp(startReader(key, [byProxy()]));
      await eventually('the code is in the HIS', () => hasCode(vn));
      expect(confirms(4003)).toMatchObject([{ asked: 1, issued: 1 }]);
      expect(asked(4003)).toBe(1);
    });

    it('a worker killed before anything was sent: tried again over the next one, asked once', async () => {
      const dying = startReader(key, [byProxy()]);
      await isUp(dying);
      await dying.stop('SIGKILL');
      const vn = await hospital.patient(4004, bridge);
      await eventually('it waits', async () => (await stateOf(bridge, vn)) === 'ready');
      await sleep(3_000);
      expect(asked(4004)).toBe(0);
      await isUp(startReader(key, [byProxy()]));
      await eventually('the code is in the HIS', () => hasCode(vn));
      expect(confirms(4004)).toMatchObject([{ asked: 1, issued: 1 }]);
    });

    it('a worker that stood still does not wake up to send what it was asked long ago', async () => {
      const reader = startReader(key, [byProxy()]);
      await isUp(reader);
      reader.signal('SIGSTOP');
      const vn = await hospital.patient(4005, bridge);
      await sleep(12_000);
      expect(asked(4005)).toBe(0);
      reader.signal('SIGCONT');
      await eventually('the code is in the HIS', () => hasCode(vn));
      expect(confirms(4005)).toMatchObject([{ asked: 1, issued: 1 }]);
    }, 90_000);

    it('a bridge killed in the middle of a confirm: the next one looks it up over the line that comes back', async () => {
      await isUp(startReader(key, [byProxy()]));
      hospital.agent.control.delay(2_500, 'confirm-save');
      const vn = await hospital.patient(4006, bridge);
      await isAtAgent(vn);
      expect(asked(4006)).toBe(0);
      await bridge.kill('SIGKILL');
      bridge = await hospital.startBridge();
      proxy.leadTo(bridge.url);
      await eventually('the code is in the HIS', () => hasCode(vn));
      expect(confirms(4006)).toMatchObject([{ asked: 1, issued: 1 }]);
      expect(asked(4006)).toBe(1);
    }, 90_000);

    it('NHSO down over the line opens the breaker as it does directly, and the work goes on by itself', async () => {
      await isUp(startReader(key, [byProxy()]));
      const warnings = async (): Promise<string> =>
        JSON.stringify(await (await fetch(`${bridge.url}/readyz`)).json());
      const people = [4010, 4011, 4012, 4013];
      const vns: string[] = [];
      for (const n of people) vns.push(await hospital.patient(n, bridge, { card: false }));
      hospital.agent.control.nhsoDown('500');
      for (const n of people) {
        await bridge.post('/api/card-reads', hospital.readOf(plainPerson(n).cid ?? ''));
      }
      await eventually('the breaker is open', async () =>
        (await warnings()).includes('NHSO cannot be reached from'),
      );
      hospital.agent.control.nhsoUp();
      await eventually('all have their codes', async () =>
        (await Promise.all(vns.map(hasCode))).every(Boolean),
      );
      for (const n of people) expect(confirms(n)).toMatchObject([{ issued: 1 }]);
    }, 90_000);

    it('goes with TLS through a reverse proxy that stands below a path, as the reads do', async () => {
      const tls = await startTlsProxy(bridge.url);
      try {
        const reader = startReader(key, [tls.url], ['--poll-ms', '100', '--settle-ms', '100'], {
          NODE_EXTRA_CA_CERTS: tls.certificateFile,
        });
        await isUp(reader);
        expect(tls.upgrades()).toBe(1);
        const vn = await hospital.patient(4019, bridge, { card: false });
        hospital.agent.control.insertCard(plainPerson(4019).cid ?? '');
        await eventually('the code is in the HIS', () => hasCode(vn));
        hospital.agent.control.removeCard();
      } finally {
        await tls.close();
      }
    });

    it('two workers of one station: the newest carries, the other says so and keeps away', async () => {
      const first = startReader(key, [byProxy()]);
      await isUp(first);
      await isUp(startReader(key, [byProxy()]));
      await until('the first hears of it', () =>
        first.lines.some((l) => l.includes('another reader works under the name of this counter')),
      );
      const vn = await hospital.patient(4020, bridge);
      await eventually('the code is in the HIS', () => hasCode(vn));
      expect(confirms(4020)).toMatchObject([{ asked: 1, issued: 1 }]);
    });

    it('a revoked key ends the line within seconds, and nothing is asked over it any more', async () => {
      const own = await addKey(store(hospital.folder), 'stolen', {
        ...{ scopes: OF_A_READER, hcode: HCODE, stationId: 'counter-1' },
      });
      const reader = startReader(own, [byProxy()]);
      await isUp(reader);
      const args = ['src/cli.ts', 'key', 'revoke', own.split('_')[1] ?? '', '--config', hospital.configFile];
      expect(spawnSync(process.execPath, args, { env: programEnv() }).status).toBe(0);
      await until(
        'the reader hears of it',
        () => reader.lines.at(-1)?.includes('line broken') ?? false,
        20_000,
      );
      // what broke it may have been something else, a moment before the bridge looked at the key again
      await until('it is refused', () => reader.errors.includes('"is":"refused"'), 20_000);
      const vn = await hospital.patient(4021, bridge);
      await sleep(3_000);
      expect(asked(4021)).toBe(0);
      await isUp(startReader(key, [byProxy()]));
      await eventually('the code is in the HIS', () => hasCode(vn));
    }, 90_000);
  });

  describe('with a line that is cut again and again, at any byte', () => {
    const STATIONS = ['counter-1', 'counter-2', 'counter-3', 'counter-4', 'counter-5'];
    const CUTS = 120;
    let database: FreshDatabase;
    let bridge: BridgeProcess;
    beforeAll(async () => {
      database = await freshMariaDb(mariadb, 'tis620');
      hospital = await Hospital.open({
        ...{ hisUrl: database.url, queue: 'embedded', store: (f) => `sqlite:${f}/bridge.db` },
        stations: STATIONS.map((id) => ({ id, agent: 'reader' })),
      });
      bridge = await hospital.startBridge();
    }, 120_000);
    afterAll(async () => {
      await hospital.close();
      await database.drop();
    });

    it(`${CUTS} cuts: nobody is asked for twice, and every code that was issued ends in the HIS`, async () => {
      // NHSO would issue a second code to whoever asked twice
      hospital.agent.control.limitPerDay(null);
      const seed = Number(process.env.AUTHEN_BRIDGE_TEST_SEED ?? 20261128);
      const bytes = fc.sample(fc.integer({ min: 1, max: 2_500 }), { seed, numRuns: 50_000 }).values();
      const counters = await Promise.all(
        STATIONS.map(async (stationId) => {
          const proxy = await TcpProxy.to(bridge.url);
          const exchange = new NhsoHttp(hospital.agent.url, { connections: 4 });
          const key = await addKey(`sqlite:${hospital.folder}/bridge.db`, stationId, {
            ...{ scopes: OF_A_READER, hcode: HCODE, stationId },
          });
          const line = keepLine({
            ...{ bridge: proxy.through(bridge.url), key, exchange, log: quietLog },
            onState: () => undefined,
            pauses: { first: 30, longest: 100, refused: 200, replaced: 100 },
          });
          return { stationId, proxy, exchange, line };
        }),
      );
      const cuts = (): number => counters.reduce((sum, c) => sum + c.proxy.cuts, 0);
      const armed = setInterval(() => {
        for (const { proxy } of counters) proxy.cutAfter(bytes.next().value ?? 100);
      }, 400);
      const vns: string[] = [];
      try {
        for (let n = 5000; cuts() < CUTS && n < 5400; n++) {
          const stationId = STATIONS[n % STATIONS.length] ?? '';
          vns.push(await hospital.patient(n, bridge, { card: false }));
          const read = hospital.readOf(plainPerson(n).cid ?? '', stationId);
          expect((await bridge.post('/api/card-reads', read)).status).toBe(201);
          await sleep(300);
        }
      } finally {
        clearInterval(armed);
        for (const { proxy } of counters) proxy.cutAfter(Number.POSITIVE_INFINITY);
      }
      const lost = cuts();
      for (const vn of vns) await eventually(`visit ${vn} has its code`, () => hasCode(vn), 180_000);
      for (const { line, exchange, proxy } of counters) {
        await line.close();
        await exchange.close();
        await proxy.close();
      }
      const events: string[] = [];
      for (const vn of vns) {
        const { history } = await bridge.get<{ history: { event: string }[] }>(`/api/cases/${HCODE}/${vn}`);
        events.push(...history.map((h) => h.event));
      }
      const [unknown = 0, unsent = 0] = ['answer-lost', 'confirm-not-sent'].map(
        (event) => events.filter((e) => e === event).length,
      );
      const all = hospital.agent.control.confirms();
      console.log(
        `agent line: seed ${seed}, ${lost} cuts, ${vns.length} visits, each asked for once; ` +
          `${unknown} confirms whose answer was lost, ${unsent} that were not sent`,
      );
      expect(lost).toBeGreaterThanOrEqual(CUTS);
      // the cuts have hit what they were meant to hit
      expect(Math.min(unknown, unsent)).toBeGreaterThan(0);
      expect(all).toHaveLength(vns.length);
      expect(all.filter((c) => c.asked !== 1 || c.issued !== 1)).toEqual([]);
      const inHis = await Promise.all(vns.map((vn) => hospital.codeInHis(vn)));
      const issued = hospital.agent.control.codes().map((c) => c.claimCode);
      expect(inHis.toSorted()).toEqual(issued.toSorted());
    }, 600_000);
  });

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
      key = await addKey(ledger.url, 'counter-1', {
        ...{ scopes: OF_A_READER, hcode: HCODE, stationId: 'counter-1' },
      });
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
      const fast = ['--poll-ms', '100', '--settle-ms', '100'];
      const reader = startReader(key, [one.url, other.url], fast);
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
