import { describe, expect, it } from 'vitest';
import type { Case, CaseState } from '../../../src/domain/case.ts';
import * as obtain from '../../../src/domain/machine/obtain.ts';
import type { Change } from '../../../src/domain/machine/transition.ts';
import { sampleCitizenId, sampleVisit } from '../../support/samples.ts';
import * as given from './given.ts';
import { expectLegal } from './legal.ts';

const { AT, CODE, GROUNDS } = given;

function next(c: Case, changed: Change | null): Case {
  if (changed === null) throw new Error('a change was expected');
  expectLegal(c, changed);
  return changed.next;
}

it('writes down a draft, and that a confirm is about to be sent', () => {
  const saved = next(given.ready(), obtain.draftSaved(given.ready(), AT));
  expect(saved).toMatchObject({
    state: 'drafted',
    nextStep: 'confirm',
    dueAt: AT,
    stepSeq: 6,
    askedAt: null,
  });
  const sending = next(saved, obtain.confirmSending(saved, AT + 45_000, AT + 1));
  expect(sending).toMatchObject({
    ...{ state: 'confirming', askedAt: AT + 1, emptyLookups: 0 },
    ...{ nextStep: 'lookup', dueAt: AT + 45_000, stepSeq: 7 },
  });
});

describe('the answer of a confirm', () => {
  it.each<[string, Case, (c: Case) => Change, Partial<Case>]>([
    [
      'a code',
      given.confirming(),
      (c) => obtain.codeIssued(c, CODE, AT),
      { state: 'confirmed', code: given.HELD, nextStep: 'write-back', dueAt: AT },
    ],
    [
      'a code of another person',
      given.confirming(),
      (c) => obtain.codeIssued(c, { ...CODE, pid: sampleCitizenId(2) }, AT),
      { state: 'needs-staff', reason: 'person-mismatch', code: null },
    ],
    [
      'a code of the next day',
      given.confirming(),
      (c) => obtain.codeIssued(c, { ...CODE, issuedAt: given.NEXT_DAY }, AT),
      { state: 'needs-staff', reason: 'code-does-not-fit', reasonDetail: 'date' },
    ],
    [
      'a code for a visit that is gone',
      given.confirming({ visitGone: true }),
      (c) => obtain.codeIssued(c, CODE, AT),
      { state: 'needs-staff', reason: 'visit-cancelled-after-code', code: given.HELD },
    ],
    [
      'a code for a visit now of another',
      given.confirming({ visit: sampleVisit({ pid: sampleCitizenId(2) }), pid: sampleCitizenId(1) }),
      (c) => obtain.codeIssued(c, CODE, AT),
      { state: 'needs-staff', reason: 'person-mismatch', code: given.HELD },
    ],
    [
      'lost',
      given.confirming(),
      (c) => obtain.answerLost(c, 'time-out', AT + 2_000, AT),
      { state: 'unknown', reason: null, reasonDetail: 'time-out', nextStep: 'lookup', dueAt: AT + 2_000 },
    ],
    [
      'refused',
      given.confirming(),
      (c) => obtain.refused(c, 'ขอแล้ว', AT),
      { state: 'unknown', reason: 'refused', reasonDetail: 'ขอแล้ว', nextStep: 'lookup', dueAt: AT },
    ],
    [
      'held by another visit',
      given.confirming(),
      (c) => obtain.codeHeld(c, CODE.claimCode, 'v9', AT),
      { state: 'needs-staff', reason: 'code-held', reasonDetail: 'PP1000000001 → v9', code: null },
    ],
  ])('%s: what was asked for stays asked for', (_, c, answer, expected) => {
    expect(next(c, answer(c))).toMatchObject({ ...expected, askedAt: c.askedAt });
  });

  it('names the code that does not fit', () => {
    const told = obtain.codeIssued(given.confirming(), { ...CODE, claimType: null }, AT).next;
    expect(told.candidates).toMatchObject([{ claimCode: CODE.claimCode, misfits: ['claim-type'] }]);
  });

  it('frees the case only when it was certainly not sent', () => {
    const c = given.confirming();
    const free = (step: 'draft' | 'confirm') =>
      next(c, obtain.confirmNotSent(c, GROUNDS, 'nobody listens', { step, dueAt: AT + 15_000 }, AT));
    const again = { askedAt: null, dueAt: AT + 15_000 };
    expect(free('confirm')).toMatchObject({ ...again, state: 'drafted', nextStep: 'confirm' });
    expect(free('draft')).toMatchObject({ ...again, state: 'ready', nextStep: 'draft' });
  });
});

describe('an answer that came late', () => {
  const late = (c: Case) => obtain.codeCameLate(c, CODE, AT);
  it('is the answer while the case still looks for it', () => {
    expect(next(given.unknown(), late(given.unknown()))).toMatchObject({
      state: 'confirmed',
      code: given.HELD,
    });
  });
  it('is no news when its code was found meanwhile', () => {
    expect(late(given.written())).toBeNull();
    expect(late(given.confirmed())).toBeNull();
  });
  it('goes to a person when the case has gone another way', () => {
    const drafted = given.drafted();
    const told = next(drafted, late(drafted));
    expect(told).toMatchObject({
      state: 'needs-staff',
      reason: 'code-ambiguous',
      reasonDetail: CODE.claimCode,
      nextStep: null,
    });
    expect(told.candidates).toMatchObject([{ claimCode: CODE.claimCode }]);
    const other = given.written({ code: { ...given.HELD, claimCode: 'PP1000000002' } });
    expect(next(other, late(other))).toMatchObject({
      state: 'needs-staff',
      code: { claimCode: 'PP1000000002' },
    });
  });
});

it('only looks for a code when another visit has asked', () => {
  const c = given.ready();
  const told = next(c, obtain.sameDayAsked(c, 'v9', AT));
  expect(told).toMatchObject({
    state: 'unknown',
    reason: 'same-day-code',
    reasonDetail: 'v9',
    nextStep: 'lookup',
    askedAt: null,
  });
});

it('says once that NHSO is not reached, and keeps the step', () => {
  const c = given.ready();
  const told = next(c, obtain.waitForNhso(c, 'down', AT));
  expect(told).toMatchObject({
    state: 'ready',
    reason: 'waiting-nhso',
    nextStep: 'draft',
    stepSeq: c.stepSeq,
    dueAt: c.dueAt,
  });
  expect(obtain.waitForNhso(told, 'down', AT)).toBeNull();
  expect(obtain.waitForNhso(given.unknown({ reason: 'refused' }), 'down', AT)).toBeNull();
});

it('may ask on the service date alone', () => {
  expect(obtain.mayAsk(given.ready(), AT)).toBe(true);
  expect(obtain.mayAsk(given.ready(), given.NEXT_DAY)).toBe(false);
});

it.each<[CaseState, boolean]>([
  ['awaiting-card', false],
  ['ready', true],
  ['drafted', true],
  ['confirming', true],
  ['unknown', true],
  ['offline', false],
  ['needs-staff', false],
  ['confirmed', false],
  ['written', false],
])('in %s the next step can be done today only: %s; on the next day nothing can', (state, isForToday) => {
  const c = { ...given.ready(), state };
  expect(obtain.isForTodayOnly(c, AT)).toBe(isForToday);
  expect(obtain.isForTodayOnly(c, given.NEXT_DAY)).toBe(false);
});
