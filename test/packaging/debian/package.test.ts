/**
 * The Debian package as an IT officer meets it: installed, set up, started by a real systemd as its unit says, upgraded,
 * removed and purged; with the agent (simulated) on one side and a real bridge on the other.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDebian } from '../../../packaging/debian/build.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { Cli, runCli } from '../../commands/cli.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { freePort } from '../../support/services/processes.ts';
import { startTlsProxy } from '../../support/tls-proxy.ts';
import { DebianMachine, whyNoMachine } from './machine.ts';

const UNIT = 'authen-bridge-reader';
const SETTINGS = `/etc/${UNIT}/reader.env`;
const STATE = `/var/lib/${UNIT}`;
const SPOOL = `${STATE}/spool`;
/** Longer than anything here takes on a machine that has much else to do, ms. */
const PATIENCE_MS = 240_000;
const EPOCH = Date.UTC(2026, 10, 20) / 1_000;

const problem = whyNoMachine();
if (problem !== null) {
  const sentence = `SKIPPED the Debian package: ${problem}`;
  test('needs a Debian to install on', ({ skip }) => {
    if (!['', '0', 'false', undefined].includes(process.env.CI)) throw new Error(sentence);
    process.stdout.write(`${sentence}\n`);
    skip(problem);
  });
}

describe.skipIf(problem !== null)('the Debian package', () => {
  let folder: string;
  let machine: DebianMachine;
  let agent: NhsoAgentSimulator;
  let config: string;
  let url: string;
  let bridge: Cli | null = null;
  let older: string;
  let newer: string;

  const pack = async (version: string, out = folder): Promise<string> => {
    const release = { version, epoch: EPOCH, isChanged: false };
    const say = (): void => undefined;
    const options = {
      // what npm has installed here is for such a machine too
      stage: process.cwd(),
      root: process.cwd(),
      architecture: 'amd64',
      compression: 'none',
      release,
      out,
      say,
    } as const;
    return (await buildDebian(options)).file;
  };

  const startBridge = async (): Promise<void> => {
    bridge = new Cli(['start', '--config', config]);
    await eventually(
      'the bridge is up',
      async () => (await fetch(`${url}/healthz`).catch(() => null))?.ok === true,
    );
  };
  const stopBridge = async (): Promise<void> => {
    bridge?.child.kill('SIGTERM');
    await bridge?.ended();
    bridge = null;
  };

  /** Who has been read where, as the bridge's ledger holds it. */
  const reads = (): string[] => {
    const ledger = new Database(join(folder, 'bridge.db'), { readonly: true });
    try {
      const rows = ledger.prepare('select station_id, pid, kind from card_read order by read_at').all() as {
        station_id: string;
        pid: string;
        kind: string;
      }[];
      return rows.map(({ station_id, pid, kind }) => `${station_id} ${pid} ${kind}`);
    } finally {
      ledger.close();
    }
  };
  const spooled = async (): Promise<number> =>
    (await machine.must('find', SPOOL, '-name', '*.json')).split('\n').filter((line) => line !== '').length;
  const status = async (): Promise<{ state: { source: { pcsc: string | null } } }> =>
    JSON.parse((await machine.run(UNIT, 'status', '--json')).out);
  /** Systemd counts it as started before it has taken the spool. */
  const works = (): Promise<void> =>
    eventually('the worker works', async () => (await machine.run(UNIT, 'status')).code !== 2);
  /** No card in the reader, and nothing that waits. */
  const rest = async (): Promise<void> => {
    agent.control.removeCard();
    await sleep(2_500);
    await eventually('nothing waits', async () => (await spooled()) === 0);
  };
  const card = async (n: number): Promise<void> => {
    agent.control.removeCard();
    // longer than the reader looks away
    await sleep(2_500);
    agent.control.insertCard(sampleCitizenId(n));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'authen-bridge-package-'));
    agent = await startNhsoAgent({ hcode: '10978' });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    config = join(folder, 'authen-bridge.config.json');
    writeFileSync(
      config,
      JSON.stringify({
        store: `sqlite:${join(folder, 'bridge.db')}`,
        queue: 'embedded',
        http: { host: '127.0.0.1', port },
        secrets: { keyFile: join(folder, 'secret.key') },
        sites: [
          {
            hcode: '10978',
            // no HIS: what is proved here ends where the bridge has the read
            his: { kind: 'hosxp', url: 'mysql://reader:secret@127.0.0.1:9/hos' },
            stations: [{ id: 'counter-1', agentUrl: agent.url }],
          },
        ],
      }),
      { mode: 0o600 },
    );
    older = await pack('0.0.1');
    newer = await pack('0.0.2');
    machine = await DebianMachine.boot();
  }, 900_000);

  afterAll(async () => {
    await stopBridge();
    await machine?.close();
    await agent?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  test('is the same to the byte when it is made again', { timeout: 600_000 }, async () => {
    const again = await pack('0.0.2', join(folder, 'again'));
    const sum = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
    expect(sum(again)).toBe(sum(newer));
  });

  test('is installed without a key: says what to do, and the service waits for a person', {
    timeout: 600_000,
  }, async () => {
    machine.give(older, '/tmp/older.deb');
    expect(await machine.must('dpkg', '-i', '/tmp/older.deb')).toContain(`fill in ${SETTINGS}`);
    expect(await machine.must('stat', '-c', '%a %U %G', SETTINGS)).toBe(`640 root ${UNIT}\n`);
    expect((await machine.run('systemctl', 'is-enabled', UNIT)).out).toBe('enabled\n');
    expect((await machine.run('systemctl', 'is-active', UNIT)).out).toBe('inactive\n');

    await machine.must('systemctl', 'start', UNIT);
    await eventually('it has ended', async () => (await machine.property(UNIT, 'ActiveState')) === 'failed');
    expect(await machine.property(UNIT, 'ExecMainStatus')).toBe('78');
    expect(await machine.property(UNIT, 'NRestarts')).toBe('0');
    const journal = await machine.must('journalctl', '-q', '-o', 'cat', '-u', UNIT);
    expect(journal).toContain(`AUTHEN_BRIDGE_KEY: `);
    expect(journal).toContain(SETTINGS);
  });

  test('its unit is well-formed, and needs little of the machine', { timeout: 600_000 }, async () => {
    const path = `/usr/lib/systemd/system/${UNIT}.service`;
    // what it says of other units is of no interest here
    const { out } = await machine.run('systemd-analyze', 'verify', '--man=no', path);
    expect(out.split('\n').filter((line) => line.includes(UNIT))).toEqual([]);
    // 0 = closed, 10 = open; the threshold is in tenths
    await machine.must('systemd-analyze', 'security', '--offline=true', '--threshold=20', path);
  });

  test('with a key it reads cards and the bridge has them', { timeout: 600_000 }, async () => {
    await startBridge();
    const scope = ['--scope', 'card-reads:write', '--site', '10978', '--station', 'counter-1'];
    const made = await runCli(['key', 'create', '--config', config, '--name', 'counter-1', ...scope]);
    const key = made.out.split('\n')[0] ?? '';
    expect(key).toMatch(/^ab_/);
    const filled = (await machine.must('cat', SETTINGS))
      .replace(/^AUTHEN_BRIDGE_KEY=$/m, `AUTHEN_BRIDGE_KEY=${key}`)
      .replace(/^AUTHEN_BRIDGE_STATION=$/m, 'AUTHEN_BRIDGE_STATION=counter-1')
      .replace(/^AUTHEN_BRIDGE_URL=$/m, `AUTHEN_BRIDGE_URL=${url}`)
      .replace(/^#AUTHEN_BRIDGE_AGENT_URL=$/m, `AUTHEN_BRIDGE_AGENT_URL=${agent.url}`);
    machine.write(SETTINGS, filled);
    await machine.must('systemctl', 'start', UNIT);
    await card(1);
    await eventually('the bridge has the read', () => reads().length === 1);
    expect(reads()).toEqual([`counter-1 ${sampleCitizenId(1)} full`]);
    expect(await machine.property(UNIT, 'NRestarts')).toBe('0');
  });

  test('runs without rights, as its own user, and keeps what it writes to itself', {
    timeout: 600_000,
  }, async () => {
    const pid = await machine.property(UNIT, 'MainPID');
    expect(await machine.must('ps', '-o', 'user:30=', '-p', pid)).toBe(`${UNIT}\n`);
    const status = await machine.must('cat', `/proc/${pid}/status`);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    // the launcher has put its lean process in the place of the first
    expect((await machine.must('cat', `/proc/${pid}/cmdline`)).split('\0')).toContain('--expose-gc');
    expect(await machine.must('stat', '-c', '%a %U', STATE, SPOOL)).toBe(`700 ${UNIT}\n700 ${UNIT}\n`);
    // neither in the list of processes nor in what systemd tells of the unit
    expect(await machine.must('ps', 'ax', '-o', 'args')).not.toContain('ab_');
    expect(await machine.must('systemctl', 'show', UNIT)).not.toContain('ab_');
    // what Node compiled is there for the next start
    expect(await machine.must('find', `/var/cache/${UNIT}`, '-type', 'f')).not.toBe('');
  });

  test('tells how it does, and drives a reader itself through the machine’s card service', {
    timeout: 600_000,
  }, async () => {
    const standing = async (): Promise<string | undefined> => (await status()).state.source.pcsc ?? undefined;
    // its binding runs in the process of the unit, and no card service does
    await eventually('the binding speaks', async () => (await standing()) === 'card-service-away');
    await machine.must('systemctl', 'start', 'pcscd.socket');
    await eventually('it reaches the card service', async () => (await standing()) === 'no-reader');
    const { code, out } = await machine.run(UNIT, 'status');
    // the agent reads all the while: nothing is to be done
    expect([code, out]).toEqual([0, expect.stringContaining('counter-1')]);
    expect(out).toContain('0.0.1');
  });

  test('trusts the certificates that the machine trusts, and no others', { timeout: 600_000 }, async () => {
    const proxy = await startTlsProxy(url);
    try {
      await rest();
      const before = reads().length;
      const plain = await machine.must('cat', SETTINGS);
      machine.write(SETTINGS, plain.replace(/^AUTHEN_BRIDGE_URL=.*$/m, `AUTHEN_BRIDGE_URL=${proxy.url}`));
      await machine.must('systemctl', 'restart', UNIT);
      await card(11);
      await eventually('the read waits', async () => (await spooled()) === 1);
      await sleep(3_000);
      expect([await spooled(), reads().length]).toEqual([1, before]);
      machine.give(proxy.certificateFile, '/usr/local/share/ca-certificates/hospital.crt');
      await machine.must('update-ca-certificates');
      await machine.must('systemctl', 'restart', UNIT);
      await eventually('the bridge has it', () => reads().includes(`counter-1 ${sampleCitizenId(11)} full`));
      machine.write(SETTINGS, plain);
      await machine.must('systemctl', 'restart', UNIT);
    } finally {
      await proxy.close();
    }
  });

  test('ends with 0 when it is told to', { timeout: 600_000 }, async () => {
    // systemd tells it to this only: what it knew of a unit goes when the unit has stopped
    const dropIn = `/run/systemd/system/${UNIT}.service.d`;
    const tells = String.raw`[Service]\nExecStopPost=/bin/sh -c "echo ended: $EXIT_CODE $EXIT_STATUS"\n`;
    await machine.must('sh', '-c', `mkdir -p ${dropIn} && printf '${tells}' > ${dropIn}/test.conf`);
    await machine.must('systemctl', 'daemon-reload');
    await works();
    await machine.must('systemctl', 'stop', UNIT);
    const journal = await machine.must('journalctl', '-q', '-o', 'cat', '-u', UNIT, '-n', '6');
    expect(journal).toContain('| stopped\n');
    expect(journal).toContain('ended: exited 0\n');
    await machine.must('systemctl', 'start', UNIT);
  });

  test('is started again when it is killed', { timeout: 600_000 }, async () => {
    await works();
    await machine.must('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', UNIT);
    await eventually('a new process', async () => (await machine.property(UNIT, 'NRestarts')) === '1');
    await works();
  });

  test('its program answers a person, also root, as the service’s user', { timeout: 600_000 }, async () => {
    const help = await machine.must(UNIT, '--help');
    expect(help).toContain('reads cards at a counter');
    await works();
    const { code, out } = await machine.run('timeout', '60', UNIT);
    // a second worker on the same spool: it says so, and leaves nothing of root's behind
    expect([code, out]).toEqual([1, expect.stringContaining('in use by another reader')]);
    expect(await machine.must('find', STATE, '!', '-user', UNIT)).toBe('');
  });

  test('an upgrade keeps the settings, and every read that waits', { timeout: 600_000 }, async () => {
    const before = await machine.must('sha256sum', SETTINGS);
    await rest();
    await stopBridge();
    await card(2);
    await eventually('the read waits', async () => (await spooled()) === 1);
    machine.give(newer, '/tmp/newer.deb');
    await machine.must('dpkg', '-i', '/tmp/newer.deb');
    expect(await machine.must('dpkg-query', '-W', UNIT)).toBe(`${UNIT}\t0.0.2\n`);
    expect(await machine.must('cat', `/usr/lib/${UNIT}/package.json`)).toContain('"version": "0.0.2"');
    expect(await machine.must('sha256sum', SETTINGS)).toBe(before);
    expect(await machine.property(UNIT, 'ActiveState')).toBe('active');
    await startBridge();
    await eventually('the bridge has it', () => reads().includes(`counter-1 ${sampleCitizenId(2)} full`));
  });

  test('removed, it leaves settings and reads; purged, all but a read that the bridge has not got', {
    timeout: 600_000,
  }, async () => {
    await rest();
    await stopBridge();
    await card(3);
    await eventually('the read waits', async () => (await spooled()) === 1);
    await machine.must('dpkg', '-r', UNIT);
    expect((await machine.run('systemctl', 'is-active', UNIT)).out).toBe('inactive\n');
    expect((await machine.run('test', '-e', `/usr/lib/${UNIT}`)).code).toBe(1);
    expect((await machine.run('test', '-e', SETTINGS)).code).toBe(0);
    expect(await spooled()).toBe(1);

    expect(await machine.must('dpkg', '-P', UNIT)).toMatch(/1 card reads .* stay in \/var\/lib/);
    expect((await machine.run('test', '-e', SETTINGS)).code).toBe(1);
    expect(await spooled()).toBe(1);
  });

  test('asked how it does while it is stopped, it says so', { timeout: 600_000 }, async () => {
    await machine.must('dpkg', '-i', '/tmp/newer.deb');
    const { code, out } = await machine.run(UNIT, 'status');
    expect([code, out]).toEqual([2, expect.stringContaining('no reader is running')]);
    await machine.must('dpkg', '-P', UNIT);
  });

  test('purged with nothing waiting, it leaves nothing', { timeout: 600_000 }, async () => {
    await machine.must('find', SPOOL, '-name', '*.json', '-delete');
    await machine.must('dpkg', '-i', '/tmp/newer.deb');
    await machine.must('dpkg', '-P', UNIT);
    for (const path of [
      STATE,
      `/etc/${UNIT}`,
      `/var/cache/${UNIT}`,
      `/usr/lib/${UNIT}`,
      `/usr/share/${UNIT}`,
    ]) {
      expect((await machine.run('test', '-e', path)).code, path).toBe(1);
    }
  });
});

async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = PATIENCE_MS,
): Promise<void> {
  for (const end = Date.now() + ms; !(await holds()); await sleep(200)) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
  }
}
