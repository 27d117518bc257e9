/** What must hold whatever the input: rule 2 and rule 3, over thousands of days that no hospital has seen. */

import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { codeKind, isPlausibleCode } from '../../../src/domain/authen-code.ts';
import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import { mayAdopt, mayAdoptOwnAnswer } from '../../../src/domain/machine/reconcile.ts';
import { codeKey } from '../../../src/domain/reconcile/shown.ts';
import { OUTCOMES, type PersonDay, reconcile, type Verdict } from '../../../src/domain/reconcile.ts';
import { anyDay } from './given.ts';

// thousands of days on a machine that may be busy
vi.setConfig({ testTimeout: 300_000 });

const RUNS = { numRuns: 4_000 };

interface Taking {
  verdict: Verdict;
  take: NonNullable<Verdict['take']>;
  of: PersonDay['cases'][number];
}

function takings(day: PersonDay): Taking[] {
  return reconcile(day).flatMap((verdict) => {
    const of = day.cases.find((c) => c.vn === verdict.vn);
    return verdict.take === null || of === undefined ? [] : [{ verdict, take: verdict.take, of }];
  });
}

it('says something of every visit, once, in a word of the list', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      const verdicts = reconcile(day);
      expect(verdicts.map((v) => v.vn)).toEqual(day.cases.map((c) => c.vn).sort());
      for (const v of verdicts) expect(OUTCOMES).toContain(v.outcome);
    }),
    RUNS,
  );
});

it('gives no code to two visits, nor one that anybody else holds', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      const taken = takings(day);
      expect(new Set(taken.map((t) => codeKey(t.take.claimCode))).size).toBe(taken.length);
      for (const { take, of } of taken) {
        const holder = day.holderOf(take.claimCode, of);
        expect(holder === null || (holder.hcode === of.hcode && holder.vn === of.vn)).toBe(true);
        for (const other of day.cases.filter((c) => c !== of)) {
          const held = [other.visit.code, other.code?.claimCode].flatMap((c) => c ?? []).map(codeKey);
          expect(held).not.toContain(codeKey(take.claimCode));
        }
      }
    }),
    RUNS,
  );
});

it('gives no code of another person, hospital, day or claim type, no EP code, and none that no source showed so', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      for (const { take, of } of takings(day)) {
        expect(take.pid).toBe(of.pid);
        expect(take.hcode).toBe(of.hcode);
        expect(take.claimType).toBe(of.claimType);
        expect(take.issuedAt === null ? null : serviceDateOf(take.issuedAt)).toBe(of.serviceDate);
        expect(isPlausibleCode(take.claimCode) && codeKind(take.claimCode) !== 'EP').toBe(true);
        for (const told of day.shown.filter((s) => codeKey(s.claimCode) === codeKey(take.claimCode))) {
          expect([null, take.pid]).toContain(told.pid);
          expect([null, take.hcode]).toContain(told.hcode);
          expect([null, take.claimType]).toContain(told.claimType);
        }
      }
    }),
    RUNS,
  );
});

it('gives no code over one that the HIS or the ledger holds, and none to a case that may not take it', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      for (const { take, of, verdict } of takings(day)) {
        expect(of.visit.code).toBeNull();
        expect(of.code).toBeNull();
        expect(of.visitGone || of.visit.cancelled).toBe(false);
        expect(mayAdopt(of, day.at) || mayAdoptOwnAnswer(of, take)).toBe(true);
        expect(verdict).toMatchObject({ outcome: 'found', claimCode: take.claimCode });
      }
    }),
    RUNS,
  );
});

it('leaves a code that may be the lost answer of one visit to that visit', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      const asking = day.cases.filter((c) => c.askedAt !== null && c.code === null && c.visit.code === null);
      for (const { take, of } of takings(day)) {
        const rival = asking.find((c) => c !== of && c.claimType === of.claimType && c.pid === of.pid);
        if (rival === undefined || rival.visitGone || rival.visit.cancelled) continue;
        if (['not-required', 'cancelled', 'closed'].includes(rival.state)) continue;
        // unless that one has its own answer
        if (takings(day).some((t) => t.of === rival)) continue;
        expect((take.issuedAt ?? 0) >= (rival.askedAt ?? 0) && of.askedAt === null).toBe(false);
      }
    }),
    RUNS,
  );
});

it('says the same in whatever order visits and codes come', () => {
  const shuffled = anyDay.chain((day) =>
    fc.record({
      day: fc.constant(day),
      cases: fc.shuffledSubarray([...day.cases], { minLength: day.cases.length }),
      shown: fc.shuffledSubarray([...day.shown], { minLength: day.shown.length }),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({ day, cases, shown }) => {
      expect(reconcile({ ...day, cases, shown })).toEqual(reconcile(day));
    }),
    RUNS,
  );
});

it('two visits without a code and only one that fits: nobody gets it', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      const taken = takings(day);
      for (const { of, take } of taken) {
        const without = day.cases.filter(
          (c) => c !== of && c.claimType === of.claimType && c.pid === of.pid && mayAdopt(c, day.at),
        );
        // each of them has one too, or this is the answer to the visit's own confirm
        const all = without.every((c) => taken.some((t) => t.of === c));
        expect(all || mayAdoptOwnAnswer(of, take)).toBe(true);
      }
    }),
    RUNS,
  );
});

it('is not idle: among these days are some of every outcome, and codes that are given by time', () => {
  const seen = new Set<string>();
  for (const day of fc.sample(anyDay, { numRuns: 4_000, seed: 7 })) {
    for (const v of reconcile(day)) seen.add(v.outcome);
    if (takings(day).length > 1) seen.add('shared');
    if (takings(day).some((t) => t.of.askedAt !== null)) seen.add('own answer');
  }
  expect([...seen].sort()).toEqual([...OUTCOMES, 'shared', 'own answer'].sort());
});
