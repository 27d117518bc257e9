import { parseServiceDate, type ServiceDate } from '../../../src/domain/bangkok.ts';

/** The site of the tests. */
export const HCODE = '10978';

export function day(text: string): ServiceDate {
  const date = parseServiceDate(text);
  if (date === null) throw new Error(`not a date: ${text}`);
  return date;
}

/** Bangkok time. */
export function at(date: string, time: string): number {
  return Date.parse(`${date}T${time}+07:00`);
}
