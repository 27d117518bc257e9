/**
 * What no reading can be quicker than: PC/SC bare, without a second process. Tells when it sees a card go in, and, when
 * it is asked, reads one and says how long PC/SC took, call by call: the exchanges with the card alone, and all calls.
 *
 * All calls are the floor of a read, because none of them can be left out: `connect`, since no card is sat on;
 * `transaction` and its end, since without them another program's SELECT spoils the read; `state`, since GET RESPONSE
 * depends on the ATR, and that of the binding's events is wrong; `disconnect`. What is done between two calls, the
 * understanding of the answers, is no part of it.
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
  /** Sum of all calls to PC/SC, these exchanges among them, ms. */
  callsMs: number;
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
  let [callsMs, tripsMs, trips] = [0, 0, 0];
  const called = async <T>(call: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const outcome = await call();
    callsMs += performance.now() - begun;
    return outcome;
  };
  const card = await called(() => reader.connect(CardMode.SHARED));
  const transaction = await called(() => card.transaction());
  const { atr } = await called(() => card.state());
  await readThaiCard(
    async (apdu) => {
      const begun = performance.now();
      const answer = await card.transmit(apdu, buffer);
      tripsMs += performance.now() - begun;
      trips += 1;
      return Uint8Array.from(answer);
    },
    { atr: Uint8Array.from(atr), withPhoto },
  );
  await called(() => transaction.end(CardDisposition.LEAVE));
  await called(() => card.disconnect(CardDisposition.LEAVE));
  return { tripsMs, trips, callsMs: callsMs + tripsMs };
});
