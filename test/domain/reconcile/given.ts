/** Visits of one person on one day, and codes, for the tables and properties of the reconciliation. */

import fc from 'fast-check';
import { DAY_MS, endOfServiceDate, type Instant } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import type { ShownCode } from '../../../src/domain/reconcile/shown.ts';
import type { PersonDay } from '../../../src/domain/reconcile.ts';
import {
  SAMPLE_AT,
  SAMPLE_DATE,
  SAMPLE_HCODE,
  sampleCase,
  sampleCitizenId,
  sampleVisit,
} from '../../support/samples.ts';
import { anyCase } from '../machine/any-case.ts';

const PID = sampleCitizenId(1);
const GENERAL = 'PG0060001';
export const DIALYSIS = 'PG0130001';
/** Half an hour after midnight, when the day is over. */
const NIGHT = endOfServiceDate(SAMPLE_DATE) + 30 * 60_000;
/** `8.5`: half past eight on the service date. */
export const clock = (hours: number): Instant => endOfServiceDate(SAMPLE_DATE) - DAY_MS + hours * 3_600_000;

/** A visit that began at `hours`, expired without a code. */
export function visitAt(
  vn: string,
  hours: number,
  more: Partial<Case> = {},
  of: Parameters<typeof sampleVisit>[0] = {},
): Case {
  const visit = sampleVisit({ vn, startedAt: clock(hours), ...of });
  const state = { state: 'expired', reason: 'day-over-no-card', claimType: GENERAL } as const;
  return sampleCase({ visit, pid: PID, ...state, ...more });
}

export function code(claimCode: string, hours: number, more: Partial<ShownCode> = {}): ShownCode {
  const issuedAt = clock(hours);
  return {
    ...{ claimCode, claimType: GENERAL, hcode: SAMPLE_HCODE, pid: PID, issuedAt, source: 'authen-status' },
    ...more,
  };
}

export function dayOf(
  cases: readonly Case[],
  shown: readonly ShownCode[],
  more: Partial<PersonDay> = {},
): PersonDay {
  return { cases, shown, holderOf: () => null, at: NIGHT, ...more };
}

const CODES = ['PP1000000001', 'PP1000000002', 'PP1000000003', 'pp1000000001', 'EP77', 'PG0060001'] as const;
const hours = fc.constantFrom(7.5, 8, 8.5, 9, 10, 10.5, 14, 14.5).map(clock);
/** Mostly `usual`, now and then one of the others. */
const mostly = <T, U>(usual: T, ...others: U[]): fc.Arbitrary<T | U> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const anyShown: fc.Arbitrary<ShownCode> = fc.record({
  claimCode: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...CODES.slice(0, 3)) },
    fc.constantFrom(...CODES),
  ),
  claimType: mostly(GENERAL, DIALYSIS, null),
  hcode: mostly(SAMPLE_HCODE, '11111', null),
  pid: mostly(PID, sampleCitizenId(2), null),
  issuedAt: fc.oneof({ weight: 8, arbitrary: hours }, fc.constantFrom(clock(30), clock(-3), null)),
  source: fc.constantFrom('authen-status' as const, 'agent' as const, 'report' as const),
});

/** As a hospital's day brings them: most lack a code for no odd reason. */
const plainVisit: fc.Arbitrary<Case> = fc
  .record({
    startedAt: fc.constantFrom(8, 8, 10, 14, 0).map(clock),
    code: mostly(null, 'PP1000000001', 'PP1000000009'),
    state: fc.constantFrom('expired' as const, 'awaiting-card' as const, 'needs-staff' as const),
    reason: mostly('no-phone' as const, 'lookup-refused' as const, 'write-back-undone' as const),
    askedAt: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, hours),
    claimType: mostly(GENERAL, DIALYSIS, null),
  })
  .map(({ startedAt, code: held, askedAt, ...of }) => {
    const asked = askedAt === null ? {} : { askedAt, state: 'unknown' as const, reason: null };
    return sampleCase({ visit: sampleVisit({ startedAt, code: held }), pid: PID, ...of, ...asked });
  });

/** Any cases at all, also such as should not be, made visits of one person, day and hospital. */
export const anyDay: fc.Arbitrary<PersonDay> = fc
  .record({
    cases: fc.array(fc.oneof({ weight: 6, arbitrary: plainVisit }, { weight: 1, arbitrary: anyCase }), {
      minLength: 1,
      maxLength: 4,
    }),
    shown: fc.array(anyShown, { maxLength: 6 }),
    elsewhere: fc.dictionary(fc.constantFrom(...CODES), fc.constantFrom('v0', 'v1', 'x9'), { maxKeys: 1 }),
    at: fc.constantFrom(NIGHT, NIGHT, SAMPLE_AT),
  })
  .map(({ cases, shown, elsewhere, at }) => ({
    cases: cases.map((c, i) => ({ ...c, vn: `v${i}`, visit: { ...c.visit, vn: `v${i}` } })),
    ...{ shown, at },
    holderOf: (claimCode) => {
      const vn = elsewhere[claimCode];
      if (vn !== undefined) return { hcode: vn === 'x9' ? '11111' : SAMPLE_HCODE, vn };
      const i = cases.findIndex((c) => c.code?.claimCode === claimCode);
      return i < 0 ? null : { hcode: SAMPLE_HCODE, vn: `v${i}` };
    },
  }));
