/** Pieces that several messages share. Every pattern says what was expected; no message quotes what was sent. */

import { z } from 'zod';
import { type Instant, parseServiceDate, type ServiceDate } from '../../domain/bangkok.ts';
import { atLeast, atMost } from '../../length-limits.ts';

/** Text that every store can hold: bounded, no NUL (PostgreSQL has none), no half of a surrogate pair. */
export function text(max: number) {
  return z
    .string({ error: 'expected text' })
    .check(atMost(max, `expected at most ${max} characters`))
    .refine((t) => !t.includes('\0') && t.isWellFormed(), 'expected text without NUL or broken characters');
}

export const hcodeSchema = z
  .string({ error: 'expected a hospital code' })
  .regex(/^([A-Za-z0-9]{5}|[A-Za-z0-9]{9})$/, 'expected a hospital code of 5 or 9 characters');

export const stationIdSchema = z
  .string({ error: 'expected a station id' })
  .regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected letters, digits, dots, dashes or underscores');

export const claimTypeSchema = z
  .string({ error: 'expected a claim type such as "PG0060001"' })
  .regex(/^PG\d{7}$/, 'expected a claim type such as "PG0060001"');

/** ISO 8601 with an offset, whatever the offset. */
export const dateTimeSchema = z.iso.datetime({
  offset: true,
  error: 'expected a date-time with an offset, such as 2026-11-20T08:15:00+07:00',
});

export const serviceDateSchema = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date as YYYY-MM-DD')
  .transform((value, ctx): ServiceDate => {
    const date = parseServiceDate(value);
    if (date !== null) return date;
    ctx.addIssue({ code: 'custom', message: 'expected a date of the calendar' });
    return z.NEVER;
  });

/** Address of one case. What a visit number looks like is the HIS's business: whatever the list shows can be read. */
export const caseParams = z.strictObject({
  hcode: hcodeSchema,
  vn: text(100)
    .check(atLeast(1))
    .meta({ description: 'Visit number, percent-encoded like any part of an address.' }),
});

/** Absent means null: the service sees one form only. */
export function orNull<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value): z.output<T> | null => value ?? null);
}

/** Instants leave as Bangkok time; this is what they look like. */
export const bangkokTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+07:00$/)
  .meta({ description: 'Bangkok time', examples: ['2026-11-20T08:15:00+07:00'] });

export function instantOf(dateTime: string): Instant {
  return Date.parse(dateTime);
}
