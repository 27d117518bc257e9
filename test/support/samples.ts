/**
 * Sample visits, cases and card reads for tests. Every person is invented: their citizen ids begin with 99 (no office
 * ever gives those out, and no time in epoch milliseconds looks like one) and have a valid check digit.
 *
 * Each function gives the same value for the same arguments; a test says only what it is about.
 */

import { type ServiceDate, serviceDateOf } from '../../src/domain/bangkok.ts';
import type { CardRead } from '../../src/domain/card-read.ts';
import type { Case } from '../../src/domain/case.ts';
import { type CitizenId, checkDigit } from '../../src/domain/citizen-id.ts';
import type { DoorAsk } from '../../src/domain/door-ask.ts';
import type { FoundRight } from '../../src/domain/found-right.ts';
import type { Visit } from '../../src/domain/visit.ts';

export const SAMPLE_HCODE = '10978';
/** 2026-11-20 08:30:00 in Bangkok. */
export const SAMPLE_AT = Date.UTC(2026, 10, 20, 1, 30);
export const SAMPLE_DATE: ServiceDate = serviceDateOf(SAMPLE_AT);

/** The n-th invented citizen id (n ≥ 0), with a valid check digit. */
export function sampleCitizenId(n: number): CitizenId {
  const first12 = `99${String(n).padStart(10, '0')}`;
  return `${first12}${checkDigit(first12)}` as CitizenId;
}

/** A visit of a Thai outpatient under UCS with one mobile, as an HIS adapter would tell of it. */
export function sampleVisit(overrides: Partial<Visit> = {}): Visit {
  return {
    hcode: SAMPLE_HCODE,
    vn: '691120083000',
    hn: '000000123',
    an: null,
    serviceDate: SAMPLE_DATE,
    startedAt: SAMPLE_AT,
    pid: sampleCitizenId(1),
    person: {
      title: 'นาย',
      fname: 'ทดสอบ',
      lname: 'ระบบดี',
      birthDate: '1980-04-13',
      sex: 'male',
      nationality: '99',
    },
    phones: ['0812345678'],
    right: { code: '89', name: 'บัตรทอง (ทดสอบ)', scheme: 'UCS', hospMain: SAMPLE_HCODE, hospSub: null },
    kind: 'outpatient',
    department: { code: '010', name: 'ผู้ป่วยนอก' },
    cancelled: false,
    code: null,
    loggedCode: null,
    problem: null,
    ...overrides,
  };
}

/**
 * A new case that waits for the card. What the case shares with its visit (`hcode`, `vn`, `hn`, `serviceDate`, `pid`)
 * is taken from the overrides and put into the visit too, unless the overrides bring a visit of their own.
 */
export function sampleCase(overrides: Partial<Case> = {}): Case {
  const shared: Partial<Visit> = {};
  if (overrides.hcode !== undefined) shared.hcode = overrides.hcode;
  if (overrides.vn !== undefined) shared.vn = overrides.vn;
  if (overrides.hn !== undefined) shared.hn = overrides.hn;
  if (overrides.serviceDate !== undefined) shared.serviceDate = overrides.serviceDate;
  if (overrides.pid !== undefined) shared.pid = overrides.pid;
  const visit = overrides.visit ?? sampleVisit(shared);
  return {
    hcode: visit.hcode,
    vn: visit.vn,
    hn: visit.hn,
    serviceDate: visit.serviceDate,
    version: 1,
    state: 'awaiting-card',
    reason: 'waiting-card',
    reasonDetail: null,
    candidates: [],
    visit,
    pid: visit.pid as CitizenId | null,
    visitGone: false,
    readId: null,
    readKind: null,
    readAt: null,
    stationId: null,
    correlationId: null,
    claimType: null,
    staffMobile: null,
    givenMobile: null,
    staffClaimType: null,
    askedAt: null,
    emptyLookups: 0,
    recheckAt: null,
    soughtIn: 0,
    soughtTimes: 0,
    code: null,
    writtenAt: null,
    nextStep: null,
    stepSeq: 0,
    dueAt: null,
    createdAt: SAMPLE_AT,
    updatedAt: SAMPLE_AT,
    ...overrides,
  };
}

/** A full read (NHSO answered) of the sample visit's person at `counter-1`, five minutes after the visit began. */
export function sampleRead(overrides: Partial<CardRead> = {}): CardRead {
  const readAt = overrides.readAt ?? SAMPLE_AT + 5 * 60_000;
  return {
    id: '5a3f0c1e-0000-4000-8000-000000000001',
    hcode: SAMPLE_HCODE,
    stationId: 'counter-1',
    pid: sampleCitizenId(1),
    readAt,
    serviceDate: serviceDateOf(readAt),
    kind: 'full',
    correlationId: '7c9e6679-0000-4000-8000-000000000001',
    claimTypes: [{ claimType: 'PG0060001', claimTypeName: 'เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)' }],
    right: {
      mainInscl: '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ',
      subInscl: '(89) ช่วงอายุ 12-59 ปี',
      hospMain: { hcode: SAMPLE_HCODE, hname: 'โรงพยาบาลทดสอบ' },
      hospMainOp: { hcode: SAMPLE_HCODE, hname: 'โรงพยาบาลทดสอบ' },
      hospSub: null,
      paidModel: '1',
      startDateTime: Date.UTC(2019, 9, 1, -7),
    },
    person: {
      titleName: 'นาย',
      fname: 'ทดสอบ',
      lname: 'ระบบดี',
      birthDate: '1980-04-13',
      sex: 'male',
      nation: 'ไทย',
    },
    phone: null,
    certifier: null,
    receivedAt: readAt + 400,
    pairedVn: null,
    ...overrides,
  };
}

const NO_CARD = {
  correlationId: null,
  claimTypes: [],
  right: null,
  person: { titleName: null, fname: null, lname: null, birthDate: null, sex: null, nation: null },
} satisfies Partial<CardRead>;

/** An officer certifies, with the card of invented person 9, that the sample visit's person is there. */
export function sampleCertifiedRead(overrides: Partial<CardRead> = {}): CardRead {
  return sampleRead({
    ...{ id: '5a3f0c1e-0000-4000-8000-00000000c001', kind: 'certified', ...NO_CARD, phone: '0898765432' },
    certifier: {
      ...{ cardReadId: 'officer', role: 'officer', relation: 'พยาบาลคัดกรอง', reason: 'ลืมบัตร' },
      pid: sampleCitizenId(9),
      person: { titleName: '004', fname: 'สมหญิง', lname: 'รับรองดี' },
    },
    ...overrides,
  });
}

/** A photo of the sample visit's person beside their card. */
export function samplePhotoRead(overrides: Partial<CardRead> = {}): CardRead {
  const id = '5a3f0c1e-0000-4000-8000-00000000f001';
  return sampleRead({ id, kind: 'photo', ...NO_CARD, phone: '0898765432', ...overrides });
}

/** The right of the sample visit's person, as NHSO tells it by citizen id alone, 20 minutes after the visit began. */
export function sampleFoundRight(overrides: Partial<FoundRight> = {}): FoundRight {
  return {
    hcode: SAMPLE_HCODE,
    pid: sampleCitizenId(1),
    serviceDate: SAMPLE_DATE,
    answer: 'right',
    right: sampleRead().right,
    person: sampleVisit().person,
    source: 'ucws',
    askedAt: SAMPLE_AT + 20 * 60_000,
    ...overrides,
  };
}

/** What a client of the agent API asks for, a minute after the sample visit began; version 1, as it begins. */
export function sampleAsk(overrides: Partial<DoorAsk> = {}): DoorAsk {
  const askedAt = SAMPLE_AT + 60_000;
  return {
    ...{ hcode: SAMPLE_HCODE, pid: sampleCitizenId(1), serviceDate: SAMPLE_DATE, claimType: 'PG0060001' },
    ...{
      version: 1,
      state: 'asking',
      vn: null,
      actor: 'key:his',
      stationId: 'counter-1',
      correlationId: 'c1',
    },
    ...{ askedAt, lookAt: askedAt + 45_000, emptyLookups: 0, soughtIn: 0 },
    ...{ claimCode: null, issuedAt: null, candidates: [], updatedAt: askedAt, ...overrides },
  };
}
