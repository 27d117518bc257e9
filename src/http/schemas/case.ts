/** Cases as the API shows them. Citizen id and phones are masked unless the whole ones were asked for. */

import { z } from 'zod';
import { CERTIFIER_ROLES, READ_KINDS } from '../../domain/card-read.ts';
import { CASE_STATES, STEPS } from '../../domain/case.ts';
import { RIGHT_ANSWERS, RIGHT_SOURCES } from '../../domain/found-right.ts';
import { MOBILE_SOURCES } from '../../domain/mobile.ts';
import { REASON_CODES } from '../../domain/reason-text.ts';
import { bangkokTime } from './basic.ts';

export const wordingSchema = z.strictObject({ th: z.string(), en: z.string() }).meta({ id: 'Wording' });

export const reasonTextSchema = z
  .strictObject({
    th: z.string(),
    en: z.string(),
    next: wordingSchema.meta({ description: 'What to do.' }),
  })
  .meta({ id: 'ReasonText' });

const state = z.enum(CASE_STATES).meta({ id: 'CaseState' });
const reason = z.enum(REASON_CODES).meta({ id: 'Reason' });
const time = bangkokTime.nullable();
const pid = z
  .string()
  .nullable()
  .meta({ description: 'Masked, such as 1-xxxx-xxxxx-01-4, unless the whole one was asked for.' });

const code = z
  .strictObject({
    claimCode: z.string(),
    claimType: z.string().nullable(),
    issuedAt: time,
    source: z.enum(['confirm', 'lookup', 'his', 'his-log', 'staff']),
  })
  .meta({ id: 'HeldCode' });

const patient = z
  .strictObject({
    pid,
    pidValid: z.boolean().nullable().meta({ description: 'null: the HIS holds none.' }),
    title: z.string().nullable(),
    fname: z.string().nullable(),
    lname: z.string().nullable(),
    birthDate: z.string().nullable(),
    sex: z.enum(['male', 'female']).nullable(),
    nationality: z.string().nullable(),
    mobile: z.string().nullable().meta({ description: 'The one sent to NHSO, masked like the citizen id.' }),
    mobileSource: z.enum(MOBILE_SOURCES).nullable().meta({
      description: 'his: the HIS. staff: given for this case. counter: given with a certified or photo read.',
    }),
  })
  .meta({ id: 'CasePatient' });

const base = z.strictObject({
  hcode: z.string(),
  vn: z.string(),
  hn: z.string().nullable(),
  an: z.string().nullable(),
  serviceDate: z.iso.date(),
  startedAt: bangkokTime,
  state,
  stateText: wordingSchema,
  reason: reason.nullable(),
  reasonText: reasonTextSchema.nullable(),
  reasonDetail: z.string().nullable(),
  code: code.nullable(),
  claimType: z.string().nullable(),
  patient,
  right: z
    .strictObject({
      code: z.string(),
      name: z.string().nullable(),
      scheme: z.string().nullable(),
      hospMain: z.string().nullable(),
      hospSub: z.string().nullable(),
    })
    .nullable(),
  department: z.strictObject({ code: z.string(), name: z.string().nullable() }).nullable(),
  kind: z.enum(['outpatient', 'inpatient']),
  stationId: z.string().nullable(),
  readKind: z.enum(READ_KINDS).nullable(),
  readAt: time,
  askedAt: time.meta({ description: 'When NHSO was asked for a code.' }),
  writtenAt: time,
  nextStep: z.enum(STEPS).nullable(),
  dueAt: time,
  createdAt: bangkokTime,
  updatedAt: bangkokTime,
  version: z.int(),
});

export const caseSchema = base.meta({ id: 'Case' });

export const candidateSchema = z
  .strictObject({
    claimCode: z.string(),
    claimType: z.string().nullable(),
    hcode: z.string().nullable(),
    issuedAt: time,
    misfits: z.array(
      z.enum([
        'person',
        'hospital',
        'date',
        'claim-type',
        'close-visit-code',
        'not-a-code',
        'held-by-other-visit',
      ]),
    ),
    heldBy: z
      .string()
      .nullable()
      .meta({ description: 'Visit number that holds the code; null when it is of another hospital.' }),
  })
  .meta({ id: 'Candidate' });

const hospital = z.strictObject({ hcode: z.string(), hname: z.string().nullable() }).nullable();

const nhsoRight = z.strictObject({
  mainInscl: z.string().nullable(),
  subInscl: z.string().nullable(),
  hospMain: hospital,
  hospMainOp: hospital,
  hospSub: hospital,
  paidModel: z.string().nullable(),
  startDateTime: time,
});

const foundRight = z
  .strictObject({
    answer: z.enum(RIGHT_ANSWERS).meta({
      description:
        'no-right: NHSO knows the person and names none. unknown-person: NHSO does not know the citizen id.',
    }),
    source: z.enum(RIGHT_SOURCES).meta({ description: "NHSO's service that was asked." }),
    askedAt: bangkokTime,
    right: nhsoRight.nullable(),
    person: z
      .strictObject({
        title: z.string().nullable(),
        fname: z.string().nullable(),
        lname: z.string().nullable(),
        birthDate: z.string().nullable(),
        sex: z.enum(['male', 'female']).nullable(),
        nationality: z.string().nullable(),
      })
      .nullable()
      .meta({ description: 'As NHSO knows them; compare with the patient.' }),
    isUsed: z.boolean().meta({ description: 'false: there is none, or what a card read told goes first.' }),
  })
  .meta({ id: 'FoundRight', description: 'What NHSO told by citizen id alone, while no card had come.' });

const pairedRead = z
  .strictObject({
    id: z.string(),
    stationId: z.string(),
    kind: z.enum(READ_KINDS),
    readAt: bangkokTime,
    receivedAt: bangkokTime,
    pid,
    claimTypes: z.array(z.strictObject({ claimType: z.string(), claimTypeName: z.string().nullable() })),
    right: nhsoRight.nullable(),
    person: z.strictObject({
      titleName: z.string().nullable(),
      fname: z.string().nullable(),
      lname: z.string().nullable(),
      birthDate: z.string().nullable(),
      sex: z.enum(['male', 'female']).nullable(),
      nation: z.string().nullable(),
    }),
    phone: z.string().nullable().meta({ description: 'Given with a certified or photo read; masked.' }),
    certifier: z
      .strictObject({
        cardReadId: z.string(),
        role: z.enum(CERTIFIER_ROLES),
        relation: z.string(),
        reason: z.string(),
        pid,
        titleName: z.string().nullable(),
        fname: z.string().nullable(),
        lname: z.string().nullable(),
      })
      .nullable()
      .meta({ description: 'Who certified; name and citizen id are those of their own card.' }),
    photoKeptUntil: time.meta({ description: 'Of a photo read; null once the photo is deleted.' }),
  })
  .meta({ id: 'PairedRead' });

const historyEntry = z
  .strictObject({
    seq: z.int(),
    at: bangkokTime,
    actor: z.string().meta({ description: '"bridge", or who decided.' }),
    event: z.string(),
    fromState: state.nullable(),
    toState: state,
    reason: reason.nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'HistoryEntry' });

export const caseDetailSchema = base
  .extend({
    candidates: z.array(candidateSchema).meta({ description: 'Codes that were seen but did not fit.' }),
    cardRead: pairedRead.nullable(),
    foundRight: foundRight.nullable(),
    history: z.array(historyEntry).meta({ description: 'The whole history, oldest first.' }),
  })
  .meta({ id: 'CaseDetail' });

export const casePageSchema = z
  .strictObject({
    items: z.array(caseSchema),
    next: z.string().nullable().meta({ description: 'Address of the next page; null on the last.' }),
  })
  .meta({ id: 'CasePage' });

export type CaseJson = z.infer<typeof caseSchema>;
export type CaseDetailJson = z.infer<typeof caseDetailSchema>;
