/** A code that was found for a lost answer may be another channel's: NHSO is looked at until ours would be there, too. */

import { describe, expect, it, test } from 'vitest';
import { type Candidate, codesBeside, type IssuedCode } from '../../../src/domain/authen-code.ts';
import { DAY_MS } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import { clockSetBack } from '../../../src/domain/machine/clock.ts';
import { visitGone, visitSeen } from '../../../src/domain/machine/facts.ts';
import { lookedUp, lookupRefused } from '../../../src/domain/machine/lookup.ts';
import { codeCameLate, waitForNhso } from '../../../src/domain/machine/obtain.ts';
import { lookedAtAgain, secondCodes, secondCodeTold } from '../../../src/domain/machine/second-code.ts';
import { closeCase, retryCase } from '../../../src/domain/machine/staff.ts';
import type { Change } from '../../../src/domain/machine/transition.ts';
import { writtenBack } from '../../../src/domain/machine/write-back.ts';
import { sampleVisit } from '../../support/samples.ts';
import * as given from './given.ts';
import { expectLegal, expectSound } from './legal.ts';

const { CODE, GROUNDS, HELD, POLICY, STAFF } = given;
const TIMES = { settleMs: 20_000, atWorkMs: 45_000, offlineMs: 600_000 };
const ASKED_AT = given.AT;
const OURS: IssuedCode = { ...CODE, claimCode: 'PP1000000002', issuedAt: ASKED_AT + 9_000 };
const LINE: IssuedCode = { ...CODE, issuedAt: ASKED_AT + 1_000 };
const candidate = (code: IssuedCode, more: Partial<Candidate> = {}): Candidate => {
  const { pid: _, ...shown } = code;
  return { ...shown, misfits: [], heldBy: null, ...more };
};

/** The answer to the confirm of ASKED_AT is lost, and the look-up two seconds later shows the code of LINE. */
const lost = given.unknown({ askedAt: ASKED_AT, dueAt: ASKED_AT + 2_000, updatedAt: ASKED_AT });
const found = next(lost, lookedUp(lost, given.found(LINE), GROUNDS, TIMES, ASKED_AT + 2_000));
const written = next(
  found,
  writtenBack(found, { kind: 'written', row: { vn: 'v' }, previous: null }, ASKED_AT + 3_000),
);

function next(before: Case, change: Change | null): Case {
  if (change === null) throw new Error('nothing changed');
  expectLegal(before, change);
  expectSound(change.next);
  return change.next;
}

describe('a code that was found after two seconds', () => {
  it('is written at once, and NHSO looked at until the confirm is surely over', () => {
    expect(found).toMatchObject({
      state: 'confirmed',
      code: { claimCode: LINE.claimCode },
      nextStep: 'write-back',
    });
    expect(written).toMatchObject({ state: 'written', nextStep: 'lookup', dueAt: ASKED_AT + 22_000 });
    let c = written;
    const looked: number[] = [];
    while (c.nextStep === 'lookup') {
      const at = c.dueAt ?? 0;
      looked.push(at - ASKED_AT);
      c = next(c, lookedAtAgain(c, [], TIMES, at));
    }
    expect(looked).toEqual([22_000, 42_000, 65_000]);
    expect(c).toMatchObject({ state: 'written', reason: null, recheckAt: null, nextStep: null, dueAt: null });
  });

  it('is not looked at again once the confirm is surely over', () => {
    const late = given.confirming({ askedAt: ASKED_AT, emptyLookups: 3 });
    const at = ASKED_AT + 65_000;
    expect(next(late, lookedUp(late, given.found(LINE), GROUNDS, TIMES, at))).toMatchObject({
      recheckAt: null,
    });
    expect(next(late, lookedUp(late, given.found(LINE), GROUNDS, TIMES, at - 1)).recheckAt).toBe(
      at - 1 + 20_000,
    );
  });

  it('is not looked at again where NHSO had refused: nothing of ours is under way then', () => {
    const refused = given.unknown({ askedAt: ASKED_AT, reason: 'refused' });
    const adopted = next(refused, lookedUp(refused, given.found(LINE), GROUNDS, TIMES, ASKED_AT + 2_000));
    expect(adopted).toMatchObject({ state: 'found-elsewhere', recheckAt: null });
  });

  it('two at once go to a person, who is told of a third as well', () => {
    const both = { kind: 'ambiguous' as const, candidates: [candidate(LINE), candidate(OURS)] };
    const told = next(lost, lookedUp(lost, both, GROUNDS, TIMES, ASKED_AT + 2_000));
    expect(told).toMatchObject({ state: 'needs-staff', reason: 'code-ambiguous', nextStep: 'lookup' });
    const third = candidate({ ...OURS, claimCode: 'PP1000000003' });
    const more = next(told, lookedAtAgain(told, [...both.candidates, third], TIMES, ASKED_AT + 22_000));
    expect(more).toMatchObject({ state: 'needs-staff', reason: 'code-ambiguous', reasonDetail: null });
    expect(more.candidates.map((c) => c.claimCode)).toEqual(['PP1000000001', 'PP1000000002', 'PP1000000003']);
  });
});

describe('a second code', () => {
  const at = ASKED_AT + 22_000;
  const told = next(written, lookedAtAgain(written, [candidate(OURS)], TIMES, at));

  it('goes before a person; the first stays in the HIS', () => {
    expect(told).toMatchObject({
      ...{ state: 'needs-staff', reason: 'second-code', reasonDetail: OURS.claimCode },
      ...{ code: { claimCode: LINE.claimCode }, candidates: [{ claimCode: OURS.claimCode }] },
      ...{ writtenAt: ASKED_AT + 3_000, nextStep: 'lookup' },
    });
    expect(lookedAtAgain(told, [candidate(OURS)], TIMES, at + 20_000).history[0]?.event).toBe(
      'no-second-code',
    );
  });

  it('stays there when the HIS tells of the code that was written', () => {
    const seen = next(told, visitSeen(told, { ...told.visit, code: LINE.claimCode }, null, POLICY, at));
    expect(seen).toMatchObject({ state: 'needs-staff', reason: 'second-code' });
    const other = next(seen, visitSeen(seen, { ...told.visit, code: OURS.claimCode }, null, POLICY, at));
    expect(other).toMatchObject({ state: 'needs-staff', reason: 'his-holds-other-code' });
    expect(other.candidates).toMatchObject([{ claimCode: OURS.claimCode }]);
  });

  it('is passed over when a person says so, and history names it', () => {
    const again = retryCase(told, null, POLICY, STAFF);
    expect(again?.history[0]?.detail).toEqual({ notTaken: [OURS.claimCode] });
    const kept = next(told, again);
    const done = next(kept, writtenBack(kept, { kind: 'already' }, at));
    expect(done).toMatchObject({ state: 'written', reason: null, candidates: [] });
  });

  it('comes back to a person who had closed the case meanwhile', () => {
    const blocked = next(found, writtenBack(found, { kind: 'no-row' }, ASKED_AT + 3_000));
    const closed = next(blocked, closeCase(blocked, 'by hand', STAFF));
    expect(closed).toMatchObject({ state: 'closed', nextStep: 'lookup' });
    expect(next(closed, lookedAtAgain(closed, [candidate(OURS)], TIMES, at))).toMatchObject({
      ...{ state: 'needs-staff', reason: 'second-code', reasonDetail: OURS.claimCode },
    });
    expect(next(closed, lookedAtAgain(closed, [], TIMES, at))).toMatchObject({ state: 'closed' });
  });

  it('stands beside what a person has to settle already', () => {
    const gone = next(written, visitGone(written, at));
    expect(next(gone, lookedAtAgain(gone, [candidate(OURS)], TIMES, at))).toMatchObject({
      ...{ state: 'needs-staff', reason: 'visit-cancelled-after-code', reasonDetail: LINE.claimCode },
      candidates: [{ claimCode: OURS.claimCode }],
    });
  });

  it('is still there when the visit has become another person’s and the right one’s again', () => {
    const wrong = next(told, visitSeen(told, sampleVisit({ pid: null }), null, POLICY, at));
    expect(wrong).toMatchObject({ reason: 'person-mismatch', candidates: [{ claimCode: OURS.claimCode }] });
    const right = next(wrong, visitSeen(wrong, told.visit, null, POLICY, at));
    const back = next(right, writtenBack(right, { kind: 'already' }, at));
    expect(back).toMatchObject({ state: 'needs-staff', reason: 'second-code', reasonDetail: OURS.claimCode });
  });

  it('that its own confirm’s answer brings late is told alike', () => {
    const late = next(written, codeCameLate(written, OURS, at));
    expect(late).toMatchObject({ reason: 'second-code', reasonDetail: OURS.claimCode });
    expect(secondCodeTold(late, [candidate(OURS), candidate(LINE)], at)).toBeNull();
  });
});

test.each<[string, Candidate, boolean]>([
  ['of the person, day and type', candidate(OURS), true],
  [
    'whose claim type NHSO does not tell',
    candidate({ ...OURS, claimType: null }, { misfits: ['claim-type'] }),
    true,
  ],
  ['whose hospital NHSO does not tell', candidate({ ...OURS, hcode: null }, { misfits: ['hospital'] }), true],
  [
    'of the next day, since our confirm was sent a moment before midnight',
    candidate({ ...OURS, issuedAt: ASKED_AT + DAY_MS / 2 }, { misfits: ['date'] }),
    true,
  ],
  ['of a day later', candidate({ ...OURS, issuedAt: ASKED_AT + DAY_MS }, { misfits: ['date'] }), false],
  [
    'of another claim type',
    candidate({ ...OURS, claimType: 'PG0130001' }, { misfits: ['claim-type'] }),
    false,
  ],
  ['of another hospital', candidate({ ...OURS, hcode: '11111' }, { misfits: ['hospital'] }), false],
  ['of another visit', candidate(OURS, { misfits: ['held-by-other-visit'], heldBy: 'v9' }), false],
  ['of before', candidate({ ...OURS, issuedAt: ASKED_AT - 61_000 }), false],
  [
    'that closes a visit',
    candidate({ ...OURS, claimCode: 'EP77' }, { misfits: ['close-visit-code'] }),
    false,
  ],
])('a code may be the second one: %s', (_, shown, expected) => {
  expect(secondCodes([shown], written)).toEqual(expected ? [shown] : []);
});

test('codes beside the one that is held: each once, none of another person, with what speaks against it', () => {
  const wanted = {
    pid: given.READ.pid,
    hcode: '10978',
    serviceDate: written.serviceDate,
    claimType: 'PG0060001',
  };
  const others = { ...OURS, pid: 'somebody else' };
  const beside = codesBeside(LINE.claimCode, [LINE, OURS, OURS, others], wanted, () => ({ vn: 'v9' }));
  // the last of a code counts
  expect(beside).toEqual([]);
  expect(codesBeside(LINE.claimCode, [LINE, OURS, OURS], wanted, () => ({ vn: 'v9' }))).toEqual([
    candidate(OURS, { misfits: ['held-by-other-visit'], heldBy: 'v9' }),
  ]);
  expect(codesBeside(null, [LINE], wanted, () => null)).toEqual([candidate(LINE)]);
});

describe('the look that is owed', () => {
  it('keeps its distance, whoever is in a hurry', () => {
    expect(retryCase(written, null, POLICY, STAFF)).toBeNull();
  });

  it('says nothing while NHSO is away: the code is written', () => {
    expect(waitForNhso(written, 'down', ASKED_AT + 22_000)).toBeNull();
  });

  it('is made again later where NHSO refuses it, also when the day is over, and a day later a person is told', () => {
    const refuse = (at: number): Case => next(written, lookupRefused(written, 'token', at));
    const { AT, NEXT_DAY } = given;
    expect(refuse(AT + 22_000)).toMatchObject({ state: 'written', reason: null, nextStep: 'lookup' });
    expect(refuse(NEXT_DAY)).toMatchObject({ state: 'written', nextStep: 'lookup' });
    expect(refuse(NEXT_DAY + DAY_MS)).toMatchObject({
      ...{
        state: 'needs-staff',
        reason: 'lookup-refused',
        code: HELD_BY_LINE,
        nextStep: null,
        recheckAt: null,
      },
    });
  });

  it('is put right with the clock', () => {
    const ahead = { ...written, updatedAt: written.updatedAt + 3_600_000, recheckAt: ASKED_AT + 3_622_000 };
    const late = { ...ahead, dueAt: ahead.recheckAt };
    const back = next(late, clockSetBack(late, written.updatedAt));
    expect(back).toMatchObject({ recheckAt: ASKED_AT + 22_000, dueAt: ASKED_AT + 22_000 });
  });
});

const HELD_BY_LINE = { ...HELD, issuedAt: LINE.issuedAt };
