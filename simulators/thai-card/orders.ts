/**
 * What a person, or a test, may do at the virtual readers: one line each, `<slot> <what> [JSON]`. Used by the command
 * line (`cli.ts`).
 */

import { type CardStyle, VirtualThaiCard } from './card.ts';
import { type CardFaults, FaultyCard } from './faults.ts';
import { type CardHolder, cardHolder, memoryOf } from './memory.ts';
import type { InsertedCard, VirtualSlot } from './virtual-slot.ts';

export interface InsertOrder extends CardStyle, CardFaults {
  /** Other than the usual invented person. */
  holder?: Partial<Omit<CardHolder, 'photo'>>;
  /** Bytes of an invented picture. */
  photoBytes?: number;
  /** Hexadecimal. */
  atr?: string;
  isMute?: boolean;
}

export const ORDER_HELP: Readonly<Record<string, string>> = {
  '0 insert': "an invented person's card into slot 0; a card that was in it goes out first",
  '0 insert {"answers":"at-once"}': 'data at once; "exact": 6C xx first; else 61 xx',
  '0 insert {"delayMs":200}': 'a slow chip, ms before each answer',
  '0 insert {"pullAt":5}': 'pulled out at command 5, counted from 0',
  '0 insert {"silentFrom":5}': 'from command 5 on it never answers',
  '0 insert {"wrongSw":{"at":5,"sw":"6f00"}}':
    'command 5 is answered with 6F00; "wrongSwFrom": all from there on',
  '0 insert {"isOther":true}': 'another kind of card',
  '0 insert {"isMute":true}': 'upside down',
  '0 eject': 'the card out',
  '0 commands': 'how many commands the card was sent',
};

/** Does it, and says what was done. Throws an Error with a sentence for people. */
export async function obey(slots: readonly VirtualSlot[], line: string): Promise<string> {
  const [, number = '', what = '', json = ''] = /^\s*(\d+)\s+(\w+)\s*(.*)$/.exec(line) ?? [];
  const slot = slots[Number(number)];
  if (number === '' || slot === undefined) {
    throw new Error(`expected a line that begins with a slot, 0 to ${slots.length - 1}`);
  }
  switch (what) {
    case 'insert':
      await slot.insert(cardOf(json === '' ? {} : (JSON.parse(json) as InsertOrder)));
      return `${number} inserted`;
    case 'eject':
      slot.eject();
      return `${number} ejected`;
    case 'commands':
      return `${number} commands ${slot.commands ?? 'none: no card'}`;
    default:
      throw new Error('expected insert, eject or commands after the slot');
  }
}

export function cardOf(order: InsertOrder): InsertedCard {
  const { holder = {}, photoBytes, atr, isMute = false } = order;
  const { answers, getResponseP2, most, isOther } = order;
  const style = defined({ answers, getResponseP2, most, isOther });
  const photo = photoBytes === undefined ? {} : { photo: inventedPhoto(photoBytes) };
  const chip = new VirtualThaiCard(memoryOf(cardHolder({ ...holder, ...photo })), style);
  return { chip: new FaultyCard(chip, order), isMute, ...(atr === undefined ? {} : { atr }) };
}

/** Begins and ends as a JPEG does, with what looks like an end in its middle. */
export function inventedPhoto(bytes: number): Uint8Array {
  const photo = Uint8Array.from({ length: bytes }, (_, i) => (i * 7) & 0xff);
  photo.set([0xff, 0xd8], 0);
  photo.set([0xff, 0xd9], bytes >> 1);
  photo.set([0xff, 0xd9], bytes - 2);
  return photo;
}

function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}
