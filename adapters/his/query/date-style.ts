/**
 * How a HIS writes dates and times: `yyyy-MM-dd`, `dd/MM/BBBB HH:mm`, `yyyyMMdd` … The same pattern reads what the HIS holds and
 * writes what it is asked for, so that a date that stands as text is found by its index. `BBBB` is the Buddhist year.
 *
 * A year past 2400 is Buddhist whatever the pattern says, and an earlier one Gregorian: programs that stand beside the HIS write
 * the other one.
 */

import {
  bangkokIso,
  type Instant,
  parseBangkokDateTime,
  parseServiceDate,
  type ServiceDate,
} from '../../../src/domain/bangkok.ts';

const PARTS = {
  yyyy: { part: 'year', reads: String.raw`(?<year>\d{4})` },
  BBBB: { part: 'year', reads: String.raw`(?<year>\d{4})` },
  yy: { part: 'year', reads: String.raw`(?<year>\d{2})` },
  BB: { part: 'year', reads: String.raw`(?<year>\d{2})` },
  MM: { part: 'month', reads: String.raw`(?<month>\d{2})` },
  M: { part: 'month', reads: String.raw`(?<month>\d{1,2})` },
  dd: { part: 'day', reads: String.raw`(?<day>\d{2})` },
  d: { part: 'day', reads: String.raw`(?<day>\d{1,2})` },
  HH: { part: 'hour', reads: String.raw`(?<hour>\d{2})` },
  H: { part: 'hour', reads: String.raw`(?<hour>\d{1,2})` },
  mm: { part: 'minute', reads: String.raw`(?<minute>\d{2})` },
  ss: { part: 'second', reads: String.raw`(?<second>\d{2})` },
} as const;

type Token = keyof typeof PARTS;
type Part = (typeof PARTS)[Token]['part'];

const PIECE = /yyyy|BBBB|yy|BB|MM?|dd?|HH?|mm|ss|[^A-Za-z]|T/y;

/** What follows a time without being asked for: fractions of a second, and the zone of a column that holds instants. */
const TAIL = String.raw`(?:\.\d{1,9})?(?<zone>Z|[+-]\d{2}(?::?\d{2})?)?`;

/** The parts of a date as they stand, months and days `00` included. */
export interface DateParts {
  /** Gregorian, four digits. */
  year: string;
  month: string;
  day: string;
}

export class DateStyle {
  /** As the configuration has it; in messages. */
  readonly pattern: string;
  readonly #pieces: readonly string[];
  readonly #expression: RegExp;
  readonly #has: ReadonlySet<Part>;

  /** The configuration's schema has looked at the pattern; one that it would refuse throws a plain Error. */
  constructor(pattern: string) {
    this.pattern = pattern;
    const pieces: string[] = [];
    PIECE.lastIndex = 0;
    while (PIECE.lastIndex < pattern.length) {
      const [piece] = PIECE.exec(pattern) ?? [];
      if (piece === undefined) throw new Error(`no date pattern: ${pattern}`);
      pieces.push(piece);
    }
    this.#pieces = pieces;
    this.#has = new Set(pieces.flatMap((piece) => (isToken(piece) ? [PARTS[piece].part] : [])));
    this.#expression = new RegExp(`^${this.#reads()}$`);
  }

  #reads(): string {
    const body = this.#pieces.map((piece) =>
      isToken(piece) ? PARTS[piece].reads : piece.replace(/[^\w\s]/, String.raw`\$&`),
    );
    // a pattern of a date alone reads a column that holds a time besides
    if (!this.#has.has('hour')) return `${body.join('')}(?:[ T].*)?`;
    // seconds may be missing, where they come last
    if (this.#pieces.at(-1) === 'ss' && body.length > 2) {
      return `${body.slice(0, -2).join('')}(?:${body.slice(-2).join('')})?${TAIL}`;
    }
    return `${body.join('')}${TAIL}`;
  }

  /** The date, checked against nothing yet; null when the text is of another form. */
  parts(text: string): DateParts | null {
    const found = text.match(this.#expression)?.groups;
    if (found?.year === undefined) return null;
    return {
      year: this.#gregorian(found.year),
      month: (found.month ?? '00').padStart(2, '0'),
      day: (found.day ?? '00').padStart(2, '0'),
    };
  }

  date(text: string): ServiceDate | null {
    const found = this.parts(text);
    return found === null ? null : parseServiceDate(`${found.year}-${found.month}-${found.day}`);
  }

  /** `HH:MM:SS`; null when the text is of another form or no time of a day. */
  time(text: string): string | null {
    const found = text.match(this.#expression)?.groups;
    if (found?.hour === undefined) return null;
    const time = [found.hour, found.minute ?? '00', found.second ?? '00']
      .map((part) => part.padStart(2, '0'))
      .join(':');
    return /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(time) ? time : null;
  }

  /** The moment of a text that holds date and time: Bangkok's, or that of the zone which stands with it. */
  instant(text: string): Instant | null {
    const date = this.date(text);
    const time = this.time(text);
    if (date === null || time === null) return null;
    const zone = text.match(this.#expression)?.groups?.zone ?? '';
    return parseBangkokDateTime(`${date}T${time}${zone.length === 3 ? `${zone}:00` : zone}`);
  }

  /** An instant as the HIS would write it, in Bangkok's time. */
  write(at: Instant): string {
    const [year = '', month = '', day = '', hour = '', minute = '', second = ''] = bangkokIso(at)
      .slice(0, 19)
      .split(/[-T:]/);
    const buddhist = String(Number(year) + 543);
    const written: Record<Token, string> = {
      yyyy: year,
      BBBB: buddhist,
      yy: year.slice(-2),
      BB: buddhist.slice(-2),
      MM: month,
      M: String(Number(month)),
      dd: day,
      d: String(Number(day)),
      HH: hour,
      H: String(Number(hour)),
      mm: minute,
      ss: second,
    };
    return this.#pieces.map((piece) => (isToken(piece) ? written[piece] : piece)).join('');
  }

  /** The same with the year of the other era. */
  inOtherEra(): DateStyle {
    const others: Record<string, string> = { yyyy: 'BBBB', BBBB: 'yyyy', yy: 'BB', BB: 'yy' };
    return new DateStyle(this.#pieces.map((piece) => others[piece] ?? piece).join(''));
  }

  #gregorian(year: string): string {
    const of = Number(year);
    if (year.length === 2) return String(this.#pieces.includes('BB') ? 2500 + of - 543 : 2000 + of);
    return of >= 2400 ? String(of - 543) : year;
  }
}

function isToken(piece: string): piece is Token {
  return Object.hasOwn(PARTS, piece);
}
