/**
 * What no reading can be quicker than: PC/SC bare, without a second process. Tells when it sees a card go in, and, when
 * it is asked, reads one and says how long the card's own answers took, one after the other.
 */

import { CardDisposition, CardMode, Client } from 'pcsc-mini';
import { readThaiCard } from '../../../adapters/reader/thai-card/read-card.ts';
import { answerParent, now } from './asked.ts';

export interface RawQuestion {
  reader: string;
  withPhoto: boolean;
}

export interface RawAnswer {
  /** Sum of all exchanges with the card, ms. */
  tripsMs: number;
  trips: number;
}

export interface RawSighting {
  reader: string;
  /** See `now`. */
  at: number;
}

const PRESENT = 0x20;
const client = new Client();
const wasIn = new Set<string>();
client.on('reader', (reader) => {
  const name = reader.name();
  reader.on('change', (status) => {
    const isIn = (status.raw & PRESENT) !== 0;
    if (isIn && !wasIn.has(name)) process.send?.({ told: { reader: name, at: now() } satisfies RawSighting });
    if (isIn) wasIn.add(name);
    else wasIn.delete(name);
  });
});
client.start();

const buffer = new ArrayBuffer(65_546);

answerParent(async ({ reader: name, withPhoto }: RawQuestion): Promise<RawAnswer> => {
  const reader = client.reader(name);
  if (reader === undefined) throw new Error(`no reader ${name}`);
  const card = await reader.connect(CardMode.SHARED);
  const transaction = await card.transaction();
  let [tripsMs, trips] = [0, 0];
  await readThaiCard(
    async (apdu) => {
      const begun = performance.now();
      const answer = await card.transmit(apdu, buffer);
      tripsMs += performance.now() - begun;
      trips += 1;
      return Uint8Array.from(answer);
    },
    { withPhoto },
  );
  await transaction.end(CardDisposition.LEAVE);
  await card.disconnect(CardDisposition.LEAVE);
  return { tripsMs, trips };
});
