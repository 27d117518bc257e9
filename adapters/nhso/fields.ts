/**
 * How the agent writes things, one schema a kind of value. Keys may be absent or null, codes may be numbers. Values that
 * decide something (person, code, dates of codes) are strict; values that only describe become null when they cannot be
 * read, so that an odd title never costs a patient the read.
 */

import { z } from 'zod';
import {
  type Instant,
  parseBangkokDateTime,
  parseServiceDate,
  startOfServiceDate,
} from '../../src/domain/bangkok.ts';
import { atMost } from '../../src/length-limits.ts';

/** More than any text of the contract; what is longer is not what the field says. */
const TEXT_MAX = 500;

/** A code has less than this. */
const CODE_MAX = 20;

/** Text that every store can hold: no NUL (PostgreSQL has none), no half of a surrogate pair. */
function plain(max: number) {
  return z
    .string()
    .check(atMost(max))
    .refine((t) => !t.includes('\0') && t.isWellFormed());
}

/** Trimmed text; absent, null and empty are null. */
export function textTo(max: number) {
  return z
    .union([plain(max), z.number()])
    .nullish()
    .transform((v) => (v == null ? null : String(v).trim() || null));
}

/** As {@link textTo}, null also for anything that is no text, or longer: the bridge would not take the read for it. */
export function anyTextTo(max: number) {
  return textTo(max).catch(null);
}

export const text = textTo(TEXT_MAX);
export const anyText = anyTextTo(TEXT_MAX);

/** A boolean, or its text. */
export const flag = z.union([z.boolean(), z.stringbool()]).nullish();

/** A code of digits that a JSON number has robbed of its leading zeros. */
export function digits(length: number) {
  return digitsTo(CODE_MAX, length);
}

function digitsTo(max: number, length: number) {
  return z
    .union([plain(max), z.int().nonnegative()])
    .nullish()
    .transform((v) => (typeof v === 'number' ? String(v).padStart(length, '0') : v?.trim() || null));
}

/** Thirteen digits. The check digit is the domain's business. */
export const pid = digits(13).refine((v): v is string => v !== null && /^\d{13}$/.test(v), {
  error: 'expected 13 digits',
});

/** ISO date-time without a zone = Asia/Bangkok. */
const dateTime = text.transform((v, ctx): Instant | null => {
  const at = v === null ? null : parseBangkokDateTime(v);
  if (v !== null && at === null) {
    ctx.addIssue({ code: 'custom', message: 'expected an ISO date-time such as 2026-11-20T08:15:00' });
  }
  return at;
});

export const anyDateTime = dateTime.catch(null);

/**
 * Year, month and day of `yyyymmdd`, an ISO date or `dd/mm/yyyy`, a Buddhist year made Gregorian: nobody alive was born in the
 * Gregorian 2400s nor before the Buddhist ones, and nothing that NHSO tells of lies there. Null for what is none of these.
 */
function gregorian(date: string): { year: string; month: string; day: string } | null {
  const [, year = '', month = '', day = ''] = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(date) ?? [];
  if (year !== '') return { year: gregorianYear(year), month, day };
  const [, dd = '', mm = '', yyyy = ''] = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/.exec(date) ?? [];
  if (yyyy === '') return null;
  return { year: gregorianYear(yyyy), month: mm.padStart(2, '0'), day: dd.padStart(2, '0') };
}

function gregorianYear(year: string): string {
  return Number(year) >= 2400 ? String(Number(year) - 543) : year;
}

/** Date and time of day of what begins with a date: `25600101`, `2026-11-20T08:15:00`, `20/11/2569 08:15`. */
const DATE_AND_TIME = /^([\d/-]{8,10})(?:[T ]\s*(\d{1,2}:\d{2}\S*))?$/;

/** Buddhist or Gregorian to a Gregorian `YYYY[-MM[-DD]]`, as far as it is known; null for what is no date. */
export const birthDate = digitsTo(40, 8)
  .catch(null)
  .transform((v) => {
    const date = gregorian(DATE_AND_TIME.exec(v ?? '')?.[1] ?? '');
    if (date === null || Number(date.year) === 0) return null;
    const { year, month, day } = date;
    if (month === '00') return year;
    if (day === '00') return Number(month) <= 12 ? `${year}-${month}` : null;
    return parseServiceDate(`${year}-${month}-${day}`) as string | null;
  });

/**
 * A moment as the web services write it: as {@link DATE_AND_TIME}, without a zone Asia/Bangkok, a year from 2400 on Buddhist. A
 * date alone is its first moment. Null for anything else: it is not stated then.
 */
export const anyMoment = digitsTo(40, 8)
  .catch(null)
  .transform((v): Instant | null => {
    const [, day = '', time] = DATE_AND_TIME.exec(v ?? '') ?? [];
    const date = gregorian(day);
    if (date === null || Number(date.year) < 1900) return null;
    const iso = parseServiceDate(`${date.year}-${date.month}-${date.day}`);
    if (iso === null) return null;
    if (time === undefined) return startOfServiceDate(iso);
    return parseBangkokDateTime(
      `${iso}T${time.padStart(time.indexOf(':') === 1 ? time.length + 1 : 0, '0')}`,
    );
  });

/** A map: an object would also know "constructor". */
const SEXES: ReadonlyMap<string, 'male' | 'female'> = new Map([
  ['ชาย', 'male'],
  ['1', 'male'],
  ['หญิง', 'female'],
  ['2', 'female'],
]);

export const sex = anyText.transform((v) => SEXES.get(v ?? '') ?? null);

export const hospital = z
  .object({ hcode: digits(5), hname: anyTextTo(200) })
  .nullish()
  .catch(null)
  .transform((v) => (v?.hcode == null ? null : { hcode: v.hcode, hname: v.hname }));
