/** Two hundred cards, one after the other: each is seen, read, and whose it is told rightly. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PcscCardSource } from '../../../../adapters/reader/pcsc/source.ts';
import { isBridgeError } from '../../../../src/domain/bridge-error.ts';
import { describeWithPcscd, VirtualReaders } from '../../../support/pcscd/pcscd.ts';
import { sampleCitizenId } from '../../../support/samples.ts';
import { cardIn, cardOut, openSource, SLOT_0, SLOT_1 } from './support.ts';

/** Counters at work at the same time, each with its own pcscd, since most of a cycle is waiting. */
const COUNTERS = 4;
const CYCLES = 200;
const MOST_TRIES = 20;

describeWithPcscd('two hundred cards', () => {
  let all: VirtualReaders[];

  beforeAll(async () => {
    all = await Promise.all(Array.from({ length: COUNTERS }, () => VirtualReaders.open(1)));
  });
  afterAll(() => Promise.all(all.map((readers) => readers.close())));

  it('none is lost and none is mixed up', { timeout: 600_000 }, async () => {
    const read = await Promise.all(all.map((readers, i) => cycles(readers, i * 1_000)));
    expect(read.flat()).toHaveLength(CYCLES);
    for (const { pid, wanted } of read.flat()) expect(pid === wanted).toBe(true);
  });
});

/** In the one slot and the other by turns: while one card goes out, the next goes in. */
async function cycles(readers: VirtualReaders, from: number): Promise<{ pid: string; wanted: string }[]> {
  const source = openSource(readers, { readMs: 20_000 });
  const done: { pid: string; wanted: string }[] = [];
  try {
    for (let i = 0; i < CYCLES / COUNTERS; i++) {
      const wanted = sampleCitizenId(from + i);
      const answers = (['response', 'at-once', 'exact'] as const)[i % 3] ?? 'response';
      const name = i % 2 === 0 ? SLOT_0 : SLOT_1;
      // this reader looks every 0.4 s: a card that is out for less was never out to it
      await cardOut(source, name);
      await readers.insert(i % 2, { holder: { citizenId: wanted }, answers });
      await cardIn(source, name);
      done.push({ pid: await readAsWorker(source), wanted });
      await readers.eject(i % 2);
    }
    return done;
  } finally {
    await source.close();
  }
}

/** Again while the card is there and it may pass, as the worker does: a machine may stand still for seconds. */
async function readAsWorker(source: PcscCardSource): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return (await source.readCardOnly()).pid;
    } catch (error) {
      if (!isBridgeError(error) || error.retry !== 'yes' || tries === MOST_TRIES) throw error;
      await sleep(200);
    }
  }
}
