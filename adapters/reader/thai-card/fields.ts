/** The card's bytes as the words of the field. Citizen id strict, since it decides; what only describes may be missing. */

import { parseServiceDate } from '../../../src/domain/bangkok.ts';
import { type CitizenId, parseCitizenId } from '../../../src/domain/citizen-id.ts';
import { unreadable } from './apdu.ts';

export interface CardName {
  title: string | null;
  first: string | null;
  middle: string | null;
  last: string | null;
}

export interface CardAddress {
  house: string | null;
  moo: string | null;
  trok: string | null;
  soi: string | null;
  road: string | null;
  tambon: string | null;
  amphoe: string | null;
  province: string | null;
}

const BUDDHIST_YEARS = 543;
const FOR_LIFE = '99999999';

const tis620 = new TextDecoder('windows-874');

/** What each byte says. A look-up here: to wake the decoder up for one short field takes longer than to read the field. */
const LETTERS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  tis620.decode(Uint8Array.of(byte)).replace(/[\p{Cc}\ufffd]/u, ''),
);

/** Blanks and NUL at the ends are padding; a character that TIS-620 does not know is left out. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += LETTERS[byte];
  return text.trim();
}

/** @throws BridgeError `card-unreadable`: a number that is no citizen id was misread, and must not become one */
export function citizenIdOf(bytes: Uint8Array): CitizenId {
  const text = textOf(bytes);
  const id = /^\d{13}$/.test(text) ? parseCitizenId(text) : null;
  if (id === null) throw unreadable('its citizen id is not one (13 digits, the last a check digit)');
  return id;
}

export function nameOf(bytes: Uint8Array): CardName {
  const [title, first, middle, last] = parts(bytes);
  return { title: title ?? null, first: first ?? null, middle: middle ?? null, last: last ?? null };
}

/** Null for an address area that is empty. */
export function addressOf(bytes: Uint8Array): CardAddress | null {
  const all = parts(bytes);
  if (all.every((part) => part === null)) return null;
  const at = (i: number): string | null => all[i] ?? null;
  return {
    house: at(0),
    moo: at(1),
    trok: at(2),
    soi: at(3),
    road: at(4),
    tambon: at(5),
    amphoe: at(6),
    province: at(7),
  };
}

export function sexOf(bytes: Uint8Array): 'male' | 'female' | null {
  switch (textOf(bytes)) {
    case '1':
      return 'male';
    case '2':
      return 'female';
    default:
      return null;
  }
}

/** Gregorian `YYYY`, `YYYY-MM` or `YYYY-MM-DD`: old cards know only the year of some people. Null for what is no date. */
export function birthDateOf(bytes: Uint8Array): string | null {
  const [, buddhist = '', month = '', day = ''] = /^(\d{4})(\d{2})(\d{2})$/.exec(textOf(bytes)) ?? [];
  const year = gregorian(buddhist);
  if (year === null) return null;
  if (month === '00') return year;
  if (day === '00') return Number(month) <= 12 ? `${year}-${month}` : null;
  return parseServiceDate(`${year}-${month}-${day}`);
}

/** Gregorian `YYYY-MM-DD`; null for what is no whole date. */
export function dateOf(bytes: Uint8Array): string | null {
  const date = birthDateOf(bytes);
  return date?.length === 10 ? date : null;
}

export function expiryDateOf(bytes: Uint8Array): string | 'for-life' | null {
  return textOf(bytes) === FOR_LIFE ? 'for-life' : dateOf(bytes);
}

/** The picture without what fills up its area, which may be blanks: it ends with the last FF D9. Null for no JPEG. */
export function photoOf(area: Uint8Array): Uint8Array | null {
  if (area[0] !== 0xff || area[1] !== 0xd8) return null;
  for (let at = area.length - 2; at >= 2; at--) {
    if (area[at] === 0xff && area[at + 1] === 0xd9) return Uint8Array.from(area.subarray(0, at + 2));
  }
  return null;
}

function parts(bytes: Uint8Array): (string | null)[] {
  return textOf(bytes)
    .split('#')
    .map((part) => part.trim() || null);
}

function gregorian(buddhist: string): string | null {
  const year = Number(buddhist) - BUDDHIST_YEARS;
  return buddhist === '' || year < 1800 || year > 2200 ? null : String(year);
}
