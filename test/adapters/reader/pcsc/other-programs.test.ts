/** Other programs at the same reader: a card is never ours alone. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PcscCardSource } from '../../../../adapters/reader/pcsc/source.ts';
import { describeWithPcscd, VirtualReaders } from '../../../support/pcscd/pcscd.ts';
import { cardIn, openSource, otherProgram } from './support.ts';

const READS = 20;

describeWithPcscd('another program at the reader', () => {
  let readers: VirtualReaders;
  let source: PcscCardSource;

  beforeAll(async () => {
    readers = await VirtualReaders.open(1);
  });
  afterAll(() => readers.close());
  beforeEach(async () => {
    source = openSource(readers, { readMs: 60_000 });
    // about as long as a real chip takes, so that the other has time to come between two commands
    await readers.insert(0, { delayMs: 10 });
    await cardIn(source);
  });
  afterEach(async () => {
    await source.close();
    await readers.eject(0);
  });

  it(`that selects its applet every 30 ms spoils none of ${READS} reads`, async () => {
    const other = await otherProgram(readers, 'select');
    try {
      const [from, sent] = [other.said('selected'), await readers.commands(0)];
      for (let i = 0; i < READS; i++) {
        expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012', fname: 'สมมุติ' });
        // the daemon lets whoever waits for the card try every 100 ms: between two reads it must be free for that long
        await sleep(150);
      }
      // and it was at work all the time: its commands are the card's too
      const selects = (await readers.commands(0)) - sent - READS * 14;
      expect(selects).toBeGreaterThan(0);
      expect(other.said('selected')).toBeGreaterThan(from);
    } finally {
      await other.kill();
    }
  });

  it('that selects its applet spoils the reads of whoever takes no transaction', async () => {
    const [other, careless] = [
      await otherProgram(readers, 'select'),
      await otherProgram(readers, 'careless'),
    ];
    try {
      await expect.poll(() => careless.said('spoiled'), { timeout: 60_000 }).toBeGreaterThan(5);
    } finally {
      await careless.kill();
      await other.kill();
    }
  });

  it('that holds it for itself: told after three seconds, read when it lets go', async () => {
    const other = await otherProgram(readers, 'exclusive');
    const begun = performance.now();
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'reader-busy', retry: 'yes' });
    expect(performance.now() - begun).toBeGreaterThan(2_900);
    const pid = source.pid;
    const reading = source.readCardOnly();
    await sleep(500);
    await other.letGo();
    expect(await reading).toMatchObject({ pid: '9000000000012' });
    expect(source.pid).toBe(pid);
  });

  it('that holds a transaction: told after three seconds, read when it ends', async () => {
    const other = await otherProgram(readers, 'transaction');
    const { pid } = source;
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'reader-busy', retry: 'yes' });
    // it still waits, and says so at once
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'reader-busy', retry: 'yes' });
    await other.kill();
    await expect
      .poll(() => source.readCardOnly().catch((error) => error.code), { timeout: 60_000 })
      .toMatchObject({ pid: '9000000000012' });
    expect(source.pid).toBe(pid);
  });

  it('that never ends its transaction: the process is replaced, and sees the card again', async () => {
    const other = await otherProgram(readers, 'transaction');
    const { pid } = source;
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'reader-busy', retry: 'yes' });
    await expect.poll(() => source.pid, { timeout: 60_000 }).not.toBe(pid);
    await other.kill();
    await cardIn(source);
    await expect
      .poll(() => source.readCardOnly().catch((error) => error.code), { timeout: 60_000 })
      .toMatchObject({ pid: '9000000000012' });
  });
});
