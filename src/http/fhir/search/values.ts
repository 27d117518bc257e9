/** How FHIR writes the values of a search: alternatives, tokens, references, dates. Pure text work. */

import { type Instant, parseServiceDate, startOfServiceDate } from '../../../domain/bangkok.ts';
import { badParameter } from '../outcome.ts';

/** `a,b\,c` is `a` and `b,c`; escapes stay in place, {@link unescaped} takes them away when all cutting is done. */
export function alternatives(value: string): string[] {
  return cut(value, ',').filter((part) => part.trim() !== '');
}

export interface Token {
  /** Null: any system (`code`). Empty: none (`|code`). */
  system: string | null;
  /** Empty: any code of the system (`system|`). */
  code: string;
}

export function parseToken(value: string, param: string): Token {
  const parts = cut(value, '|').map(unescaped);
  if (parts.length > 2) throw badParameter(param, 'expected code, system|code, |code or system|');
  const [first = '', second] = parts;
  const token = second === undefined ? { system: null, code: first } : { system: first, code: second };
  if (token.code === '' && (token.system ?? '') === '') {
    throw badParameter(param, 'expected a code or a system beside the bar');
  }
  return token;
}

/**
 * The id in `Type/id`, `id` or `{base}/Type/id`; null when the reference is sound but names something that is not a
 * `type` of this server, so that nothing can match.
 */
export function parseReference(value: string, type: string, base: string, param: string): string | null {
  const text = unescaped(value);
  const local = text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text;
  if (/^[a-z][a-z0-9+.-]*:/i.test(local)) return null;
  const match = /^(?:([A-Z][A-Za-z]+)\/)?([A-Za-z0-9\-.]{1,64})$/.exec(local);
  if (match === null) throw badParameter(param, `expected ${type}/{id}, {id} or the whole address of one`);
  return match[1] === undefined || match[1] === type ? (match[2] as string) : null;
}

export const DATE_PREFIXES = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'sa', 'eb'] as const;
export type DatePrefix = (typeof DATE_PREFIXES)[number];

export interface DateValue {
  prefix: DatePrefix;
  /** The span that the text covers: `2026-11` is a whole month in Bangkok. Half-open, UTC. */
  from: Instant;
  to: Instant;
  /** Whole days in Bangkok: no time of day was given. */
  wholeDays: boolean;
}

const DATE =
  /^([a-z]{2})?(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+ -]\d{2}:\d{2})?)?)?)?$/;

const EXPECTED =
  'expected a date such as ge2026, 2026-11, 2026-11-20 or 2026-11-20T08:30:00+07:00, with eq, ne, gt, ge, lt, le, sa or eb before it';

/** A time without a zone is Bangkok time. */
export function parseDate(value: string, param: string): DateValue {
  const match = DATE.exec(unescaped(value));
  const prefix = (match?.[1] ?? 'eq') as DatePrefix;
  if (match === null || !DATE_PREFIXES.includes(prefix)) throw badParameter(param, EXPECTED);
  const [, , year = '', month, day, hour, minute, second, fraction, zone] = match;
  const date = parseServiceDate(`${year}-${month ?? '01'}-${day ?? '01'}`);
  // below, a calendar written in four digits ends; nobody looks for visits there
  if (date === null || year < '1000' || year > '9998') throw badParameter(param, EXPECTED);
  if (hour === undefined || minute === undefined) {
    const from = startOfServiceDate(date);
    return { prefix, from, to: nextSpan(year, month, day), wholeDays: true };
  }
  const millis = (fraction ?? '').padEnd(3, '0').slice(0, 3);
  // a plus sign that was not escaped arrives as a space
  const offset = (zone ?? '+07:00').replace(' ', '+');
  const from = Date.parse(`${date}T${hour}:${minute}:${second ?? '00'}.${millis}${offset}`);
  if (Number.isNaN(from)) throw badParameter(param, EXPECTED);
  const length = second === undefined ? 60_000 : fraction === undefined ? 1000 : 1;
  return { prefix, from, to: from + length, wholeDays: false };
}

function nextSpan(year: string, month: string | undefined, day: string | undefined): Instant {
  const [y, m, d] = [Number(year), Number(month ?? '1'), Number(day ?? '1')];
  if (month === undefined) return bangkokMidnight(y + 1, 1, 1);
  return day === undefined ? bangkokMidnight(y, m + 1, 1) : bangkokMidnight(y, m, d + 1);
}

function bangkokMidnight(year: number, month: number, day: number): Instant {
  return Date.UTC(year, month - 1, day, -7);
}

/** Cuts at a separator that no backslash stands before. */
function cut(text: string, separator: ',' | '|'): string[] {
  const parts: string[] = [''];
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === separator) {
      parts.push('');
      continue;
    }
    const piece = char === '\\' ? text.slice(i, i + 2) : char;
    i += piece.length - 1;
    parts[parts.length - 1] += piece;
  }
  return parts;
}

function unescaped(text: string): string {
  return text.replace(/\\([\\,|$])/g, '$1');
}
