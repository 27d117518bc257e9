/**
 * A counter with NHSO's agent and a reader of its own, as it is: the real worker, the real pcscd with a virtual reader, the
 * agent (simulated), and a bridge that records. A card that is put in is seen by both.
 */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import type { InsertOrder } from '../../simulators/thai-card/orders.ts';
import { maskCitizenId } from '../../src/domain/citizen-id.ts';
import { otherProgram, SLOT_0 } from '../adapters/reader/pcsc/support.ts';
import { describeWithPcscd, VirtualReaders } from '../support/pcscd/pcscd.ts';
import { sampleCitizenId } from '../support/samples.ts';
import { ReaderProcess, RecordingBridge, until } from './reader-support.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const [ONE, TWO, THREE] = [sampleCitizenId(1), sampleCitizenId(2), sampleCitizenId(3)];
const LONG_MS = 60_000;

describeWithPcscd('two sources of cards', () => {
  let folder: string;
  let agent: NhsoAgentSimulator;
  let bridge: RecordingBridge;
  let readers: VirtualReaders;
  let worker: ReaderProcess | null;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'reader-sources-'));
    agent = await startNhsoAgent();
    bridge = new RecordingBridge();
    readers = await VirtualReaders.open();
    worker = null;
    await bridge.start();
  });
  afterEach(async () => {
    const code = await worker?.stop('SIGKILL');
    expect(code ?? null).toBeNull();
    if (worker !== null) expect(worker.output + worker.errors).not.toMatch(/99\d{11}/);
    await readers.close();
    await agent.close();
    await bridge.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(...more: string[]): ReaderProcess {
    const where = ['--agent', agent.url, '--bridge', bridge.url, '--spool', folder];
    const fast = ['--poll-ms', '200', '--settle-ms', '100', '--read-timeout-ms', '1500'];
    const all = ['--station', 'counter-1', ...where, ...fast, '--nhso-retry-ms', '2000', '--log', 'info'];
    const env = { AUTHEN_BRIDGE_KEY: 'test-key', PCSCLITE_CSOCK_NAME: readers.socket };
    worker = new ReaderProcess([...all, ...more], env);
    return worker;
  }

  const taken = (): string[] => bridge.taken.map((m) => `${m.pid} ${m.kind}`);
  const says = (r: ReaderProcess, words: string) =>
    until(`status "${words}"`, () => r.lines.at(-1)?.includes(words) ?? false, LONG_MS);
  const sent = (count: number) => until(`${count} sent`, () => bridge.taken.length >= count, LONG_MS);

  async function insert(pid: string, order: InsertOrder = {}, slot = 0): Promise<void> {
    agent.control.insertCard(pid);
    await readers.insert(slot, { holder: { citizenId: pid }, ...order });
  }
  async function remove(slot = 0): Promise<void> {
    agent.control.removeCard();
    await readers.eject(slot);
  }

  describe('auto', () => {
    beforeEach(() => readers.startService());

    it('the agent goes first; the card is not touched over PC/SC', async () => {
      const r = start();
      await says(r, 'ready; put a card in');
      await insert(ONE);
      await sent(1);
      await says(r, 'the card may go');
      await sleep(4_000);
      expect(taken()).toEqual([`${ONE} full`]);
      expect(await readers.commands(0)).toBe(0);
      expect(r.lines.join()).not.toContain('directly');
    });

    it('agent stopped: read directly at once; back: in full; stopped again: nothing new', async () => {
      const r = start();
      await says(r, 'ready');
      await agent.control.stop();
      await insert(ONE);
      await sent(1);
      expect(taken()).toEqual([`${ONE} card-only`]);
      await says(r, 'reading directly: the NHSO agent does not answer');
      expect(r.lines.at(-1)).toContain(`read ${maskCitizenId(ONE)}, without NHSO so far; left in`);
      await agent.control.start();
      await sent(2);
      await says(r, `read ${maskCitizenId(ONE)}; the card may go`);
      await agent.control.stop();
      await says(r, 'same card');
      await agent.control.start();
      await until('the agent again', () => !(r.lines.at(-1) ?? '').includes('directly'), LONG_MS);
      await sleep(1_000);
      expect(taken()).toEqual([`${ONE} card-only`, `${ONE} full`]);
      await remove();
      await says(r, 'ready');
      await insert(ONE);
      await sent(3);
      expect(taken().at(-1)).toBe(`${ONE} full`);
    });

    it('the agent hangs: one look is waited for, then each card is read at once', async () => {
      const r = start();
      await says(r, 'ready');
      agent.control.delay(60_000);
      await says(r, 'reading directly: the NHSO agent does not answer');
      for (const [i, pid] of [ONE, TWO, THREE].entries()) {
        await insert(pid);
        const begun = Date.now();
        await sent(i + 1);
        expect(Date.now() - begun).toBeLessThan(10_000);
        await remove();
        await says(r, 'ready');
      }
      expect(taken()).toEqual([ONE, TWO, THREE].map((pid) => `${pid} card-only`));
    });

    it('the agent has no reader, and gets it back', async () => {
      const r = start();
      agent.control.unplugReader();
      await says(r, 'reading directly: the NHSO agent finds no reader');
      await insert(ONE);
      await sent(1);
      agent.control.plugReader();
      await sent(2);
      expect(taken()).toEqual([`${ONE} card-only`, `${ONE} full`]);
    });

    it('the agent does not see the card that lies there', async () => {
      const r = start();
      await says(r, 'ready');
      await readers.insert(0, { holder: { citizenId: ONE } });
      await sent(1);
      expect(taken()).toEqual([`${ONE} card-only`]);
      expect(r.lines.at(-1)).toContain('the NHSO agent does not see the card');
      agent.control.insertCard(ONE);
      await sent(2);
      expect(taken()[1]).toBe(`${ONE} full`);
    });

    it.each([
      [
        'cannot read it',
        () => {
          agent.control.failNext({ next: 100, call: 'read' });
          agent.control.failNext({ next: 100, call: 'read-card-only' });
        },
      ],
      [
        'hangs while it reads',
        () => {
          agent.control.delay(60_000, 'read');
          agent.control.delay(60_000, 'read-card-only');
        },
      ],
    ])(
      'the agent sees the card and %s: read directly in the same try, the next one at once',
      async (_, harm) => {
        const r = start('--nhso-retry-ms', '60000');
        await says(r, 'ready');
        harm();
        const failed = (kind: string): number => r.errors.split(`${kind} read failed`).length - 1;
        const tries = () => [failed('full'), failed('card-only')];
        // the virtual reader shows a card later than the simulated agent does
        await readers.insert(0, { holder: { citizenId: ONE } });
        await sleep(1_000);
        agent.control.insertCard(ONE);
        await sent(1);
        await says(r, 'the NHSO agent cannot read the card');
        expect(tries()).toEqual([1, 1]);
        await remove();
        await says(r, 'ready');
        await insert(TWO);
        await sent(2);
        expect(taken()).toEqual([`${ONE} card-only`, `${TWO} card-only`]);
        expect(tries()).toEqual([1, 1]);
      },
    );

    it('NHSO down: the agent reads the card alone, PC/SC is not needed', async () => {
      agent.control.nhsoDown('500');
      const r = start();
      await says(r, 'ready');
      await insert(ONE);
      await sent(1);
      expect(taken()).toEqual([`${ONE} card-only`]);
      expect(await readers.commands(0)).toBe(0);
      agent.control.nhsoUp();
      await sent(2);
      expect(taken()[1]).toBe(`${ONE} full`);
    });

    it('neither is there: says so once, and what comes first is used', async () => {
      await readers.killService();
      await agent.control.stop();
      const r = start();
      await says(r, 'does not answer');
      await says(r, 'the card service of this machine (pcscd / Smart Card) is not running');
      await readers.startService();
      await readers.insert(0, { holder: { citizenId: ONE } });
      await sent(1);
      expect(taken()).toEqual([`${ONE} card-only`]);
    });
  });

  describe('pcsc alone', () => {
    it('pcscd not running, started, killed with a card in it, started again', async () => {
      const r = start('--source', 'pcsc');
      await says(r, 'the card service of this machine (pcscd / Smart Card) is not running');
      await readers.startService();
      await says(r, 'ready; put a card in');
      await readers.insert(0, { holder: { citizenId: ONE } });
      await sent(1);
      expect(r.lines.at(-1)).toContain('(the card alone, without NHSO); the card may go');
      await readers.killService();
      await says(r, 'is not running');
      await readers.startService();
      await says(r, 'ready');
      await readers.insert(0, { holder: { citizenId: TWO } });
      await sent(2);
      expect(taken()).toEqual([`${ONE} card-only`, `${TWO} card-only`]);
      // an agent that runs beside it is not asked
      expect(agent.control.requests()).toEqual([]);
    });

    it('the process that drives the reader is killed with a card in it: the card is not sent twice', async () => {
      await readers.startService();
      const r = start('--source', 'pcsc');
      await says(r, 'ready');
      await readers.insert(0, { holder: { citizenId: ONE } });
      await sent(1);
      for (let i = 0; i < 3; i++) {
        const pid = await until('its child', () => childOf(r) !== null, LONG_MS).then(() => childOf(r));
        process.kill(pid ?? 0, 'SIGKILL');
        await until('another one', () => ![null, pid].includes(childOf(r)), LONG_MS);
        await sleep(1_500);
      }
      await says(r, 'same card');
      expect(taken()).toEqual([`${ONE} card-only`]);
      await readers.eject(0);
      await says(r, 'ready');
      await readers.insert(0, { holder: { citizenId: ONE } });
      await sent(2);
    });

    it('no reader, then one: as when it is unplugged and put back', async () => {
      await readers.startService(0);
      const r = start('--source', 'pcsc');
      await says(r, 'no card reader found');
      await readers.killService();
      await readers.startService(1);
      await says(r, 'ready');
      await readers.insert(0, { holder: { citizenId: ONE } });
      await sent(1);
    });

    it('two readers: each card once, whichever is put in or taken out', async () => {
      await readers.startService();
      const r = start('--source', 'pcsc');
      await says(r, 'ready');
      await readers.insert(0, { holder: { citizenId: ONE } });
      await sent(1);
      await readers.insert(1, { holder: { citizenId: TWO } });
      await sent(2);
      await readers.eject(1);
      await sleep(2_000);
      await readers.insert(1, { holder: { citizenId: THREE } });
      await sent(3);
      await readers.eject(0);
      await sleep(2_000);
      expect(taken()).toEqual([ONE, TWO, THREE].map((pid) => `${pid} card-only`));
    });

    it('pulled in the middle of the read: nothing of it counts, the next try does', async () => {
      await readers.startService();
      const r = start('--source', 'pcsc');
      await says(r, 'ready');
      await readers.insert(0, { holder: { citizenId: ONE }, pullAt: 6 });
      await until('it has failed', () => r.errors.includes('read failed'), LONG_MS);
      await says(r, 'ready');
      expect(taken()).toEqual([]);
      await readers.insert(0, { holder: { citizenId: TWO } });
      await sent(1);
      expect(taken()).toEqual([`${TWO} card-only`]);
    });

    it('another kind of card, and one upside down: says what to do, and reads the next one', async () => {
      await readers.startService();
      const r = start('--source', 'pcsc');
      await says(r, 'ready');
      await readers.insert(0, { isOther: true });
      await says(r, 'not a Thai national ID card');
      const tried = await readers.commands(0);
      await sleep(4_000);
      expect(await readers.commands(0)).toBe(tried);
      await readers.eject(0);
      await says(r, 'ready');
      await readers.insert(0, { isMute: true });
      await says(r, 'turn it over');
      await readers.eject(0);
      await says(r, 'ready');
      await readers.insert(0, { holder: { citizenId: ONE } });
      await sent(1);
    });

    it('another program holds the reader for itself: says so, and reads when it lets go', async () => {
      await readers.startService();
      await readers.insert(0, { holder: { citizenId: ONE } });
      const other = await otherProgram(readers, 'exclusive', SLOT_0);
      const r = start('--source', 'pcsc');
      await says(r, 'another program holds the card reader');
      expect(taken()).toEqual([]);
      await other.letGo();
      await sent(1);
      expect(taken()).toEqual([`${ONE} card-only`]);
    });
  });

  it('another program holds the reader, and the agent reads: as if it were the agent that holds it', async () => {
    await readers.startService();
    await insert(ONE);
    const other = await otherProgram(readers, 'exclusive', SLOT_0);
    const r = start();
    await sent(1);
    expect(taken()).toEqual([`${ONE} full`]);
    await agent.control.stop();
    await says(r, 'another program holds the card reader');
    await agent.control.start();
    await says(r, 'same card');
    await other.letGo();
    expect(taken()).toEqual([`${ONE} full`]);
  });
});

describe('a counter where what drives readers is not installed', () => {
  let folder: string;
  let agent: NhsoAgentSimulator;
  let bridge: RecordingBridge;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'reader-without-'));
    agent = await startNhsoAgent();
    bridge = new RecordingBridge();
    await bridge.start();
    // the program as it is, with every package but that one
    mkdirSync(path.join(folder, 'node_modules'));
    for (const part of ['src', 'adapters', 'package.json'])
      cpSync(part, path.join(folder, part), { recursive: true });
    for (const name of readdirSync('node_modules').filter((n) => n !== 'pcsc-mini'))
      symlinkSync(path.resolve('node_modules', name), path.join(folder, 'node_modules', name));
  });
  afterEach(async () => {
    await agent.close();
    await bridge.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (source: string): ReaderProcess =>
    new ReaderProcess(
      [
        ...['--station', 'counter-1', '--agent', agent.url, '--bridge', bridge.url, '--spool', 'spool'],
        ...['--poll-ms', '200', '--settle-ms', '100', '--source', source],
      ],
      { AUTHEN_BRIDGE_KEY: 'test-key' },
      folder,
    );

  it('auto says so once and reads through the agent', async () => {
    const r = start('auto');
    try {
      await until('ready', () => r.lines.at(-1) === 'ready; put a card in', LONG_MS);
      await until(
        'it says so',
        () => r.errors.includes('cards are read through the NHSO agent alone'),
        LONG_MS,
      );
      agent.control.insertCard(ONE);
      await until('read', () => bridge.taken.length === 1, LONG_MS);
      await sleep(1_000);
      expect(bridge.taken[0]?.kind).toBe('full');
      expect(r.errors.match(/through the NHSO agent alone/g)).toHaveLength(1);
      expect(r.output).not.toContain('pcsc-mini');
    } finally {
      await r.stop('SIGKILL');
    }
  });

  it('pcsc alone says what to install', async () => {
    const r = start('pcsc');
    try {
      await until(
        'it says so',
        () => (r.lines.at(-1) ?? '').includes('pcsc-mini) is not installed here'),
        LONG_MS,
      );
    } finally {
      await r.stop('SIGKILL');
    }
  });
});

/** The process that drives the readers for it; null between two of them. */
function childOf(worker: ReaderProcess): number | null {
  const { pid } = worker;
  const tasks = pid === null ? [] : readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '),
  );
  return children.filter((c) => c !== '').map(Number)[0] ?? null;
}
