/** The values of a SELECT over one service date, each in the style of the HIS. */

import { addDays, type Instant, type ServiceDate, startOfServiceDate } from '../../../src/domain/bangkok.ts';
import type { QueryOptions } from '../options.ts';
import { DateStyle } from './date-style.ts';
import type { Values } from './statement.ts';
import type { Styles } from './to-visit.ts';

export function stylesOf(dates: QueryOptions['dates']): Styles {
  return {
    date: new DateStyle(dates.date),
    otherDate: new DateStyle(dates.date).inOtherEra(),
    time: new DateStyle(dates.time),
    dateTime: new DateStyle(dates.dateTime),
    birthDate: new DateStyle(dates.birthDate),
    issuedAt: new DateStyle(dates.issuedAt),
  };
}

/**
 * `:date`, `:otherDate` (the same day with the year of the other era), `:nextDate` (the day after), `:from` and `:until` (moments; the second is the start of the day after), `:fromTime`.
 * Without `from` the day from its start on.
 */
export function dayValues(styles: Styles, date: ServiceDate, from?: Instant): Values {
  const next = startOfServiceDate(addDays(date, 1));
  const first = from ?? startOfServiceDate(date);
  return {
    date: styles.date.write(startOfServiceDate(date)),
    otherDate: styles.otherDate.write(startOfServiceDate(isOfBothEras(date) ? date : addDays(date, -1))),
    nextDate: styles.date.write(next),
    from: styles.dateTime.write(first),
    fromTime: styles.time.write(first),
    until: styles.dateTime.write(next),
  };
}

/** 29 February is a day in one era's number of the year, and none in the other's: its engine would refuse it as a date. */
function isOfBothEras(date: ServiceDate): boolean {
  return !date.endsWith('-02-29');
}
