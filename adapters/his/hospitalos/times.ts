/**
 * HospitalOS's moments: `2569-11-28,08:15:00`, a text with a Buddhist year and Bangkok's wall clock. Such texts sort as
 * the moments do, under any collation, because every digit stands at its place; so a range of texts is a range of time,
 * and an index over the column answers it. Newer versions hold timestamps.
 */

import { sql } from 'kysely';
import {
  addDays,
  type Instant,
  parseBangkokDateTime,
  parseServiceDate,
  type ServiceDate,
  startOfServiceDate,
} from '../../../src/domain/bangkok.ts';
import { gregorian, wallClock } from '../fields.ts';
import type { SqlText } from '../sql/dialect.ts';
import type { Kind } from './column-details.ts';

const BUDDHIST = 543;

/**
 * Rows whose moment is on the date, from a time of day (`HH:MM:SS`) on. One that holds the date and no time always belongs.
 * The Gregorian year is looked for too (in a timestamp the Buddhist one): a program beside HospitalOS may write it.
 */
export function isOnDay(column: SqlText, kind: Kind, date: ServiceDate, fromTime?: string): SqlText {
  const ranges =
    kind === 'text' ? textRanges(column, date, fromTime) : momentRanges(column, kind, date, fromTime);
  return sql`(${sql.join(ranges, sql` or `)})`;
}

function textRanges(column: SqlText, date: ServiceDate, fromTime: string | undefined): SqlText[] {
  const next = addDays(date, 1);
  return [buddhist, (text: string) => text].flatMap((written) => {
    const [first, end] = [written(date), written(next)];
    if (fromTime === undefined) return [sql`(${column} >= ${first} and ${column} < ${end})`];
    return [
      sql`(${column} >= ${`${first},${fromTime}`} and ${column} < ${end})`,
      sql`${column} in (${first}, ${`${first},`})`,
    ];
  });
}

function momentRanges(column: SqlText, kind: Kind, date: ServiceDate, fromTime = '00:00:00'): SqlText[] {
  const next = addDays(date, 1);
  return [(text: string) => text, buddhist].flatMap((written) => {
    const [first, end] = [written(date), written(next)];
    // a 29 February that the Buddhist number of the year does not have
    if (parseServiceDate(first) === null || parseServiceDate(end) === null) return [];
    const [from, until] = [moment(`${first} ${fromTime}`, kind), moment(`${end} 00:00:00`, kind)];
    return [sql`(${column} >= ${from} and ${column} < ${until})`];
  });
}

/** Bangkok's wall clock (`YYYY-MM-DD HH:MM:SS`) as a moment of the column's kind. */
function moment(wall: string, kind: Kind): SqlText {
  return kind === 'timestamptz' ? sql`cast(${`${wall}+07`} as timestamptz)` : sql`cast(${wall} as timestamp)`;
}

/**
 * Rows whose moment no day can find: none, or a text that stands where no date of this age does. Each part is a range of
 * the index. What lies between the days of the year without being one is found at the year's two ends only.
 */
export function isAstray(column: SqlText, kind: Kind, date: ServiceDate): SqlText {
  if (kind !== 'text') return sql`${column} is null`;
  const ends = [buddhist(date), date].map((text) => {
    const year = Number(text.slice(0, 4));
    return sql`(${column} > ${`${year}-12-31,99`} and ${column} < ${String(year + 1)})`;
  });
  return sql`(${column} is null or ${column} < '19' or ${column} >= '28' or ${sql.join(ends, sql` or `)})`;
}

export interface Read {
  date: ServiceDate;
  startedAt: Instant;
  /** The time of day is there, and is none. */
  badTime: boolean;
}

/** Reads either form; years from 2400 on are Buddhist. A date without a time begins with the day. Null when it is no date. */
export function readMoment(text: string): Read | null {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[,T ]+(.*))?$/.exec(text);
  const date = parseServiceDate(gregorian(parts?.[1] ?? ''));
  if (date === null) return null;
  const time = parts?.[2]?.trim() ?? '';
  if (time === '') return { date, startedAt: startOfServiceDate(date), badTime: false };
  const at = parseBangkokDateTime(`${date}T${/^\d{2}:\d{2}(?::\d{2})?/.exec(time)?.[0] ?? ''}`);
  return { date, startedAt: at ?? startOfServiceDate(date), badTime: at === null };
}

/** The moment as the column's kind wants it. */
export function stamp(at: Instant, kind: Kind): SqlText {
  const wall = wallClock(at);
  return kind === 'text' ? sql`${buddhist(wall).replace(' ', ',')}` : moment(wall, kind);
}

/** A column of whatever kind as text, in Bangkok's wall clock. */
export function shownAsText(column: SqlText, kind: Kind): SqlText {
  if (kind === 'text') return column;
  const wall = kind === 'timestamptz' ? sql`(${column} at time zone 'Asia/Bangkok')` : column;
  return sql`cast(${wall} as text)`;
}

function buddhist(date: string): string {
  return `${Number(date.slice(0, 4)) + BUDDHIST}${date.slice(4)}`;
}
