/** Rule 2: a code fits a visit only when everything agrees. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CodeWanted,
  codeKind,
  type IssuedCode,
  isPlausibleCode,
  matchCode,
  misfits,
} from '../../src/domain/authen-code.ts';
import { DAY_MS } from '../../src/domain/bangkok.ts';
import { SAMPLE_AT, SAMPLE_DATE, SAMPLE_HCODE, sampleCitizenId } from '../support/samples.ts';

const wanted: CodeWanted = {
  pid: sampleCitizenId(1),
  hcode: SAMPLE_HCODE,
  serviceDate: SAMPLE_DATE,
  claimType: 'PG0060001',
};
const fitting: IssuedCode = {
  claimCode: 'PP1234567890',
  claimType: 'PG0060001',
  hcode: SAMPLE_HCODE,
  issuedAt: SAMPLE_AT,
  pid: wanted.pid,
};
const free = (): null => null;

describe('misfits', () => {
  it.each([
    ['everything agrees', {}, []],
    ['another person', { pid: sampleCitizenId(2) }, ['person']],
    ['no person told', { pid: null }, ['person']],
    ['another hospital', { hcode: '11472' }, ['hospital']],
    ['no hospital told', { hcode: null }, ['hospital']],
    ['the day before', { issuedAt: SAMPLE_AT - DAY_MS }, ['date']],
    ['no time told', { issuedAt: null }, ['date']],
    ['another claim type', { claimType: 'PG0130001' }, ['claim-type']],
    ['a close-visit code', { claimCode: 'EP1234567890' }, ['close-visit-code']],
    ['a claim type in the place of a code', { claimCode: 'PG0060001' }, ['not-a-code']],
    ['a code that is too long', { claimCode: 'P'.repeat(21) }, ['not-a-code']],
  ] as const)('%s', (_, differs, expected) => {
    expect(misfits({ ...fitting, ...differs }, wanted, false)).toEqual(expected);
  });

  it('a code that another visit holds does not fit', () => {
    expect(misfits(fitting, wanted, true)).toEqual(['held-by-other-visit']);
  });
});

describe('matchCode', () => {
  it('takes the one that fits, also when it is told twice', () => {
    expect(
      matchCode(
        [{ ...fitting, claimType: 'PG0110001', claimCode: 'PP0000000001' }, fitting, fitting],
        wanted,
        free,
      ),
    ).toEqual({
      kind: 'fits',
      code: fitting,
    });
  });

  it('two that fit go to a person', () => {
    const match = matchCode([fitting, { ...fitting, claimCode: 'PP0000000002' }], wanted, free);
    expect(match.kind).toBe('ambiguous');
    expect(match.kind === 'ambiguous' && match.candidates.map((c) => c.claimCode)).toEqual([
      'PP1234567890',
      'PP0000000002',
    ]);
  });

  it('shows what is near: same person and day, but held or of another type', () => {
    const match = matchCode(
      [fitting, { ...fitting, claimCode: 'PP0000000003', issuedAt: SAMPLE_AT - DAY_MS }],
      wanted,
      (code) => (code === fitting.claimCode ? { vn: '691120070000' } : null),
    );
    expect(match).toMatchObject({
      kind: 'none',
      candidates: [{ claimCode: fitting.claimCode, heldBy: '691120070000' }],
    });
  });

  it('of another day shows only what may have been asked for by us, and is nobody else’s', () => {
    const nextDay = { ...fitting, claimCode: 'PP0000000004', issuedAt: SAMPLE_AT + DAY_MS };
    const others = { ...nextDay, claimCode: 'PP0000000005' };
    const holderOf = (code: string) => (code === others.claimCode ? { vn: '691121070000' } : null);
    const ours = matchCode([nextDay, others], wanted, holderOf, () => true);
    expect(ours).toMatchObject({
      kind: 'none',
      candidates: [{ claimCode: nextDay.claimCode, misfits: ['date'] }],
    });
    expect(matchCode([nextDay, others], wanted, holderOf)).toEqual({ kind: 'none', candidates: [] });
  });

  it('does not fit when a visit of another hospital holds it, whose number is not told', () => {
    const match = matchCode([fitting], wanted, () => ({ vn: null }));
    expect(match).toMatchObject({
      kind: 'none',
      candidates: [{ misfits: ['held-by-other-visit'], heldBy: null }],
    });
  });

  it('never takes a code that differs in anything, whatever else stands in the list', () => {
    const issued = fc.record({
      claimCode: fc.constantFrom('PP1234567890', 'PP0000000002', 'EP0000000001', 'PG0060001', ''),
      claimType: fc.constantFrom('PG0060001', 'PG0130001', null),
      hcode: fc.constantFrom(SAMPLE_HCODE, '11472', null),
      issuedAt: fc.constantFrom(SAMPLE_AT, SAMPLE_AT + 3_600_000, SAMPLE_AT - DAY_MS, null),
      pid: fc.constantFrom(wanted.pid, sampleCitizenId(2), null),
    });
    fc.assert(
      fc.property(
        fc.array(issued, { maxLength: 6 }),
        fc.option(fc.constant('PP1234567890')),
        (codes, held) => {
          const holderOf = (code: string) => (code === held ? { vn: 'other' } : null);
          const match = matchCode(codes, wanted, holderOf, () => true);
          if (match.kind !== 'fits') return;
          expect(match.code).toMatchObject({ pid: wanted.pid, hcode: SAMPLE_HCODE, claimType: 'PG0060001' });
          expect(match.code.claimCode).toMatch(/^PP/);
          expect(match.code.claimCode).not.toBe(held);
        },
      ),
    );
  });
});

describe('forms of codes', () => {
  it.each([
    ['PP1234567890', 'PP', true],
    ['EP123', 'EP', true],
    ['PP123', 'other', true],
    ['AB-99', 'other', true],
    ['PG0060001', 'other', false],
    ['', 'other', false],
    ['PP 123', 'other', false],
  ] as const)('%s', (code, kind, plausible) => {
    expect(codeKind(code)).toBe(kind);
    expect(isPlausibleCode(code)).toBe(plausible);
  });
});
