/**
 * Bangkok time. Instants are UTC epoch milliseconds; a service date is the calendar date in Asia/Bangkok.
 * Thailand is UTC+07:00 without daylight saving since 1920, so a fixed offset is exact and needs no library.
 */

/** UTC epoch milliseconds. */
export type Instant = number;

/** A Gregorian calendar date in Asia/Bangkok, `YYYY-MM-DD`. */
export type ServiceDate = string & { readonly __brand: 'ServiceDate' };

const OFFSET_MS = 7 * 3_600_000;
export const DAY_MS = 86_400_000;

export function serviceDateOf(at: Instant): ServiceDate {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 10) as ServiceDate;
}

/** Reads `YYYY-MM-DD`; null when it is not a date of the calendar. */
export function parseServiceDate(text: string): ServiceDate | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : (text as ServiceDate);
}

/** The instant at which the service date begins in Bangkok. */
export function startOfServiceDate(date: ServiceDate): Instant {
  return Date.parse(`${date}T00:00:00Z`) - OFFSET_MS;
}

/** The first instant that no longer belongs to the service date. */
export function endOfServiceDate(date: ServiceDate): Instant {
  return startOfServiceDate(date) + DAY_MS;
}

/** The service date `days` later (or earlier, when negative). */
export function addDays(date: ServiceDate, days: number): ServiceDate {
  return serviceDateOf(startOfServiceDate(date) + days * DAY_MS);
}

/** Time of day in Bangkok, `HH:MM:SS`. */
export function timeOfDay(at: Instant): string {
  return new Date(at + OFFSET_MS).toISOString().slice(11, 19);
}

/** `2026-11-20T08:15:00+07:00`, as FHIR and people want it. */
export function bangkokIso(at: Instant): string {
  return `${new Date(at + OFFSET_MS).toISOString().slice(0, 19)}+07:00`;
}

/**
 * Reads an ISO date-time without a zone as Bangkok time (the way NHSO's agent and the HIS databases write it),
 * and one with a zone as what it says. Null when it is neither; 24:00 is no time of the day that it stands beside.
 */
export function parseBangkokDateTime(text: string): Instant | null {
  const match =
    /^(\d{4}-\d{2}-\d{2})[T ]((?:[01]\d|2[0-3]):\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(
      text.trim(),
    );
  if (match === null || parseServiceDate(match[1] as string) === null) return null;
  const ms = Date.parse(`${match[1]}T${match[2]}${(match[3] ?? ':00').slice(0, 7)}${match[4] ?? '+07:00'}`);
  return Number.isNaN(ms) ? null : ms;
}
