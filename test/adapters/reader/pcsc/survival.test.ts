/** Whatever ends, hangs or is pulled out: it is told, and cards are read again when it is over. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PcscCardSource } from '../../../../adapters/reader/pcsc/source.ts';
import { describeWithPcscd, VirtualReaders } from '../../../support/pcscd/pcscd.ts';
import { sampleCitizenId } from '../../../support/samples.ts';
import { cardIn, cardOut, isIn, openSource, SLOT_0, seen } from './support.ts';

const SOURCE = fileURLToPath(new URL('../../../../adapters/reader/pcsc/source.ts', import.meta.url));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}

async function gone(pid: number, ms = 10_000): Promise<void> {
  const giveUp = Date.now() + ms;
  while (isAlive(pid)) {
    if (Date.now() > giveUp) throw new Error(`process ${pid} lives on`);
    await sleep(20);
  }
}

describeWithPcscd('readers that are driven directly', () => {
  let readers: VirtualReaders;
  let source: PcscCardSource;
  const open = (options: Parameters<typeof openSource>[1] = {}): PcscCardSource => {
    source = openSource(readers, { readMs: 20_000, ...options });
    return source;
  };

  beforeEach(async () => {
    readers = await VirtualReaders.open();
  });
  afterEach(async () => {
    await source.close();
    await readers.close();
  });

  it('pcscd is not there, comes, goes with a card in the reader, and comes back', async () => {
    open();
    await expect(source.look()).rejects.toMatchObject({ code: 'card-service-away', retry: 'yes' });
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'card-service-away', retry: 'yes' });
    await readers.startService();
    await seen(source, 'two empty slots', (slots) => slots.length === 2);
    await readers.insert(0, { holder: { citizenId: sampleCitizenId(1) } });
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid: sampleCitizenId(1) });

    await readers.killService();
    await expect(seen(source, 'nothing', () => false, 500)).rejects.toThrow('card-service-away');
    await readers.startService();
    await readers.insert(0, { holder: { citizenId: sampleCitizenId(2) } });
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid: sampleCitizenId(2) });
  });

  it('pcscd ends in the middle of a read', async () => {
    await readers.startService();
    open();
    await readers.insert(0, { delayMs: 200 });
    await cardIn(source);
    const reading = source.readCardOnly().catch((error) => error);
    await sleep(600);
    await readers.killService();
    expect(await reading).toMatchObject({ name: 'BridgeError', retry: 'yes' });
    await readers.startService();
    await readers.insert(0);
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012' });
  });

  it('no reader, one is plugged in, another besides, and all are pulled out', async () => {
    open({ longestPauseMs: 1_000 });
    for (const plugged of [0, 1, 2, 0] as const) {
      await readers.startService(plugged);
      await seen(source, `${plugged} readers`, (slots) => slots.length === 2 * plugged);
      await readers.killService('SIGTERM');
      await expect(seen(source, 'nothing', () => false, 300)).rejects.toThrow('card-service-away');
    }
  });

  it('killed in the middle of a read: a new process reads it', async () => {
    await readers.startService();
    open();
    await readers.insert(0, { delayMs: 200 });
    const before = await cardIn(source);
    const reading = source.readCardOnly().catch((error) => error);
    await sleep(600);
    const { pid } = source;
    process.kill(pid ?? 0, 'SIGKILL');
    expect(await reading).toMatchObject({ code: 'card-service-away', retry: 'yes' });
    // told once: whoever counts insertions must know that the card was out of sight
    await expect(source.look()).rejects.toMatchObject({ code: 'card-service-away' });
    expect(before).not.toBeNull();
    expect(await cardIn(source)).toBeNull();
    expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012' });
    expect(source.pid).not.toBe(pid);
  });

  it('a card that never answers: given up, the process replaced, the next card read', async () => {
    await readers.startService();
    open({ readMs: 2_000 });
    await readers.insert(0, { silentFrom: 5 });
    await cardIn(source);
    const { pid } = source;
    await expect(source.readCardOnly()).rejects.toMatchObject({
      code: 'card-unreadable',
      retry: 'yes',
      detail: { waitedMs: 2_000 },
    });
    await gone(pid ?? 0);
    await readers.eject(0);
    await cardOut(source);
    await readers.insert(0, { answers: 'at-once' });
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012' });
  });

  it('pcscd hangs: the process that waits for it is killed, and cards are read when pcscd goes on', async () => {
    await readers.startService();
    open({ readMs: 1_500, silenceMs: 6_000 });
    await readers.insert(0);
    await cardIn(source);
    await readers.killService('SIGSTOP');
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'card-unreadable', retry: 'yes' });
    // the next one hangs in its start; it is silent, so it goes too
    const hung = source.pid;
    if (hung !== null) await gone(hung);
    await readers.killService('SIGCONT');
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012' });
  });

  it('its parent is killed: it goes too, also in the middle of a read', async () => {
    await readers.startService();
    open();
    await readers.insert(0, { silentFrom: 3 });
    await cardIn(source);
    const script = `
      import { openPcscCardSource } from ${JSON.stringify(SOURCE)};
      const none = () => undefined;
      const log = { debug: none, info: none, warn: none, error: none, child: () => log };
      const source = openPcscCardSource({ log, pcscdSocket: ${JSON.stringify(readers.socket)} });
      await source.look();
      console.log(source.pid);
      await source.readCardOnly();`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);
    while ((await readers.commands(0)) <= 3) await sleep(20);
    parent.kill('SIGKILL');
    await gone(pid);
  });

  it('a day old: replaced, but not while a card is in', async () => {
    await readers.startService();
    open({ recycleAfterMs: 2_500 });
    await readers.insert(0);
    await cardIn(source);
    const { pid } = source;
    await sleep(5_000);
    expect(source.pid).toBe(pid);
    await readers.eject(0);
    await gone(pid ?? 0);
    await readers.insert(0);
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012' });
  });

  it('far too big: replaced with a card in, but not while it is being read', async () => {
    await readers.startService();
    open({ recycleAboveMb: 1 });
    await readers.insert(0, { delayMs: 600 });
    await cardIn(source);
    const { pid } = source;
    // fourteen commands, longer than the process takes to tell its size
    expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012' });
    expect(source.pid).toBe(pid);
    await gone(pid ?? 0);
    await seen(source, 'the card again', (slots) => isIn(slots, SLOT_0));
  });

  it('closes while it reads, and leaves nothing behind', async () => {
    await readers.startService();
    open();
    await readers.insert(0, { silentFrom: 3 });
    await cardIn(source);
    const { pid } = source;
    const reading = source.readCardOnly().catch((error) => error);
    await sleep(300);
    await source.close();
    expect(await reading).toMatchObject({ name: 'BridgeError' });
    expect(isAlive(pid ?? 0)).toBe(false);
    expect(childrenNamed('child.ts')).toEqual([]);
  });
});

/** Processes of this one whose command line holds the text. */
function childrenNamed(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false; // ended meanwhile
    }
  });
}
