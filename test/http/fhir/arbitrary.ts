/** Any case that the ledger could hold: every state, with and without read, right, code, name, hn. */

import fc from 'fast-check';
import type { CardRead, NhsoRight } from '../../../src/domain/card-read.ts';
import { CASE_STATES, type Case, type Reason } from '../../../src/domain/case.ts';
import { RIGHT_SOURCES } from '../../../src/domain/found-right.ts';
import type { CaseWithRead } from '../../../src/http/fhir/resources/context.ts';
import {
  SAMPLE_AT,
  SAMPLE_DATE,
  SAMPLE_HCODE,
  sampleCase,
  sampleCertifiedRead,
  sampleCitizenId,
  sampleFoundRight,
  samplePhotoRead,
  sampleRead,
  sampleVisit,
} from '../../support/samples.ts';

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
/** What people and machines leave in text columns. */
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom('', ' ', '\t', 'สมชาย ใจดี', "O'Neil", '(UCS) สิทธิหลักประกัน', '(', '()', '\u0000', '💊'),
);
const number = fc.oneof(
  fc.stringMatching(/^[0-9]{1,12}$/),
  fc.stringMatching(/^[0-9]{1,6}[/. ก-ฮ][0-9]{1,3}$/),
  fc.nat({ max: 50 }).map((n) => sampleCitizenId(n) as string),
);
const instant = fc.integer({ min: SAMPLE_AT - 864e5, max: SAMPLE_AT + 864e5 });
const code = fc.record({
  claimCode: fc.constantFrom('PP1234567890', 'EP123456', 'X-1'),
  claimType: orNull(fc.constantFrom('PG0060001', 'PG0130001')),
  issuedAt: orNull(instant),
  source: fc.constantFrom('confirm', 'lookup', 'his', 'his-log', 'staff' as const),
});
const reason = orNull(
  fc.constantFrom<Reason>('waiting-card', 'waiting-nhso', 'refused', 'no-phone', 'day-over-no-card'),
);
const hospital = orNull(fc.record({ hcode: fc.constantFrom('10978', '', '11111'), hname: orNull(text) }));
const right: fc.Arbitrary<NhsoRight> = fc.record({
  mainInscl: orNull(
    fc.oneof(text, fc.constantFrom('(UCS) สิทธิหลัก', '(OFC) ข้าราชการ', '(SSS) ประกันสังคม', '(WEL) บัตรทอง')),
  ),
  subInscl: orNull(text),
  hospMain: hospital,
  hospMainOp: hospital,
  hospSub: hospital,
  paidModel: orNull(text),
  startDateTime: orNull(instant),
});

export const anyCase: fc.Arbitrary<CaseWithRead> = fc
  .record({
    state: fc.constantFrom(...CASE_STATES),
    reason,
    reasonDetail: orNull(text),
    vn: number,
    hn: orNull(number),
    an: orNull(text),
    title: orNull(text),
    fname: orNull(text),
    lname: orNull(text),
    birthDate: orNull(fc.constantFrom('1980', '1980-04', '1980-04-13', '1980-02-31', '0000-00-00', '2523')),
    sex: orNull(fc.constantFrom('male', 'female')),
    phones: fc.array(fc.oneof(text, fc.constant('0812345678')), { maxLength: 2 }),
    kind: fc.constantFrom('outpatient', 'inpatient'),
    department: orNull(fc.record({ code: text, name: orNull(text) })),
    hisCode: orNull(fc.constantFrom('PP1234567890', 'EP999', 'rubbish ที่พิมพ์ไว้')),
    code: orNull(code),
    read: orNull(
      fc.record({
        right: orNull(right),
        correlated: fc.boolean(),
        standIn: orNull(fc.constantFrom('certified', 'photo')),
        said: text,
      }),
    ),
    claimType: orNull(fc.constantFrom('PG0060001', 'PG0110001')),
    found: orNull(
      fc.record({ right: orNull(right), source: fc.constantFrom(...RIGHT_SOURCES), askedAt: instant }),
    ),
    createdAt: instant,
    updatedAt: instant,
    version: fc.integer({ min: 1, max: 99 }),
  })
  .map((a) => {
    const read = a.read === null ? null : readOf(a.read);
    const visit = sampleVisit({
      vn: a.vn,
      hn: a.hn,
      an: a.an,
      person: {
        title: a.title,
        fname: a.fname,
        lname: a.lname,
        birthDate: a.birthDate,
        sex: a.sex,
        nationality: '99',
      },
      phones: a.phones,
      kind: a.kind,
      department: a.department,
      code: a.hisCode,
    });
    const made: Partial<Case> = {
      visit,
      state: a.state,
      reason: a.reason,
      reasonDetail: a.reasonDetail,
      code: a.code,
      claimType: a.claimType,
      readId: read?.id ?? null,
      readKind: read?.kind ?? null,
      readAt: read?.readAt ?? null,
      correlationId: read?.correlationId ?? null,
      createdAt: a.createdAt,
      updatedAt: a.updatedAt,
      version: a.version,
      serviceDate: SAMPLE_DATE,
      hcode: SAMPLE_HCODE,
    };
    const found =
      a.found === null
        ? null
        : sampleFoundRight({ ...a.found, answer: a.found.right === null ? 'no-right' : 'right' });
    return { case: sampleCase(made), read, found };
  });

interface AnyRead {
  right: NhsoRight | null;
  correlated: boolean;
  standIn: 'certified' | 'photo' | null;
  said: string;
}

function readOf({ right, correlated, standIn, said }: AnyRead): CardRead {
  if (standIn === 'photo') return samplePhotoRead();
  const { certifier } = sampleCertifiedRead();
  if (standIn === 'certified' && certifier !== null) {
    const person = { ...certifier.person, fname: said };
    return sampleCertifiedRead({ certifier: { ...certifier, person, relation: said, reason: said } });
  }
  return sampleRead({
    right,
    kind: right === null ? 'card-only' : 'full',
    correlationId: correlated ? sampleRead().correlationId : null,
  });
}
