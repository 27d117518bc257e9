/**
 * One exchange with the card's chip, whatever carries it (PC/SC, a test). Cards answer a command in three ways: with the
 * data at once, with `61 xx` ("xx bytes wait: ask for them"), or with `6C xx` ("ask again for exactly xx").
 */

import { BridgeError } from '../../../src/domain/bridge-error.ts';

/** Sends one command to the card and returns its answer, status words included. Empty: the card is gone. */
export type Transmit = (apdu: Uint8Array) => Promise<Uint8Array>;

export interface Answer {
  data: Uint8Array;
  /** Status words, `0x9000` when all is well. */
  sw: number;
}

export const OK = 0x9000;
/** "File not found": to the identity applet's SELECT this says that the card is another one. */
export const NO_SUCH_APPLET = 0x6a82;

/** Answers that only ask for more; no card of ours needs more than two for a command. */
const MOST_ROUNDS = 8;

const CLA_ISO = 0x00;
const GET_RESPONSE = 0xc0;

/**
 * @param getResponseP2 1 for cards whose ATR begins with 3B 67, else 0
 * @throws BridgeError `no-card` (retry yes) when the card is gone, `card-unreadable` (retry yes) when its answer makes no sense
 */
export async function exchange(
  transmit: Transmit,
  command: Uint8Array,
  getResponseP2: 0 | 1,
): Promise<Answer> {
  let next = command;
  const parts: Uint8Array[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const answer = await transmit(next);
    if (answer.length === 0) {
      throw new BridgeError('no-card', 'The card was pulled out while it was being read', { retry: 'yes' });
    }
    if (answer.length < 2) throw unreadable('an answer of one byte');
    const [sw1 = 0, sw2 = 0] = answer.subarray(-2);
    const data = answer.subarray(0, -2);
    if (data.length > 0) parts.push(data);
    if (sw1 === 0x61) next = Uint8Array.of(CLA_ISO, GET_RESPONSE, 0, getResponseP2, sw2);
    else if (sw1 === 0x6c) next = withLe(next, sw2);
    else return { data: Buffer.concat(parts), sw: (sw1 << 8) | sw2 };
  }
  throw unreadable('it asks for more without end');
}

/** The same command, for exactly `le` bytes. */
function withLe(command: Uint8Array, le: number): Uint8Array {
  const hasLe = command[1] === GET_RESPONSE || command.length > 5 + (command[4] ?? 0);
  const body = hasLe ? command.subarray(0, -1) : command;
  return Uint8Array.of(...body, le);
}

/** `why`: no content of the card, which is the person's. */
export function unreadable(why: string): BridgeError {
  return new BridgeError('card-unreadable', `The card cannot be read: ${why}. Wipe it, put it in again`, {
    retry: 'yes',
  });
}

/** `6982`, for people who look such things up. */
export function swText(sw: number): string {
  return sw.toString(16).padStart(4, '0').toUpperCase();
}
