/** `reader status`: asked from another process while the worker works, hangs, has been killed, or never ran. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readStatusFile } from '../../adapters/reader/status-file.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import type { StatusReport } from '../../src/commands/reader/status.ts';
import { maskCitizenId } from '../../src/domain/citizen-id.ts';
import { programEnv } from '../support/program-env.ts';
import { sampleCitizenId } from '../support/samples.ts';
import { ReaderProcess, RecordingBridge, until } from './reader-support.ts';

vi.setConfig({ testTimeout: 120_000 });

const PID = sampleCitizenId(1);
let folder: string;
let agent: NhsoAgentSimulator;
let bridge: RecordingBridge;
let worker: ReaderProcess | null;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'reader-status-'));
  agent = await startNhsoAgent();
  bridge = new RecordingBridge();
  worker = null;
  await bridge.start();
});
afterEach(async () => {
  await worker?.stop('SIGKILL');
  await agent.close();
  await bridge.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(...more: string[]): ReaderProcess {
  const where = ['--agent', agent.url, '--bridge', bridge.url, '--spool', folder, '--source', 'agent'];
  const fast = [
    '--poll-ms',
    '100',
    '--settle-ms',
    '100',
    '--read-timeout-ms',
    '1000',
    '--nhso-retry-ms',
    '1000',
  ];
  worker = new ReaderProcess(['--station', 'counter-1', '--hcode', '10978', ...where, ...fast, ...more]);
  return worker;
}

async function ask(...more: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['src/cli.ts', 'reader', 'status', '--spool', folder, ...more], {
    env: programEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(output).not.toMatch(/99\d{11}/);
  return { code, output };
}

async function report(): Promise<StatusReport & { code: number | null }> {
  const { code, output } = await ask('--json');
  return { ...(JSON.parse(output) as StatusReport), code };
}

/** The clerk sees it, and it is on disk for whoever asks. */
async function says(r: ReaderProcess, words: string): Promise<void> {
  await until(`status "${words}"`, () => r.lines.at(-1)?.includes(words) ?? false, 30_000);
  const kept = () => (existsSync(status()) ? readFileSync(status(), 'utf8') : '');
  await until(`kept "${words}"`, () => kept().includes(JSON.stringify(words).slice(1, -1)));
}
const status = (): string => path.join(folder, 'status');

describe('reader status', () => {
  it('no worker, and none was ever there: 2, and how to start it', async () => {
    const { code, output } = await ask();
    expect(code).toBe(2);
    expect(output).toMatch(/ไม่ได้ทำงาน \/ no reader is running/);
    expect(output).toContain('npm run reader -- --station');
  });

  it('all is well: 0, with everything that one wants to know, and no whole citizen id', async () => {
    const r = start();
    await says(r, 'ready');
    agent.control.insertCard(PID);
    await until('delivered', () => bridge.taken.length === 1);
    await says(r, 'the card may go');
    const { code, output } = await ask();
    expect(output).toContain(`read ${maskCitizenId(PID)}; the card may go`);
    expect(output).toContain(`อ่านบัตร ${maskCitizenId(PID)} แล้ว`);
    expect(output).toMatch(/counter-1, 10978/);
    expect(output).toMatch(/agent \(only\); agent: ok, pcsc: –/);
    expect(output).toMatch(/up; รอส่ง \/ waiting: 0, ไม่ถูกรับ \/ rejected: 0/);
    expect(output).toMatch(/agrees with the bridge|\d s (behind|ahead of) the bridge/);
    expect(output).toMatch(/since\n +2\d{3}-\d\d-\d\dT[\d:]+\+07:00/);
    expect(code).toBe(0);
    expect(await report()).toMatchObject({
      health: 'well',
      state: { version: '0.1.0', station: 'counter-1' },
    });
  });

  it.each<[string, string, () => Promise<void> | void, RegExp]>([
    ['agent stopped', 'does not answer', () => agent.control.stop(), /Start the NHSO Secure SmartCard Agent/],
    ['reader unplugged', 'no card reader', () => agent.control.unplugReader(), /Plug the card reader in/],
  ])('%s: 1, and the next step', async (_, gone, harm, words) => {
    const r = start();
    await says(r, 'ready');
    await harm();
    await says(r, gone);
    const asked = await report();
    expect([asked.code, asked.health]).toEqual([1, 'needs-a-person']);
    expect(asked.needs.map(({ en }) => en).join()).toMatch(words);
  });

  it('the bridge away, the key refused: 1, with what waits', async () => {
    const r = start('--key', 'wrong-key');
    agent.control.insertCard(PID);
    await says(r, 'key refused by the bridge, 1 kept');
    const refused = await report();
    expect(refused).toMatchObject({ code: 1, state: { bridge: { is: 'key-refused', waiting: 1 } } });
    expect(refused.needs.map(({ en }) => en).join()).toContain('new key');
  });

  it('a bridge that is not there is known before a card is read', async () => {
    await bridge.stop();
    const r = start();
    await says(r, 'bridge away, 0 kept');
    expect(await report()).toMatchObject({ code: 1, state: { bridge: { is: 'away', waiting: 0 } } });
    await bridge.start();
    await until('it is back', () => r.lines.at(-1) === 'ready; put a card in', 30_000);
  }, 60_000);

  it('a clock that is wrong is told before a read is refused, and no time is changed', async () => {
    bridge.clockOffsetMs = 3 * 60_000;
    const r = start();
    await says(r, "this machine's clock is about 3 min behind the bridge's");
    const before = Date.now();
    agent.control.insertCard(PID);
    await until('delivered', () => bridge.taken.length === 1);
    const readAt = Date.parse(bridge.taken[0]?.readAt ?? '');
    expect(readAt).toBeGreaterThanOrEqual(before);
    expect(readAt).toBeLessThanOrEqual(Date.now());
    const { code, needs, state } = await report();
    expect(code).toBe(1);
    expect(Math.abs((state?.clockAheadMs ?? 0) - 180_000)).toBeLessThan(2_000);
    expect(needs.map(({ en }) => en).join()).toContain('NTP');
  });

  it('killed: 2, with what it did last; stopped: 2', async () => {
    const r = start();
    await says(r, 'ready');
    await r.stop('SIGKILL');
    const { code, output } = await ask();
    expect(code).toBe(2);
    expect(output).toContain('ready; put a card in');
    const again = start();
    await says(again, 'ready');
    expect(await again.stop()).toBe(0);
    expect((await ask()).output).toMatch(/at the end\n.*\n +stopped/);
  });

  it('hangs: 1, and that it may be ended without a loss', async () => {
    const r = start();
    await says(r, 'ready');
    r.signal('SIGSTOP');
    const state = await readStatusFile(folder);
    const at = new Date(Date.now() - 120_000).toISOString();
    writeFileSync(status(), JSON.stringify({ ...state, at }));
    const { code, output } = await ask();
    expect(code).toBe(1);
    expect(output).toContain('Nothing that was read is lost');
  });

  it('a state of another version: 1, and what to do', async () => {
    const r = start();
    await says(r, 'ready');
    r.signal('SIGSTOP');
    writeFileSync(status(), '{"form":2}');
    const { code, output } = await ask();
    expect(code).toBe(1);
    expect(output).toContain('start the reader again');
  });

  it('takes its own options, also where the worker has one of the same name', async () => {
    const { code, output } = await ask('--help');
    expect(code).toBe(0);
    expect(output).toContain('Exit code');
    const without = spawn(process.execPath, ['src/cli.ts', 'reader'], {
      env: programEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    without.stderr.on('data', (chunk: Buffer) => (errors += chunk));
    const [status] = (await once(without, 'close')) as [number];
    expect([status, errors]).toEqual([1, expect.stringContaining("required option '--station <id>'")]);
  });
});
