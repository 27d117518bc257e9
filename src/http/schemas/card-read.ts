/** `POST /api/card-reads`: what a reader worker sends, and what it gets. */

import { z } from 'zod';
import { DAY_MS, type Instant } from '../../domain/bangkok.ts';
import { CASE_STATES } from '../../domain/case.ts';
import { type CitizenId, parseCitizenId } from '../../domain/citizen-id.ts';
import { atMost } from '../../length-limits.ts';
import { type FieldFault, InvalidRequest, Refusal } from '../problem.ts';
import { dateTimeSchema, hcodeSchema, instantOf, orNull, stationIdSchema, text } from './basic.ts';

/** A counter's clock may be this far ahead. */
const AHEAD_MS = 5 * 60_000;
/** Farther ahead no clock is wrong: a Buddhist year stands there. */
const NO_CLOCK_MS = 100 * 365 * DAY_MS;
/** When a read from the future may be sent again, seconds. */
const TOO_EARLY_S = 30;
/** A spool that is older than this serves no visit any more. */
const OLDEST_MS = 7 * DAY_MS;

const hospital = z.strictObject({ hcode: text(20), hname: orNull(text(200)) });

const right = z.strictObject({
  mainInscl: orNull(text(300)),
  subInscl: orNull(text(300)),
  hospMain: orNull(hospital),
  hospMainOp: orNull(hospital),
  hospSub: orNull(hospital),
  paidModel: orNull(text(50)),
  startDateTime: orNull(dateTimeSchema),
});

const person = z.strictObject({
  titleName: orNull(text(100)),
  fname: orNull(text(200)),
  lname: orNull(text(200)),
  birthDate: orNull(
    z.string().regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'expected a Gregorian YYYY, YYYY-MM or YYYY-MM-DD'),
  ),
  sex: orNull(z.enum(['male', 'female'], 'expected "male", "female" or null')),
  nation: orNull(text(100)),
});

export const cardReadSchema = z
  .strictObject({
    id: z
      .guid({ error: 'expected a UUID, made once at the moment of the read' })
      .toLowerCase()
      .meta({ description: 'Made once at the moment of the read: the same read sent twice is one read.' }),
    hcode: hcodeSchema.optional().meta({ description: 'May be left out when the key is bound to a site.' }),
    stationId: stationIdSchema
      .optional()
      .meta({ description: 'May be left out when the key is bound to a station.' }),
    pid: z
      .string({ error: 'expected a citizen id of 13 digits' })
      .transform((value, ctx): CitizenId => {
        const pid = parseCitizenId(value);
        if (pid !== null) return pid;
        ctx.addIssue({
          code: 'custom',
          message: 'expected a citizen id of 13 digits with a valid check digit',
        });
        return z.NEVER;
      })
      .meta({ description: 'Citizen id of the card.' }),
    readAt: dateTimeSchema.meta({
      description: 'When the card was read: at most 5 minutes ahead of the bridge, at most 7 days old.',
    }),
    kind: z
      .enum(['full', 'card-only'], 'expected "full" or "card-only"')
      .meta({ description: 'card-only: NHSO could not be reached, the card alone was read.' }),
    correlationId: orNull(text(100)),
    claimTypes: z
      .array(z.strictObject({ claimType: text(20), claimTypeName: orNull(text(1000)) }))
      .check(atMost(100, 'expected at most 100 claim types'))
      .default([]),
    right: orNull(right),
    person: person.prefault({}),
  })
  .meta({ id: 'CardRead' });

export const cardReadReceiptSchema = z
  .strictObject({
    id: z.string(),
    duplicate: z.boolean().meta({ description: 'This read was already here; nothing was changed.' }),
    paired: z
      .strictObject({ hcode: z.string(), vn: z.string(), state: z.enum(CASE_STATES) })
      .nullable()
      .meta({ description: 'The visit that the read serves, if any yet.' }),
    nhso: z
      .enum(['up', 'down'])
      .meta({ description: 'What the bridge knows of NHSO now; a reader goes to read-card-only on down.' }),
  })
  .meta({ id: 'CardReadReceipt' });

/**
 * The part of the check that needs the clock. A read from the future is not faulty: one of two clocks is wrong, this
 * one's perhaps, so it is to be sent again and not to be thrown away.
 */
export function checkReadTime(readAt: string, now: Instant): void {
  const at = instantOf(readAt);
  if (at > now + NO_CLOCK_MS) fail('expected a Gregorian year, and a time that is not in the future');
  if (at > now + AHEAD_MS) {
    throw new Refusal({
      code: 'clocks-differ',
      status: 425,
      detail: `readAt lies ${Math.round((at - now) / 60_000)} minutes ahead of the bridge's clock.`,
      next: "Put the counter's or the bridge's clock right, then send it again.",
      retryAfterSeconds: TOO_EARLY_S,
    });
  }
  if (at < now - OLDEST_MS) fail('expected a time within the last 7 days');
}

function fail(expected: string): never {
  const fault: FieldFault = { field: 'readAt', expected };
  throw new InvalidRequest([fault]);
}
