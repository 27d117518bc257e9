/** `--date`: a service date as people give it. */

import {
  addDays,
  type Instant,
  parseServiceDate,
  type ServiceDate,
  serviceDateOf,
} from '../../domain/bangkok.ts';

const BUDDHIST_YEARS_AHEAD = 543;
/** No hospital reconciles a day of the Gregorian year 2400; in the Buddhist calendar it is 1857. */
const FIRST_BUDDHIST_YEAR = 2400;

const EXPECTED = 'expected a service date such as 2026-11-19, or "yesterday"';

/** The service date, or what is wrong with it. A Buddhist year is not guessed away: the Gregorian date is named. */
export function readDay(text: string, now: Instant): { date: ServiceDate } | { wrong: string } {
  const today = serviceDateOf(now);
  if (text === 'yesterday') return { date: addDays(today, -1) };
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? reversed(text);
  if (year === undefined) return { wrong: EXPECTED };
  const isBuddhist = Number(year) >= FIRST_BUDDHIST_YEAR;
  const gregorian = isBuddhist ? String(Number(year) - BUDDHIST_YEARS_AHEAD) : year;
  const date = parseServiceDate(`${gregorian}-${month}-${day}`);
  if (date === null) return { wrong: `expected a day of the calendar, such as 2026-11-19` };
  if (isBuddhist) return { wrong: `expected a Gregorian date: write ${date} for the year ${year} (พ.ศ.)` };
  if (date !== text) return { wrong: `expected it as ${date}` };
  if (date > today) return { wrong: `expected a day that has begun; today is ${today}` };
  return { date };
}

/** `19/11/2569`, `19-11-2026`: all of it, year, month, day. */
function reversed(text: string): (string | undefined)[] {
  const [all, day, month, year] = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/.exec(text) ?? [];
  return [all, year, month?.padStart(2, '0'), day?.padStart(2, '0')];
}
