/** What is said of a visit, case by case. */

import { describe, expect, it } from 'vitest';
import type { Case } from '../../../src/domain/case.ts';
import type { ShownCode } from '../../../src/domain/reconcile/shown.ts';
import { lacksCode, needsNoAsking, reconcile } from '../../../src/domain/reconcile.ts';
import { SAMPLE_AT, SAMPLE_HCODE, sampleCitizenId } from '../../support/samples.ts';
import { clock, code, DIALYSIS, dayOf, visitAt } from './given.ts';

const A = 'PP1000000001';
const B = 'PP1000000002';
const HELD = { claimCode: A, claimType: 'PG0060001', issuedAt: clock(8.1), source: 'confirm' } as const;

/** `v1 found PP…`, as a line a person can read. */
function said(
  cases: readonly Case[],
  shown: readonly ShownCode[],
  more: Parameters<typeof dayOf>[2] = {},
): string[] {
  return reconcile(dayOf(cases, shown, more)).map((v) =>
    [v.vn, v.outcome, v.take === null ? '' : `takes ${v.take.claimCode}`].join(' ').trim(),
  );
}

describe('one visit', () => {
  const v1 = visitAt('v1', 8);
  const inHis = (held: string, more: Partial<Case> = {}) =>
    visitAt('v1', 8, { state: 'written', reason: null, ...more }, { code: held });

  it.each<[string, Case, ShownCode[], string]>([
    ['nothing shown', v1, [], 'missing'],
    ['the code that fits', v1, [code(A, 8.1)], `found takes ${A}`],
    [
      'the same code from two sources',
      v1,
      [code(A, 8.1), code(A, 8.1, { source: 'agent' })],
      `found takes ${A}`,
    ],
    [
      'a fact that only one source tells',
      v1,
      [code(A, 8.1, { hcode: null }), code(A, 8.2)],
      `found takes ${A}`,
    ],
    ['a code from before it came to the counter', v1, [code(A, 7)], `found takes ${A}`],
    ['two that fit', v1, [code(A, 8.1), code(B, 8.2)], 'ambiguous'],
    ['another claim type', v1, [code(A, 8.1, { claimType: DIALYSIS })], 'ambiguous'],
    ['no claim type told', v1, [code(A, 8.1, { claimType: null })], 'ambiguous'],
    ['no time told', v1, [code(A, 8.1, { issuedAt: null })], 'ambiguous'],
    ['no hospital told', v1, [code(A, 8.1, { hcode: null })], 'ambiguous'],
    [
      'sources that contradict each other on the hospital',
      v1,
      [code(A, 8.1), code(A, 8.1, { hcode: '11111' })],
      'ambiguous',
    ],
    ['sources that contradict each other on the day', v1, [code(A, 8.1), code(A, 30)], 'ambiguous'],
    ['another day', v1, [code(A, 30), code(B, -3)], 'missing'],
    ['another person', v1, [code(A, 8.1, { pid: sampleCitizenId(2) })], 'missing'],
    ['another hospital', v1, [code(A, 8.1, { hcode: '11111' })], 'other-hospital'],
    ['another hospital on another day', v1, [code(A, 30, { hcode: '11111' })], 'missing'],
    ['a close-visit code', v1, [code('EP1000000001', 9)], 'missing'],
    ['a close-visit code of another hospital', v1, [code('EP1000000001', 9, { hcode: '11111' })], 'missing'],
    ['a claim type in the place of a code', v1, [code('PG0060001', 9)], 'missing'],
    [
      'the right one beside others',
      v1,
      [code(A, 8.1), code(B, 8.1, { hcode: '11111' }), code('EP77', 9)],
      `found takes ${A}`,
    ],
    ['HIS and NHSO agree', inHis(A), [code(A, 8.1)], 'had-one'],
    ['HIS and NHSO agree but for small letters', inHis('pp1000000001'), [code(A, 8.1)], 'had-one'],
    ['NHSO shows nothing', inHis(A), [], 'had-one'],
    ['NHSO shows it beside another', inHis(A), [code(A, 8.1), code(B, 8.2)], 'had-one'],
    ['NHSO shows it for another claim type', inHis(A), [code(A, 8.1, { claimType: DIALYSIS })], 'had-one'],
    ['NHSO shows only another', inHis(A), [code(B, 8.1)], 'disagree'],
    ['NHSO shows another of another type', inHis(A), [code(B, 8.1, { claimType: DIALYSIS })], 'had-one'],
    ['NHSO shows it for another hospital', inHis(A), [code(A, 8.1, { hcode: '11111' })], 'disagree'],
    ['NHSO shows it for another day', inHis(A), [code(A, 30)], 'disagree'],
    ['our own code, and NHSO shows another', inHis(A, { code: HELD }), [code(B, 8.1)], 'had-one'],
    [
      'HIS holds another than NHSO issued to us',
      inHis(B, { state: 'needs-staff', code: HELD }),
      [],
      'disagree',
    ],
    ['an EP code in the column, PP at NHSO', inHis('EP77'), [code(A, 8.1)], 'disagree'],
    ['an EP code in the column, nothing at NHSO', inHis('EP77'), [], 'missing'],
    [
      'a right that needs none',
      visitAt('v1', 8, { state: 'not-required', reason: 'not-required-right' }),
      [code(A, 8.1)],
      'not-required',
    ],
    [
      'a visit that was cancelled',
      visitAt('v1', 8, { state: 'cancelled' }, { cancelled: true }),
      [code(A, 8.1)],
      'not-required',
    ],
    [
      'a case that a person closed',
      visitAt('v1', 8, { state: 'closed', reason: 'closed-by-staff' }),
      [code(A, 8.1)],
      'not-required',
    ],
    [
      'no citizen id',
      visitAt('v1', 8, { pid: null, state: 'needs-staff', reason: 'no-citizen-id' }, { pid: null }),
      [],
      'missing',
    ],
    [
      'a row that cannot be understood',
      visitAt('v1', 8, { state: 'needs-staff', reason: 'unreadable-row' }, { problem: 'vstdate' }),
      [code(A, 8.1)],
      'ambiguous',
    ],
    [
      'a write-back that was undone',
      visitAt('v1', 8, { state: 'needs-staff', reason: 'write-back-undone' }),
      [code(A, 8.1)],
      'ambiguous',
    ],
    [
      'a code that waits to be written',
      visitAt('v1', 8, { state: 'found-elsewhere', code: HELD, nextStep: 'write-back' }),
      [],
      'found',
    ],
    [
      'a code whose row is locked',
      visitAt('v1', 8, { state: 'needs-staff', reason: 'his-row-locked', code: HELD }),
      [],
      'ambiguous',
    ],
    [
      'the list, for no phone',
      visitAt('v1', 8, { state: 'needs-staff', reason: 'no-phone' }),
      [code(A, 8.1)],
      `found takes ${A}`,
    ],
    [
      'a card read, and the day over',
      visitAt('v1', 8, { state: 'drafted', nextStep: 'lookup' }),
      [code(A, 8.1)],
      `found takes ${A}`,
    ],
  ])('%s', (_, visit, shown, expected) => {
    expect(said([visit], shown)).toEqual([`v1 ${expected}`]);
  });

  it('while the day lasts, a card that was read is left to its own steps', () => {
    const drafted = visitAt('v1', 8, { state: 'drafted', nextStep: 'confirm' });
    expect(said([drafted], [code(A, 8.1)], { at: SAMPLE_AT })).toEqual(['v1 ambiguous']);
    expect(said([drafted], [], { at: SAMPLE_AT })).toEqual(['v1 missing']);
  });

  it('a code that another visit holds is not given, and the holder of another hospital is not named', () => {
    const here = reconcile(
      dayOf([v1], [code(A, 8.1)], { holderOf: () => ({ hcode: SAMPLE_HCODE, vn: 'x' }) }),
    )[0];
    expect(here).toMatchObject({
      outcome: 'missing',
      candidates: [{ heldBy: 'x', misfits: ['held-by-other-visit'] }],
    });
    const there = reconcile(
      dayOf([v1], [code(A, 8.1)], { holderOf: () => ({ hcode: '11111', vn: 'x' }) }),
    )[0];
    expect(there).toMatchObject({ outcome: 'missing', candidates: [{ heldBy: null }] });
  });

  it('a code of the HIS that is on another visit too', () => {
    const [v] = reconcile(
      dayOf([inHis(A, { state: 'needs-staff', reason: 'code-held' })], [code(A, 8.1)], {
        holderOf: () => ({ hcode: SAMPLE_HCODE, vn: 'x' }),
      }),
    );
    expect(v).toMatchObject({ outcome: 'ambiguous', candidates: [{ claimCode: A, heldBy: 'x' }] });
  });
});

describe('several visits of one person', () => {
  const v1 = visitAt('v1', 8);
  const v2 = visitAt('v2', 14);
  const had = (vn: string, hours: number, held: string) =>
    visitAt(
      vn,
      hours,
      { state: 'written', code: { ...HELD, claimCode: held, source: 'his' } },
      { code: held },
    );
  const asked = (vn: string, hours: number, askedAt: number, more: Partial<Case> = {}) =>
    visitAt(vn, hours, {
      state: 'unknown',
      reason: null,
      askedAt: clock(askedAt),
      nextStep: 'lookup',
      ...more,
    });

  it.each<[string, Case[], ShownCode[], string[]]>([
    [
      'a code within the span of each',
      [v1, v2],
      [code(A, 8.1), code(B, 14.2)],
      [`found takes ${A}`, `found takes ${B}`],
    ],
    [
      'the same, told the other way round',
      [v2, v1],
      [code(B, 14.2), code(A, 8.1)],
      [`found takes ${A}`, `found takes ${B}`],
    ],
    ['fewer codes than visits', [v1, v2], [code(A, 8.1)], ['ambiguous', 'ambiguous']],
    [
      'more codes than visits',
      [v1, v2],
      [code(A, 8.1), code(B, 14.1), code('PP1000000003', 15)],
      ['ambiguous', 'ambiguous'],
    ],
    ['two codes within one span', [v1, v2], [code(A, 8.1), code(B, 9)], ['ambiguous', 'ambiguous']],
    ['a code from before the first visit', [v1, v2], [code(A, 7), code(B, 14.2)], ['ambiguous', 'ambiguous']],
    [
      'two visits in the same second',
      [v1, visitAt('v2', 8)],
      [code(A, 8.1), code(B, 8.2)],
      ['ambiguous', 'ambiguous'],
    ],
    [
      'a visit without a time of day',
      [visitAt('v1', 0), v2],
      [code(A, 8.1), code(B, 14.2)],
      ['ambiguous', 'ambiguous'],
    ],
    [
      'times that the sources tell differently',
      [v1, v2],
      [code(A, 8.1), code(B, 14.2), code(B, 9, { source: 'report' })],
      ['ambiguous', 'ambiguous'],
    ],
    ['nothing', [v1, v2], [], ['missing', 'missing']],
    [
      'each of its own claim type',
      [v1, visitAt('v2', 8, { claimType: DIALYSIS })],
      [code(A, 7), code(B, 7, { claimType: DIALYSIS })],
      [`found takes ${A}`, `found takes ${B}`],
    ],
    [
      'a code of the other’s claim type',
      [v1, visitAt('v2', 8, { claimType: DIALYSIS })],
      [code(A, 8.1)],
      [`found takes ${A}`, 'missing'],
    ],
    [
      'one has its code in the HIS',
      [had('v1', 8, A), v2],
      [code(A, 8.1), code(B, 14.1)],
      ['had-one', `found takes ${B}`],
    ],
    [
      'the code of one in the HIS is not shown',
      [had('v1', 8, A), v2],
      [code(B, 14.1)],
      ['disagree', 'ambiguous'],
    ],
    [
      'a code while the visit between had its own',
      [v1, had('v2', 10, B), visitAt('v3', 14)],
      [code(A, 10.5), code(B, 10.1), code('PP1000000003', 14.1)],
      ['ambiguous', 'had-one', 'ambiguous'],
    ],
    [
      'both hold one code in the HIS',
      [had('v1', 8, A), had('v2', 14, A)],
      [code(A, 8.1)],
      ['ambiguous', 'ambiguous'],
    ],
    [
      'a clerk took the code over from the registration that was cancelled',
      [visitAt('v1', 8, { state: 'cancelled' }, { cancelled: true, code: A }), had('v2', 8.2, A)],
      [code(A, 8.1)],
      ['not-required', 'had-one'],
    ],
    [
      'the code stands on the registration that was cancelled',
      [visitAt('v1', 8, { state: 'cancelled' }, { cancelled: true, code: A }), v2],
      [code(A, 8.1)],
      ['not-required', 'ambiguous'],
    ],
    [
      'one was cancelled',
      [visitAt('v1', 8, { state: 'cancelled' }, { cancelled: true }), v2],
      [code(A, 14.1)],
      ['not-required', `found takes ${A}`],
    ],
    [
      'one is the staff’s for good',
      [visitAt('v1', 8, { state: 'needs-staff', reason: 'write-back-undone' }), v2],
      [code(A, 8.1), code(B, 14.2)],
      ['ambiguous', 'ambiguous'],
    ],
    [
      'one lost the answer of its confirm',
      [asked('v1', 8, 8.1), v2],
      [code(A, 8.101)],
      [`found takes ${A}`, 'missing'],
    ],
    [
      'the same, and the other’s own code',
      [asked('v1', 8, 8.1), v2],
      [code(A, 8.101), code(B, 8.01)],
      [`found takes ${A}`, `found takes ${B}`],
    ],
    [
      'a code long after the confirm may be the other’s',
      [asked('v1', 8, 8.1), v2],
      [code(A, 14.1)],
      ['ambiguous', 'ambiguous'],
    ],
    [
      'two codes since the confirm',
      [asked('v1', 8, 8.1), v2],
      [code(A, 8.101), code(B, 14.1)],
      ['ambiguous', 'ambiguous'],
    ],
    ['a code from before the confirm', [asked('v1', 8, 8.5), v2], [code(A, 8.1)], ['ambiguous', 'ambiguous']],
  ])('%s', (_, cases, shown, expected) => {
    expect(said(cases, shown)).toEqual(expected.map((words, i) => `v${i + 1} ${words}`));
  });

  it('the lost answer of a visit that stands alone is its own whenever it came', () => {
    expect(said([asked('v1', 8, 8.1)], [code(A, 14)])).toEqual([`v1 found takes ${A}`]);
    expect(said([asked('v1', 8, 8.1)], [code(A, 8)])).toEqual(['v1 ambiguous']);
    expect(said([asked('v1', 8, 8.1)], [])).toEqual(['v1 missing']);
  });

  it('shows every candidate to everyone concerned', () => {
    const [first, second] = reconcile(dayOf([v1, v2], [code(A, 8.1), code(B, 9)]));
    expect(first?.candidates.map((c) => c.claimCode)).toEqual([A, B]);
    expect(second?.candidates).toEqual(first?.candidates);
  });
});

it('NHSO is asked only where its word may change something', () => {
  const quiet = [
    visitAt('v', 8, { state: 'written', code: HELD }, { code: A }),
    visitAt('v', 8, { state: 'not-required', reason: 'not-required-right' }),
    visitAt('v', 8, { state: 'cancelled' }, { cancelled: true }),
    visitAt('v', 8, { state: 'closed', reason: 'closed-by-staff' }),
    visitAt('v', 8, { state: 'confirmed', code: HELD }),
    visitAt('v', 8, { pid: null, state: 'needs-staff', reason: 'no-citizen-id' }),
  ];
  expect(quiet.map(needsNoAsking)).toEqual(quiet.map(() => true));
  const typed = visitAt('v', 8, { state: 'written', code: { ...HELD, source: 'his' } }, { code: A });
  expect([needsNoAsking(typed), lacksCode(typed)]).toEqual([false, false]);
  expect([needsNoAsking(visitAt('v', 8)), lacksCode(visitAt('v', 8))]).toEqual([false, true]);
});
