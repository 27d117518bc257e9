/** The other values of a line: whose, which code, of what type, in use or not. Whatever is not surely so is null. */

import { isPlausibleCode } from '../../../src/domain/authen-code.ts';
import { type CitizenId, parseCitizenId } from '../../../src/domain/citizen-id.ts';
import type { Cell } from './sheet.ts';

/** What ECMA-376 writes for a character that XML cannot hold. */
const ESCAPED = /_x([0-9A-Fa-f]{4})_/g;
/** Nothing that is seen: spaces of all kinds at the ends, marks without width anywhere. */
const UNSEEN = /[\u200B-\u200D\u2060\uFEFF]/g;

/** The text as a person reads it. */
export function plain(text: string): string {
  const unescaped = text.includes('_x')
    ? text.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
  return unescaped.replace(UNSEEN, '').replace(/\s+/g, ' ').trim();
}

/** Thai digits say the same as 0–9. */
export function latinDigits(text: string): string {
  return text.replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0x0e50));
}

function textOf(cell: Cell | undefined): string | null {
  if (cell === undefined || cell.kind === 'other') return null;
  return plain(cell.text);
}

/** True for a cell that says nothing; a dash says as much. */
export function isBlank(cell: Cell | undefined): boolean {
  return cell === undefined || (cell.kind !== 'other' && /^-*$/.test(plain(cell.text)));
}

/**
 * Thirteen digits, dashes and blanks between them or not, a check digit that is right. A number is taken only when it is
 * whole and written out: scientific notation has lost the end, and so has a number of which little but zeros is left (the
 * text "1.1037E+12" read again). One with a digit too few has lost a leading zero; which, nobody knows.
 */
export function citizenIdOf(cell: Cell | undefined): CitizenId | null {
  const text = latinDigits(textOf(cell) ?? '');
  if (cell?.kind !== 'number') return parseCitizenId(text.replace(/^'/, ''));
  return /^\d{13}$/.test(text) && !/0{6}$/.test(text) ? parseCitizenId(text) : null;
}

/** Five characters (or nine); a number that has lost its leading zeros gets them back, since all have five. */
export function hcodeOf(cell: Cell | undefined): string | null {
  const text = latinDigits(textOf(cell) ?? '');
  if (cell?.kind === 'number') return /^\d{1,5}$/.test(text) ? text.padStart(5, '0') : null;
  return /^([A-Za-z0-9]{5}|[A-Za-z0-9]{9})$/.test(text) ? text : null;
}

export function claimCodeOf(cell: Cell | undefined): string | null {
  const text = textOf(cell) ?? '';
  // beyond fifteen digits Excel has rounded it
  if (cell?.kind === 'number' && !/^\d{4,15}$/.test(text)) return null;
  return isPlausibleCode(text) ? text : null;
}

/** `PG0060001`, or another code of NHSO's list. */
export function claimTypeOf(cell: Cell | undefined): string | null {
  const text = textOf(cell) ?? '';
  return cell?.kind === 'text' && /^[A-Za-z0-9_-]{2,20}$/.test(text) ? text : null;
}

/** Only for people: cut, and without anything that a store or a screen would mind. */
export function channelOf(cell: Cell | undefined): string | null {
  const text = (textOf(cell) ?? '')
    .replace(/\p{Cc}/gu, '')
    .slice(0, 60)
    .toWellFormed();
  // a column that holds something else must not bring a person in
  return text === '' || /\d{13}/.test(text.replace(/[ -]/g, '')) ? null : text;
}

/** As NHSO's site and others' files write it. A word that is none of these is not guessed at. */
const IN_USE = /^(ใช้งาน(อยู่|ได้|แล้ว)?|ปกติ|ACTIVE|Y|E)$/i;
const CANCELLED = /^((ถูก)?ยกเลิก(แล้ว|การใช้งาน|ใช้งาน)?|ไม่(ได้)?ใช้งาน|CANCEL(L?ED)?|INACTIVE|VOID|N|C)$/i;

export function statusOf(cell: Cell | undefined): 'in-use' | 'cancelled' | null {
  const text = textOf(cell) ?? '';
  if (IN_USE.test(text)) return 'in-use';
  return CANCELLED.test(text) ? 'cancelled' : null;
}
