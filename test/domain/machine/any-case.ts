/** Any case in any state, also such as should not be: whatever happens to it must not break the machine. */

import fc from 'fast-check';
import { addDays } from '../../../src/domain/bangkok.ts';
import { type CardRead, READ_KINDS } from '../../../src/domain/card-read.ts';
import { CASE_STATES, type Case, STEPS } from '../../../src/domain/case.ts';
import { REASON_CODES } from '../../../src/domain/reason-text.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import {
  SAMPLE_AT,
  SAMPLE_DATE,
  sampleCase,
  sampleCitizenId,
  sampleRead,
  sampleVisit,
} from '../../support/samples.ts';

const orNull = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null });
const instant = fc.constantFrom(SAMPLE_AT - 60_000, SAMPLE_AT, SAMPLE_AT + 60_000, SAMPLE_AT + 86_400_000);
const pid = fc.constantFrom(sampleCitizenId(1), sampleCitizenId(2));
const claimCode = fc.constantFrom('PP1000000001', 'PP1000000002', 'EP77');
const claimType = fc.constantFrom('PG0060001', 'PG0130001');

export const issued = fc.record({
  claimCode,
  claimType: orNull(claimType),
  hcode: fc.constantFrom('10978', '11111', null),
  issuedAt: orNull(instant),
  pid: orNull(pid),
});

export const anyVisit: fc.Arbitrary<Visit> = fc
  .record({
    serviceDate: fc.constantFrom(SAMPLE_DATE, SAMPLE_DATE, addDays(SAMPLE_DATE, 1)),
    pid: fc.constantFrom<(string | null)[]>(
      sampleCitizenId(1),
      sampleCitizenId(1),
      sampleCitizenId(2),
      '123',
      null,
    ),
    phones: fc.constantFrom(['0812345678'], []),
    kind: fc.constantFrom('outpatient' as const, 'outpatient' as const, 'inpatient' as const),
    cancelled: fc.constantFrom(false, false, true),
    code: fc.constantFrom(null, null, 'PP1000000001', 'PP9000000009', 'EP77', sampleCitizenId(7)),
    problem: fc.constantFrom(null, null, null, 'a column'),
    loggedCode: orNull(
      fc.record({ claimCode, claimType: orNull(claimType), pid: orNull(pid), createdAt: orNull(instant) }),
    ),
  })
  .map((v) => sampleVisit(v));

export const anyRead: fc.Arbitrary<CardRead> = fc
  .record({
    kind: fc.constantFrom(...READ_KINDS),
    pid,
    phone: orNull(fc.constant('0622222223')),
    readAt: instant,
    correlationId: orNull(fc.constant('c1')),
  })
  .map((r) => sampleRead(r));

const candidate = issued.map(({ pid: _, ...c }) => ({ ...c, misfits: [] as never[], heldBy: null }));

export const anyCase: fc.Arbitrary<Case> = fc
  .record({
    state: fc.constantFrom(...CASE_STATES),
    reason: orNull(fc.constantFrom(...REASON_CODES)),
    reasonDetail: orNull(fc.constant('a detail')),
    candidates: fc.array(candidate, { maxLength: 2 }),
    visit: anyVisit,
    pid: orNull(pid),
    serviceDate: fc.constantFrom(SAMPLE_DATE, SAMPLE_DATE, addDays(SAMPLE_DATE, -1)),
    visitGone: fc.constantFrom(false, false, true),
    claimType: orNull(claimType),
    askedAt: orNull(instant),
    emptyLookups: fc.nat(2),
    recheckAt: orNull(instant),
    soughtIn: fc.nat(1),
    soughtTimes: fc.nat(2),
    code: orNull(
      fc.record({
        claimCode,
        claimType: orNull(claimType),
        issuedAt: orNull(instant),
        source: fc.constantFrom(
          'confirm' as const,
          'lookup' as const,
          'his' as const,
          'his-log' as const,
          'staff' as const,
        ),
      }),
    ),
    nextStep: orNull(fc.constantFrom(...STEPS)),
    dueAt: orNull(instant),
    stepSeq: fc.nat(9),
    version: fc.integer({ min: 1, max: 99 }),
    readId: orNull(fc.constant('r1')),
    readKind: orNull(fc.constantFrom(...READ_KINDS)),
    staffMobile: orNull(fc.constant('0612345679')),
    givenMobile: orNull(fc.constant('0622222223')),
    staffClaimType: orNull(claimType),
  })
  .map((c) => sampleCase(c));

export const anyTime = fc.constantFrom(SAMPLE_AT, SAMPLE_AT + 3_600_000, SAMPLE_AT + 86_400_000);
