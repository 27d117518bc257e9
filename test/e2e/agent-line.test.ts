/**
 * A counter whose agent the bridge cannot reach: the reader worker carries the calls over its line. Real processes; NHSO's own
 * journal says how often a code was asked for, the HIS's own rows who has one.
 */

import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { addKey } from '../support/api-key.ts';
import { programEnv } from '../support/program-env.ts';
import { describeWith, type FreshDatabase, freshMariaDb } from '../support/services.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';
import { CARRIED, carriedCounter, isUp, OF_A_READER, QUICK } from './agent-line-support.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';
import { until } from './reader-support.ts';

vi.setConfig({ testTimeout: 120_000 });

let hospital: Hospital;
const { startReader, hasCode, confirms, asked } = carriedCounter(() => hospital);

describeWith('mariadb', 'a counter behind its reader, with one bridge', (mariadb) => {
  let database: FreshDatabase;
  let bridge: BridgeProcess;
  let proxy: TcpProxy;
  let key: string;
  const store = (folder: string): string => `sqlite:${folder}/bridge.db`;
  beforeAll(async () => {
    database = await freshMariaDb(mariadb, 'tis620');
    hospital = await Hospital.open({ hisUrl: database.url, store, queue: 'embedded', stations: CARRIED });
    key = await addKey(store(hospital.folder), 'counter-1', OF_A_READER);
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
  async function stateOf(vn: string): Promise<string | undefined> {
    const { items } = await bridge.get<{ items: { vn: string; state: string }[] }>(
      `/api/cases?site=${HCODE}&limit=500`,
    );
    return items.find((c) => c.vn === vn)?.state;
  }
  /** Its confirm has left the worker, and the agent, which takes its time, has not answered yet. */
  const isAtAgent = async (vn: string): Promise<void> => {
    await eventually('it is asked for', async () => (await stateOf(vn)) === 'confirming');
    await sleep(500);
  };
  const byProxy = (): string => proxy.through(bridge.url);

  it('gets codes by the card alone: read, draft, confirm and look-up all go over the one worker', async () => {
    const reader = startReader(key, [byProxy()], QUICK);
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
    await eventually('it is not known', async () => (await stateOf(vn)) === 'unknown');
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
    await eventually('it waits', async () => (await stateOf(vn)) === 'ready');
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
      const reader = startReader(key, [tls.url], QUICK, {
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
    const own = await addKey(store(hospital.folder), 'stolen', OF_A_READER);
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
