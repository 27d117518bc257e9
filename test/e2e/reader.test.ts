/** The reader worker as a counter runs it: a process of its own, the agent (simulated) and a bridge that records. */

import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { readerCommand } from '../../src/commands/reader.ts';
import { maskCitizenId } from '../../src/domain/citizen-id.ts';
import { sampleCitizenId } from '../support/samples.ts';
import { type Mood, ReaderProcess, RecordingBridge, until } from './reader-support.ts';

const [ONE, TWO, THREE] = [sampleCitizenId(1), sampleCitizenId(2), sampleCitizenId(3)];

let folder: string;
let agent: NhsoAgentSimulator;
let bridge: RecordingBridge;
let readers: ReaderProcess[];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'reader-'));
  agent = await startNhsoAgent();
  bridge = new RecordingBridge();
  readers = [];
  await bridge.start();
});

afterEach(async () => {
  for (const reader of readers) {
    await reader.stop('SIGKILL');
    // rule 9: whatever went wrong in a test, no citizen id may have been written anywhere but to the spool
    expect(reader.output + reader.errors).not.toMatch(/99\d{11}/);
  }
  await agent.close();
  await bridge.stop();
  rmSync(folder, { recursive: true, force: true });
});

function reader(...more: string[]): ReaderProcess {
  const args = ['--station', 'counter-1', '--agent', agent.url, '--bridge', bridge.url, '--spool', folder];
  const fast = [
    '--poll-ms',
    '100',
    '--settle-ms',
    '150',
    '--read-timeout-ms',
    '1000',
    '--nhso-retry-ms',
    '1000',
  ];
  // not a card that lies in a reader of this machine
  const made = new ReaderProcess([...args, ...fast, '--source', 'agent', '--log', 'debug', ...more]);
  readers.push(made);
  return made;
}

const taken = (): string[] => bridge.taken.map((m) => `${m.pid} ${m.kind}`);
const spooled = (sub = ''): string[] =>
  readdirSync(path.join(folder, sub))
    .filter((name) => name.endsWith('.json'))
    .sort();
const calls = (call: 'read' | 'read-card-only'): number => agent.control.requests({ call }).length;
const says = (r: ReaderProcess, words: string) =>
  until(`status "${words}"`, () => r.lines.at(-1)?.includes(words) ?? false);

/** Takes the card out, waits until that was seen, and puts the next one in. */
async function insert(r: ReaderProcess, pid: string): Promise<void> {
  agent.control.removeCard();
  await says(r, 'ready; put a card in');
  agent.control.insertCard(pid);
}

describe('a day at the counter', () => {
  it('reads each card once and sends it with NHSO’s word', async () => {
    const r = reader('--hcode', '10978');
    await insert(r, ONE);
    await until('first read', () => bridge.taken.length === 1);
    expect(bridge.taken[0]).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      hcode: '10978',
      stationId: 'counter-1',
      pid: ONE,
      kind: 'full',
      correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      right: { mainInscl: expect.stringContaining('(UCS)'), startDateTime: '2017-04-30T17:00:00.000Z' },
      person: { nation: '099' },
    });
    expect(Math.abs(Date.parse(bridge.taken[0]?.readAt ?? '') - Date.now())).toBeLessThan(5_000);
    await sleep(500);
    expect([calls('read'), bridge.taken.length, spooled()]).toEqual([1, 1, []]);
    await insert(r, TWO);
    await until('second read', () => bridge.taken.length === 2);
    expect(taken()).toEqual([`${ONE} full`, `${TWO} full`]);
    expect(r.lines.filter((line) => line.includes(maskCitizenId(ONE)))).toHaveLength(1);
    expect(await r.stop()).toBe(0);
    expect(r.lines.at(-1)).toBe('stopped');
    expect(readdirSync(folder)).toEqual(['lock', 'rejected', 'status']);
  });

  it('NHSO down: the card alone after one failed read, the next card at once, and in full when NHSO is back', async () => {
    agent.control.nhsoDown('500');
    const r = reader('--nhso-retry-ms', '2500');
    await insert(r, ONE);
    await until('card-only read', () => bridge.taken.length === 1);
    expect([calls('read'), calls('read-card-only')]).toEqual([1, 1]);
    await insert(r, TWO);
    await until('second card', () => bridge.taken.length === 2);
    expect([calls('read'), calls('read-card-only')]).toEqual([1, 2]);
    expect(r.lines.at(-1)).toContain('NHSO cannot be reached');
    agent.control.nhsoUp();
    await until('read again in full', () => bridge.taken.length === 3);
    expect(taken()).toEqual([`${ONE} card-only`, `${TWO} card-only`, `${TWO} full`]);
    expect(new Set(bridge.taken.map((m) => m.id)).size).toBe(3);
    await says(r, 'NHSO is back');
    await sleep(500);
    expect([calls('read'), bridge.taken.length]).toEqual([2, 3]);
  });

  it.each(['timeout', 'html'] as const)('NHSO gone in another way (%s)', async (how) => {
    agent.control.nhsoDown(how);
    await insert(reader(), ONE);
    await until('card-only read', () => taken()[0] === `${ONE} card-only`);
    expect(calls('read')).toBe(1);
  });

  it('hears from the bridge that NHSO is down, and that it is back', async () => {
    const r = reader('--nhso-retry-ms', '60000');
    bridge.nhso = 'down';
    await insert(r, ONE);
    await until('first', () => bridge.taken.length === 1);
    await insert(r, TWO);
    await until('second', () => bridge.taken.length === 2);
    expect(taken()).toEqual([`${ONE} full`, `${TWO} card-only`]);
    bridge.nhso = 'up';
    await insert(r, THREE);
    await until('third, again in full', () => bridge.taken.length === 4);
    expect(taken().slice(2)).toEqual([`${THREE} card-only`, `${THREE} full`]);
  });

  it('leaves it to the bridge to find out that NHSO is back, and hears of it for a card that lies there', async () => {
    agent.control.nhsoDown('500');
    bridge.nhso = 'down';
    const r = reader('--nhso-retry-ms', '1000');
    await insert(r, ONE);
    await until('card-only read', () => bridge.taken.length === 1);
    const asked = bridge.requests;
    await sleep(3_000);
    expect([calls('read'), bridge.taken.length]).toEqual([1, 1]);
    expect(bridge.requests).toBeGreaterThanOrEqual(asked + 5);
    agent.control.nhsoUp();
    await sleep(1_500);
    expect(calls('read')).toBe(1);
    bridge.nhso = 'up';
    await until('read again in full', () => bridge.taken.length === 2, 1_000);
    expect(taken()).toEqual([`${ONE} card-only`, `${ONE} full`]);
  });

  it('no reader, agent stopped, card pulled, a 500 of any kind: says so once and goes on', async () => {
    agent.control.unplugReader();
    const r = reader();
    await says(r, 'no card reader');
    agent.control.plugReader();
    await says(r, 'ready');
    await agent.control.stop();
    await says(r, 'does not answer');
    await agent.control.start();
    await says(r, 'ready');
    agent.control.failNext({ next: 2, call: 'read' });
    agent.control.failNext({ next: 2, call: 'read-card-only' });
    agent.control.insertCard(ONE);
    await says(r, 'the card cannot be read');
    await until('read after all', () => taken()[0] === `${ONE} full`);
    agent.control.delay(400, 'read');
    await insert(r, TWO);
    await until('reading', () => calls('read') >= 3 || r.lines.at(-1)?.includes('reading') === true);
    agent.control.removeCard();
    await says(r, 'ready');
    expect(taken()).toEqual([`${ONE} full`]);
    const repeats = r.lines.filter((line, i) => line === r.lines[i - 1]);
    expect(repeats).toEqual([]);
  });

  it('an agent restarted with the card in it: the card is looked at, and not sent twice', async () => {
    const r = reader();
    await insert(r, ONE);
    await until('read', () => bridge.taken.length === 1);
    await agent.control.stop();
    await says(r, 'does not answer');
    await agent.control.start();
    await says(r, 'same card');
    await sleep(300);
    expect([calls('read'), bridge.taken.length]).toEqual([2, 1]);
  });
});

describe('the way to the bridge', () => {
  it('keeps reads while the bridge is away and sends them in order when it is back', async () => {
    await bridge.stop();
    const r = reader();
    for (const [i, pid] of [ONE, TWO, THREE].entries()) {
      if (i > 0) agent.control.removeCard();
      await until('empty reader', () => r.lines.at(-1)?.startsWith('ready') ?? false);
      agent.control.insertCard(pid);
      await until('spooled', () => spooled().length === i + 1);
    }
    await says(r, 'bridge away, 3 kept');
    await bridge.start();
    await until('all delivered', () => spooled().length === 0, 15_000);
    expect(taken()).toEqual([`${ONE} full`, `${TWO} full`, `${THREE} full`]);
  });

  it('one read that the bridge refuses is set aside and blocks nobody', async () => {
    bridge.mood = (message) => (message.pid === ONE ? 400 : 'take');
    const r = reader();
    await insert(r, ONE);
    await says(r, '1 not accepted (folder "rejected"): answered with 400');
    expect([spooled(), spooled('rejected').length]).toEqual([[], 1]);
    agent.control.removeCard();
    await until('empty reader', () => r.lines.at(-1)?.startsWith('ready') ?? false);
    agent.control.insertCard(TWO);
    await until('next read', () => taken()[0] === `${TWO} full`);
  });

  it('a read from the bridge’s future is kept, lets the others go first, and goes when its time has come', async () => {
    let isEarly = true;
    bridge.mood = (m) => (isEarly && m.pid === ONE ? 425 : 'take');
    const r = reader();
    agent.control.insertCard(ONE);
    await until('it says so', () =>
      r.lines.some((line) => line.includes('the clocks of this machine and the bridge differ')),
    );
    agent.control.removeCard();
    await until('empty', () => (r.lines.at(-1) ?? '').startsWith('ready'));
    agent.control.insertCard(TWO);
    await until('the other one went', () => taken().includes(`${TWO} full`));
    expect(taken()).not.toContain(`${ONE} full`);
    await until('only the early one is kept', () => spooled().length === 1);
    isEarly = false;
    await until('both are there', () => taken().includes(`${ONE} full`), 20_000);
    await until('nothing is kept', () => spooled().length === 0);
    expect(spooled('rejected')).toEqual([]);
  }, 60_000);

  it('a disk that does not take the read: held, said, and written when it can be', async () => {
    const r = reader();
    await says(r, 'ready');
    // in one step: to remove it file by file takes turns with the reader, which writes its status
    renameSync(folder, `${folder}-away`);
    agent.control.insertCard(ONE);
    await says(r, 'cannot write to disk; leave the card in');
    expect(bridge.requests).toBe(0);
    renameSync(`${folder}-away`, folder);
    await until('delivered', () => taken()[0] === `${ONE} full`);
    expect(calls('read')).toBe(1);
  });

  it('a refused key keeps every read and says so', async () => {
    const r = reader('--key', 'wrong-key');
    await insert(r, ONE);
    await says(r, 'key refused by the bridge, 1 kept');
    await r.stop();
    await insert(reader(), TWO);
    await until('both with the right key', () => bridge.taken.length === 2);
    expect(taken()).toEqual([`${ONE} full`, `${TWO} full`]);
  });

  it('kill -9 at any moment: every read on disk arrives exactly once and in order', async () => {
    const moods: Mood[] = ['take', 'take', 'lose', 'drop', 503, 'take', 429];
    bridge.mood = () => moods[Math.floor(Math.random() * moods.length)] ?? 'take';
    const fast = ['--settle-ms', '0', '--log', 'silent'];
    const onDisk = new Set<string>();
    const announced: string[] = [];
    let patients = 10;
    let busy = true;
    const counter = (async () => {
      while (busy) {
        agent.control.insertCard(sampleCitizenId(patients++));
        await sleep(150 + Math.random() * 150);
        agent.control.removeCard();
        await sleep(120);
      }
    })();
    for (let kill = 0; kill < 6; kill++) {
      const r = reader(...fast);
      // every other one dies as soon as it has begun, whatever it does then; the others after a read
      if (kill % 2 === 0) await until('it runs', () => r.output !== '');
      else await until('it has read', () => r.output.includes('the card may go'));
      await sleep(Math.random() * 600);
      await r.stop('SIGKILL');
      for (const name of spooled()) onDisk.add(name.slice(13, -5));
      announced.push(...r.lines.filter((line) => / read .*; the card may go/.test(line)));
    }
    busy = false;
    await counter;
    bridge.mood = () => 'take';
    const last = reader(...fast);
    await until('all delivered', () => last.output !== '' && spooled().length === 0, 20_000);
    expect(await last.stop('SIGINT')).toBe(0);

    const ids = bridge.taken.map((m) => m.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...onDisk].filter((id) => !ids.includes(id))).toEqual([]);
    expect(spooled('rejected')).toEqual([]);
    const times = bridge.taken.map((m) => m.readAt);
    expect(times).toEqual([...times].sort());
    // what the clerk was told is there: as many reads of that person at the other end as were announced
    for (const line of announced) {
      expect(bridge.taken.some((m) => line.includes(maskCitizenId(m.pid)))).toBe(true);
    }
    expect(ids.length).toBeGreaterThanOrEqual(3);
  }, 60_000);
});

describe('starting and stopping', () => {
  it('two readers do not share a spool', async () => {
    const first = reader();
    await says(first, 'ready');
    const second = reader();
    expect(await second.exit()).toBe(1);
    expect(second.errors).toMatch(/in use by another reader on this machine/);
    expect(await first.stop()).toBe(0);
  });

  it('stops at once while the agent hangs', async () => {
    agent.control.delay(30_000, 'read');
    const r = reader('--read-timeout-ms', '20000');
    await insert(r, ONE);
    await says(r, 'reading');
    await sleep(300);
    const asked = Date.now();
    expect(await r.stop('SIGINT')).toBe(0);
    expect(Date.now() - asked).toBeLessThan(2_000);
  });

  it.each([
    [['--bridge', 'bridge.local'], 'begins with http'],
    [['--poll-ms', '5'], '100 to 60000'],
    [['--station', 'the counter'], 'letters, digits'],
    [['--source', 'scanner'], 'auto, agent or pcsc'],
    [['--hcode', '1'], 'hospital code'],
    [['--key', 'two words'], 'key holds blanks'],
    [['--key', ' '], 'AUTHEN_BRIDGE_KEY'],
    [['--help'], /AUTHEN_BRIDGE_KEY.*\n.*list of processes/],
  ])('%j is answered with what to do', async (wrong, words) => {
    let output = '';
    const writeOut = (text: string): void => {
      output += text;
    };
    const command = readerCommand().exitOverride().configureOutput({ writeOut, writeErr: writeOut });
    const args = ['--station', 'counter-1', '--spool', folder, ...wrong];
    await expect(command.parseAsync(args, { from: 'user' })).rejects.toThrow();
    expect(output).toMatch(words);
  });
});
