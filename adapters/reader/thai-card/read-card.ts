/** Reads a Thai national ID card over whatever carries the commands; see `layout.ts`. */

import { BridgeError, isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { CitizenId } from '../../../src/domain/citizen-id.ts';
import { exchange, NO_SUCH_APPLET, OK, swText, type Transmit, unreadable } from './apdu.ts';
import {
  addressOf,
  birthDateOf,
  type CardAddress,
  type CardName,
  citizenIdOf,
  dateOf,
  expiryDateOf,
  nameOf,
  photoOf,
  sexOf,
  textOf,
} from './fields.ts';
import { FIELDS, type Field, MOST_AT_ONCE, PHOTO, readCommand, SELECT_IDENTITY, WHO } from './layout.ts';

export interface ThaiCard {
  citizenId: CitizenId;
  thaiName: CardName;
  englishName: CardName;
  /** Gregorian, as far as the card knows it. */
  birthDate: string | null;
  sex: 'male' | 'female' | null;
  address: CardAddress | null;
  issuer: string | null;
  issueDate: string | null;
  expiryDate: string | 'for-life' | null;
  /** JPEG; null unless it was asked for and is whole. */
  photo: Uint8Array | null;
}

export interface ReadOptions {
  /** As the reader tells it; decides nothing but one byte of GET RESPONSE. */
  atr?: Uint8Array;
  withPhoto?: boolean;
}

/**
 * Throws BridgeError:
 * - `no-card` (retry yes): pulled out meanwhile; nothing that was read so far counts.
 * - `card-unreadable`, retry no: another kind of card; retry yes: a bad contact, a damaged answer, a misread number.
 */
export async function readThaiCard(transmit: Transmit, options: ReadOptions = {}): Promise<ThaiCard> {
  const { atr, withPhoto = false } = options;
  const p2 = atr?.[0] === 0x3b && atr[1] === 0x67 ? 1 : 0;
  const read = (field: Field): Promise<Uint8Array> => readField(transmit, field, p2);
  await select(transmit, p2);
  const citizenId = citizenIdOf(await read(FIELDS.citizenId));
  const who = await read(WHO);
  const within = ({ offset, length }: Field): Uint8Array =>
    who.subarray(offset - WHO.offset, offset - WHO.offset + length);
  const issuer = await read(FIELDS.issuer);
  const issueDate = await read(FIELDS.issueDate);
  const expiryDate = await read(FIELDS.expiryDate);
  // nothing below throws until it is awaited: what has come is understood while the card finds this
  const address = read(FIELDS.address);
  const card = {
    citizenId,
    thaiName: nameOf(within(FIELDS.thaiName)),
    englishName: nameOf(within(FIELDS.englishName)),
    birthDate: birthDateOf(within(FIELDS.birthDate)),
    sex: sexOf(within(FIELDS.sex)),
    issuer: textOf(issuer) || null,
    issueDate: dateOf(issueDate),
    expiryDate: expiryDateOf(expiryDate),
  };
  return {
    ...card,
    address: addressOf(await address),
    photo: withPhoto ? await photoOrNone(read) : null,
  };
}

async function select(transmit: Transmit, p2: 0 | 1): Promise<void> {
  const { sw } = await exchange(transmit, SELECT_IDENTITY, p2);
  if (sw === OK) return;
  if (sw === NO_SUCH_APPLET) {
    throw new BridgeError('card-unreadable', 'This is not a Thai national ID card', { retry: 'no' });
  }
  throw unreadable(`it answers ${swText(sw)} to the first command`);
}

/** Some cards give less than was asked for; the rest is asked for then. */
async function readField(transmit: Transmit, { offset, length }: Field, p2: 0 | 1): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let have = 0;
  while (have < length) {
    const wanted = Math.min(length - have, MOST_AT_ONCE);
    const { data, sw } = await exchange(transmit, readCommand(offset + have, wanted), p2);
    if (sw !== OK) throw unreadable(`it answers ${swText(sw)} at ${offset + have}`);
    if (data.length === 0) throw unreadable(`it gives nothing at ${offset + have}`);
    if (data.length > wanted) throw unreadable(`it gives more than was asked for at ${offset + have}`);
    parts.push(data);
    have += data.length;
  }
  return Buffer.concat(parts);
}

/** A card whose picture cannot be had is a good read all the same; one that is gone is none. */
async function photoOrNone(read: (field: Field) => Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return photoOf(await readPhoto(read));
  } catch (error) {
    if (isBridgeError(error, 'card-unreadable')) return null;
    throw error;
  }
}

/** As long as the card says; where it says nothing sensible, the whole area. */
async function readPhoto(read: (field: Field) => Promise<Uint8Array>): Promise<Uint8Array> {
  const [high = 0, low = 0] = await read(FIELDS.photoLength);
  const told = (high << 8) | low;
  const length = told > 0 && told <= PHOTO.length ? told : PHOTO.length;
  return read({ offset: PHOTO.offset, length });
}
