/** Dates as the report writes them, and as Excel makes them of that. Buddhist years end here. */

import {
  type Instant,
  parseServiceDate,
  type ServiceDate,
  startOfServiceDate,
} from '../../../src/domain/bangkok.ts';
import type { Cell } from './sheet.ts';
import { latinDigits, plain } from './values.ts';

/** A moment; or a day, when the cell told no time: then its first instant. */
export interface Moment {
  at: Instant;
  date: ServiceDate;
  hasTime: boolean;
}

/** No code is older than NHSO (2002); a year beyond these is another kind of year, or no year. */
const YEARS = { first: 2000, last: 2199 };
/** A year of this or more is Buddhist. */
const BUDDHIST_FROM = 2400;

const DAY_FIRST =
  /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:,?[ T]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d{1,9})?)?(?: ?น\.?)?)?$/;
const YEAR_FIRST =
  /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?$/;

/** Null for what is no date, or not surely one: a year of two digits, a month before a day. */
export function momentOf(cell: Cell, is1904: boolean): Moment | null {
  if (cell.kind === 'text' || cell.kind === 'date') return ofText(latinDigits(plain(cell.text)));
  return cell.kind === 'number' ? ofSerial(cell.text, is1904) : null;
}

function ofText(text: string): Moment | null {
  const first = DAY_FIRST.exec(text);
  if (first !== null) {
    const [, day, month, year, ...time] = first;
    return moment([year, month, day], time);
  }
  const [, year, month, day, ...time] = YEAR_FIRST.exec(text) ?? [];
  return year === undefined ? null : moment([year, month, day], time);
}

/**
 * Excel counts days from 1899-12-30 (its 29 February 1900, which never was, lies before any date here), or from 1904; the
 * time is a fraction, good to less than a millisecond. The year 2569 of that calendar is a Buddhist date that an Excel of
 * another country took for a date of its own: an American one has then read 05/11 as the 11th of May. Which it was cannot
 * be told where both days are possible.
 */
function ofSerial(text: string, is1904: boolean): Moment | null {
  if (!/^\d{1,7}(\.\d{1,20})?$/.test(text)) return null;
  const seconds = Math.round(Number(text) * 86_400);
  const date = new Date(Date.UTC(1899, 11, 30 + (is1904 ? 1462 : 0)) + seconds * 1_000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9_999) return null;
  const [day = '', time = ''] = date.toISOString().split('T');
  const [hour, minute, second] = time.slice(0, 8).split(':');
  if (date.getUTCFullYear() >= BUDDHIST_FROM && isSwappable(date)) return null;
  return moment(day.split('-'), seconds % 86_400 === 0 ? [] : [hour, minute, second]);
}

function isSwappable(date: Date): boolean {
  return date.getUTCDate() <= 12 && date.getUTCDate() !== date.getUTCMonth() + 1;
}

type Part = string | undefined;

function moment(
  [year, month, dayOfMonth]: readonly Part[],
  [hour, minute, second]: readonly Part[],
): Moment | null {
  const given = Number(year);
  const gregorian = given >= BUDDHIST_FROM ? given - 543 : given;
  if (gregorian < YEARS.first || gregorian > YEARS.last) return null;
  const day = dayOf(`${gregorian}-${two(month)}-${two(dayOfMonth)}`);
  const [h, m, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (day === null || h > 23 || m > 59 || s > 59) return null;
  return { at: day.start + ((h * 60 + m) * 60 + s) * 1_000, date: day.date, hasTime: hour !== undefined };
}

function two(part: Part): string {
  return (part ?? '').padStart(2, '0');
}

let latest: { text: string; day: { date: ServiceDate; start: Instant } | null } = { text: '', day: null };

/** Thousands of rows in turn are of one day: it is worked out once. */
function dayOf(text: string): (typeof latest)['day'] {
  if (latest.text === text) return latest.day;
  const date = parseServiceDate(text);
  latest = { text, day: date === null ? null : { date, start: startOfServiceDate(date) } };
  return latest.day;
}
