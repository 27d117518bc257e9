/**
 * Another program at the same reader, as it stands beside us at a counter. `node other-program.ts <reader> <how>`:
 * `select`: selects an applet of its own every 30 ms, without a transaction · `exclusive`: holds the reader for itself ·
 * `transaction`: holds a transaction · `careless`: reads the card again and again without a transaction. Tells its parent
 * what it does: "holds", each SELECT that the card took, each careless read: "good" or "spoiled".
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Card, CardDisposition, CardMode, Client, type Reader } from 'pcsc-mini';
import { readThaiCard } from '../../../adapters/reader/thai-card/read-card.ts';

const [name = '', how = ''] = process.argv.slice(2);
const SELECT_OTHER = Uint8Array.of(0, 0xa4, 4, 0, 8, 0xa0, 0, 0, 0, 0x84, 6, 0, 2);
const PAUSE_MS = 30;

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const client = new Client();
client.on('error', () => process.kill(process.pid, 'SIGKILL'));
const reader = await new Promise<Reader>((resolve) => {
  client.on('reader', (one) => {
    if (one.name() === name) resolve(one);
  });
  client.start();
});

/** The card's answer; null while somebody else has it for themselves, or it is not seen to be in yet. */
async function unlessBusy<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'SharingViolation' || code === 'NoSmartCard') return null;
    throw error;
  }
}

async function connected(mode: CardMode): Promise<Card> {
  for (;;) {
    const card = await unlessBusy(() => reader.connect(mode));
    if (card !== null) return card;
    await sleep(PAUSE_MS);
  }
}

const answers = new ArrayBuffer(65_546);
if (how === 'select') {
  const card = await connected(CardMode.SHARED);
  process.send?.('holds');
  for (;;) {
    if ((await unlessBusy(() => card.transmit(SELECT_OTHER, answers))) !== null) process.send?.('selected');
    await sleep(PAUSE_MS);
  }
}
if (how === 'careless') {
  const card = await connected(CardMode.SHARED);
  process.send?.('holds');
  for (;;) {
    try {
      await readThaiCard(async (apdu) => Uint8Array.from(await card.transmit(apdu, answers)));
      process.send?.('good');
    } catch {
      process.send?.('spoiled'); // how does not matter
    }
  }
}
const card = await connected(how === 'exclusive' ? CardMode.EXCLUSIVE : CardMode.SHARED);
if (how === 'transaction') await card.transaction();
process.send?.('holds');
// let go of when we are told so
process.once('message', async () => {
  await card.disconnect(CardDisposition.LEAVE);
  process.kill(process.pid, 'SIGKILL');
});
