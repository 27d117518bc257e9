/** `POST /api/card-reads`: what a reader worker, or a program that certifies, sends, and what it gets. */

import { z } from 'zod';
import { DAY_MS, type Instant } from '../../domain/bangkok.ts';
import { CERTIFIER_ROLES, isOwnCard, READ_KINDS } from '../../domain/card-read.ts';
import { CASE_STATES } from '../../domain/case.ts';
import { type CitizenId, parseCitizenId } from '../../domain/citizen-id.ts';
import { isWholeJpeg } from '../../domain/jpeg.ts';
import { parseMobile } from '../../domain/phone.ts';
import { atMost } from '../../length-limits.ts';
import { type FieldFault, InvalidRequest, Refusal } from '../problem.ts';
import {
  bangkokTime,
  dateTimeSchema,
  hcodeSchema,
  instantOf,
  orNull,
  stationIdSchema,
  text,
} from './basic.ts';

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

const readId = z.guid({ error: 'expected a UUID, made once at the moment of the read' }).toLowerCase();

const phone = z
  .string({ error: 'expected a mobile' })
  .check(atMost(40, 'expected at most 40 characters'))
  .refine(
    (value) => parseMobile(value) !== null,
    "expected the patient's or guardian's own 10-digit mobile (06…, 08…, 09…)",
  );

const certifier = z.strictObject({
  cardReadId: readId.meta({
    description: "Of the read of the certifier's own card: at this station, within the 10 minutes before.",
  }),
  role: z.enum(CERTIFIER_ROLES, `expected one of ${CERTIFIER_ROLES.join(', ')}`),
  relation: words(200, 'expected how the certifier and the patient are related').meta({
    description: 'To the patient (ความสัมพันธ์).',
  }),
  reason: words(500, "expected why the patient's own card is not read"),
});

/** Bytes of a photo. */
const PHOTO_LIMIT = 1024 * 1024;
/** Bytes of a whole message: a photo as base64, and the rest. */
export const CARD_READ_LIMIT = 1.5 * 1024 * 1024;
const A_PHOTO = `expected a whole JPEG picture of at most ${PHOTO_LIMIT / 1024} kB, as base64`;

const photo = z
  .string({ error: A_PHOTO })
  .check(atMost(Math.ceil(PHOTO_LIMIT / 3) * 4, A_PHOTO))
  .refine(isPhoto, A_PHOTO)
  .meta({
    description: 'A JPEG of at most 1 MB, base64. It is stored encrypted, and deleted after some days.',
  });

/** Text that says something. */
function words(max: number, expected: string) {
  return text(max)
    .transform((value) => value.trim())
    .refine((value) => value !== '', expected);
}

function isPhoto(base64: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && isWholeJpeg(Buffer.from(base64, 'base64'));
}

export const cardReadSchema = z
  .strictObject({
    id: readId.meta({
      description: 'Made once at the moment of the read: the same read sent twice is one read.',
    }),
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
      .meta({
        description: "The patient's citizen id: of the card, or typed for a certified or photo read.",
      }),
    readAt: dateTimeSchema.meta({
      description: 'When the card was read: at most 5 minutes ahead of the bridge, at most 7 days old.',
    }),
    kind: z.enum(READ_KINDS, `expected one of ${READ_KINDS.join(', ')}`).meta({
      description:
        'card-only: NHSO could not be reached, the card alone was read. certified: no card of the patient; somebody ' +
        'certifies with their own. photo: a photo of face and card. With the last two no code is asked for: a person ' +
        "does that on NHSO's page, and the bridge finds it.",
    }),
    correlationId: orNull(text(100)),
    claimTypes: z
      .array(z.strictObject({ claimType: text(20), claimTypeName: orNull(text(1000)) }))
      .check(atMost(100, 'expected at most 100 claim types'))
      .default([]),
    right: orNull(right),
    person: person.prefault({}),
    phone: orNull(phone).meta({
      description: 'Of a certified or photo read: the mobile of the patient or guardian.',
    }),
    certifier: orNull(certifier).meta({ description: 'Of a certified read.' }),
    photo: orNull(photo).meta({ description: 'Of a photo read: JPEG of at most 1 MB, base64.' }),
  })
  .superRefine((read, ctx) => {
    for (const { field, expected } of faultsOfKind(read)) {
      ctx.addIssue({ code: 'custom', path: [field], message: expected });
    }
  })
  .meta({ id: 'CardRead' });

interface OfKind {
  kind: (typeof READ_KINDS)[number];
  correlationId: unknown;
  claimTypes: readonly unknown[];
  right: unknown;
  person: object;
  phone: unknown;
  certifier: unknown;
  photo: unknown;
}

/** What a read of this kind must have, and what it cannot: nobody types what only a card or NHSO tells. */
function faultsOfKind(read: OfKind): FieldFault[] {
  const { kind } = read;
  const isCard = isOwnCard(kind);
  const isThere = {
    correlationId: read.correlationId !== null,
    claimTypes: read.claimTypes.length > 0,
    right: read.right !== null,
    person: Object.values(read.person).some((value) => value !== null),
    phone: read.phone !== null,
    certifier: read.certifier !== null,
    photo: read.photo !== null,
  };
  const must: Partial<Record<keyof typeof isThere, boolean>> = {
    ...(isCard ? {} : { correlationId: false, claimTypes: false, right: false, person: false }),
    phone: !isCard,
    certifier: kind === 'certified',
    photo: kind === 'photo',
  };
  return Object.entries(must).flatMap(([field, isWanted]) => {
    if (isThere[field as keyof typeof isThere] === isWanted) return [];
    const expected = isWanted
      ? `expected with a read of kind "${kind}"`
      : `expected none with a read of kind "${kind}"`;
    return [{ field, expected }];
  });
}

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

export const recentCardsSchema = z
  .strictObject({
    items: z.array(
      z.strictObject({
        id: z.string().meta({ description: 'To be named by a certified read.' }),
        kind: z.enum(READ_KINDS),
        readAt: bangkokTime,
        certifiesUntil: bangkokTime,
        pid: z.string().meta({ description: 'Masked.' }),
        titleName: z.string().nullable(),
        fname: z.string().nullable(),
        lname: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'RecentCards' });

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
