/** Values as HIS databases and files hold them, made into what a visit is told in. Nothing here throws. */

import { bangkokIso, type Instant, parseServiceDate } from '../../src/domain/bangkok.ts';
import { maskCitizenIds } from '../../src/domain/citizen-id.ts';

/** CHAR columns come padded, and empty means the same as none. */
export function textOf(value: unknown): string | null {
  const given = value ?? '';
  // an array or a document, of a column that holds such, is no text, and not each of them can be made one
  if (typeof given === 'object' && !(given instanceof Date) && !Buffer.isBuffer(given)) return null;
  // a NUL from a broken import is no text, and a PostgreSQL ledger would refuse the row for it
  const text = String(given).replaceAll('\0', '').trim();
  return text === '' ? null : text;
}

/** A date text that begins with its year; years past 2400 are Buddhist. */
export function gregorian(date: string): string {
  const year = /^(2[4-9]\d{2})-/.exec(date);
  return year === null ? date : `${Number(year[1]) - 543}${date.slice(4)}`;
}

/** As far as it is known: `1980-00-00` is 1980, `0000-00-00` is nothing. */
export function birthDateOf(text: string | null): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(gregorian(text ?? ''));
  if (parts === null || parts[1] === '0000') return null;
  const [, year, month, day] = parts as unknown as [string, string, string, string];
  if (month === '00' || Number(month) > 12) return year;
  if (day === '00') return `${year}-${month}`;
  return parseServiceDate(`${year}-${month}-${day}`);
}

/** `1` is a man and `2` a woman in every HIS that follows the Ministry's 43 files. */
export function sexOf(text: string | null): 'male' | 'female' | null {
  return text === '1' ? 'male' : text === '2' ? 'female' : null;
}

/** A value in the text of a problem, which people and logs see: a citizen id that stands in the wrong place is masked. */
export function shown(text: string | null): string {
  return text === null ? 'empty' : `"${maskCitizenIds(text).slice(0, 30)}"`;
}

/** A value as it stands, blanks and all; null only for NULL. */
export function rawText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** Bangkok's wall clock, `YYYY-MM-DD HH:MM:SS`, as the columns of a HIS hold it. */
export function wallClock(at: Instant): string {
  return bangkokIso(at).slice(0, 19).replace('T', ' ');
}
