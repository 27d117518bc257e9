/**
 * How the agent writes things, one schema a kind of value. Keys may be absent or null, codes may be numbers. Values that
 * decide something (person, code, dates of codes) are strict; values that only describe become null when they cannot be
 * read, so that an odd title never costs a patient the read.
 */

import { z } from 'zod';
import { type Instant, parseBangkokDateTime, parseServiceDate } from '../../src/domain/bangkok.ts';

/** More than any text of the contract; what is longer is not what the field says. */
const TEXT_MAX = 500;

/** A code has less than this. */
const CODE_MAX = 20;

/** Text that every store can hold: no NUL (PostgreSQL has none), no half of a surrogate pair. */
function plain(max: number) {
  return z
    .string()
    .max(max)
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

/** A code of digits that a JSON number has robbed of its leading zeros. */
export function digits(length: number) {
  return z
    .union([plain(CODE_MAX), z.int().nonnegative()])
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

/** Buddhist `yyyymmdd` to Gregorian, as far as it is known; null for what is no date. */
export const birthDate = digits(8)
  .catch(null)
  .transform((v) => {
    const [, year = '', month = '', day = ''] = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(v ?? '') ?? [];
    if (Number(year) === 0) return null;
    // nobody alive was born in the Gregorian 2400s, nor before the Buddhist ones
    const gregorian = Number(year) >= 2400 ? String(Number(year) - 543) : year;
    if (month === '00') return gregorian;
    if (day === '00') return Number(month) <= 12 ? `${gregorian}-${month}` : null;
    return parseServiceDate(`${gregorian}-${month}-${day}`) as string | null;
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
