/** What cells say: texts, dates and times as HISs, Excel and clerks write them. Nothing is guessed: null is "cannot be read". */

import { parseServiceDate, type ServiceDate } from '../../../src/domain/bangkok.ts';

/** Years from here on are Buddhist. */
const BUDDHIST_FROM = 2400;

/** The text of a cell, or null when it is empty: `="0123"` and `'0123` are how Excel keeps a text of digits. */
export function cellText(cell: string | undefined): string | null {
  let text = (cell ?? '').trim();
  if (/[\0\ufeff]/.test(text)) text = text.replace(/[\0\ufeff]/g, '').trim();
  const formula = /^="(.*)"$/s.exec(text);
  if (formula !== null) text = (formula[1] as string).replaceAll('""', '"').trim();
  else if (/^'[\p{L}\p{N}=+\-@]/u.test(text)) text = text.slice(1).trim();
  return text === '' ? null : arabicDigits(text);
}

/** `1.23457E+12`: Excel has taken a number for one to calculate with, and its last digits are lost. */
export function isRounded(text: string): boolean {
  return /^\d+([.,]\d+)?E\+?\d+$/i.test(text);
}

export interface Moment {
  date: ServiceDate;
  /** `HH:MM:SS`; null when the cell holds a date only. */
  time: string | null;
}

const MONTHS: readonly (readonly string[])[] = [
  ['มกราคม', 'มค', 'january', 'jan'],
  ['กุมภาพันธ์', 'กพ', 'february', 'feb'],
  ['มีนาคม', 'มีค', 'march', 'mar'],
  ['เมษายน', 'เมย', 'april', 'apr'],
  ['พฤษภาคม', 'พค', 'may'],
  ['มิถุนายน', 'มิย', 'june', 'jun'],
  ['กรกฎาคม', 'กค', 'july', 'jul'],
  ['สิงหาคม', 'สค', 'august', 'aug'],
  ['กันยายน', 'กย', 'september', 'sep', 'sept'],
  ['ตุลาคม', 'ตค', 'october', 'oct'],
  ['พฤศจิกายน', 'พย', 'november', 'nov'],
  ['ธันวาคม', 'ธค', 'december', 'dec'],
];

const MONTH_OF = new Map(MONTHS.flatMap((names, i) => names.map((name) => [name, i + 1] as const)));

/**
 * A date, with or without a time. Day before month, as in Thailand; a value that only makes sense the other way round is
 * none. Two digits of a year count as Buddhist (69 = 2569) and are read only where `isVisit`.
 */
export function readMoment(text: string, isVisit: boolean): Moment | null {
  const [, day, rest] =
    /^(.*?\d)(?:[\sT,]+((?:\d{1,2}[:.]\d{2}|\d{1,2} ?(?:am|pm)).*))?$/is.exec(text.trim()) ?? [];
  if (day === undefined) return null;
  const compact = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?$/.exec(day);
  const date =
    compact === null ? readDate(day, isVisit) : ofParts(compact[1], compact[2], compact[3], isVisit);
  const clock = compact === null ? rest : `${compact[4]}:${compact[5]}:${compact[6] ?? '00'}`;
  if (date === null) return null;
  if (clock === undefined) return { date, time: null };
  const time = readTime(clock);
  return time === null ? null : { date, time };
}

function readDate(text: string, isVisit: boolean): ServiceDate | null {
  const iso = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/.exec(text) ?? null;
  if (iso !== null) return ofParts(iso[1], iso[3], iso[4], isVisit);
  const packed = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (packed !== null) return ofParts(packed[1], packed[2], packed[3], isVisit);
  const thai = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text);
  if (thai !== null) return ofParts(thai[4], thai[3], thai[1], isVisit);
  const named = /^(\d{1,2})[\s./-]*([\p{L}\p{M}.]+?)[\s./-]*(?:พ\.?ศ\.?\s*)?(\d{4}|\d{2})$/u.exec(text);
  if (named === null) return null;
  const month = MONTH_OF.get((named[2] as string).toLowerCase().replaceAll('.', ''));
  return month === undefined ? null : ofParts(named[3], String(month), named[1], isVisit);
}

/** `08:30`, `8:30:15`, `08.30 น.`, `0830`, `083015`, `8:30 PM`; null for anything else. */
export function readTime(text: string): string | null {
  const plain = text.trim().replace(/\s*(น\.?|นาฬิกา)$/, '');
  const parts =
    /^(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?(?:\s*([ap])\.?m\.?)?$/i.exec(plain) ??
    /^(\d{2})(\d{2})(\d{2})?$/.exec(plain) ??
    /^(\d{1,2})()()\s*([ap])\.?m\.?$/i.exec(plain);
  if (parts === null) return null;
  const half = parts[4]?.toLowerCase();
  const given = Number(parts[1]);
  if (half !== undefined && (given < 1 || given > 12)) return null;
  const hour = half === undefined ? given : (given % 12) + (half === 'p' ? 12 : 0);
  const [minute, second] = [Number(parts[2] || 0), Number(parts[3] || 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return [hour, minute, second].map((n) => String(n).padStart(2, '0')).join(':');
}

/** As far as it is known: `1980-00-00` and `2523` are 1980. Null when it says nothing. */
export function readBirth(text: string): string | null {
  const year = gregorianYear(/^(\d{4})([-/.]?00[-/.]?00)?$/.exec(text)?.[1], false);
  if (year !== null && /^\d{4}([-/.]?00[-/.]?00)?$/.test(text))
    return year > 0 ? String(year).padStart(4, '0') : null;
  const month = /^(\d{4})[-/](\d{2})([-/]00)?$/.exec(text);
  if (month !== null && Number(month[2]) >= 1 && Number(month[2]) <= 12) {
    return `${gregorianYear(month[1], false)}-${month[2]}`;
  }
  return readMoment(text, false)?.date ?? null;
}

function ofParts(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  isVisit: boolean,
): ServiceDate | null {
  const gregorian = gregorianYear(year, isVisit);
  if (gregorian === null) return null;
  const two = (part: string | undefined): string => (part ?? '').padStart(2, '0');
  return parseServiceDate(`${String(gregorian).padStart(4, '0')}-${two(month)}-${two(day)}`);
}

function gregorianYear(text: string | undefined, isVisit: boolean): number | null {
  if (text === undefined) return null;
  const year = Number(text);
  if (text.length === 2) return isVisit ? 2500 + year - 543 : null;
  return year >= BUDDHIST_FROM ? year - 543 : year;
}

function arabicDigits(text: string): string {
  return /[๐-๙]/.test(text) ? text.replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0x0e50)) : text;
}
