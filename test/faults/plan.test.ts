/** A seed is a day: the same one always, another one another day, and only what the hospital can suffer. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_MS, FAULT_KINDS, fits, LATER_KINDS, lastsUpTo } from './fault-kinds.ts';
import { planOf } from './plan.ts';

const seeds = fc.nat(1_000_000_000);

test('the same seed is the same plan', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      expect(planOf(seed)).toEqual(planOf(seed));
    }),
    { numRuns: 30 },
  );
});

test('other seeds are other plans', () => {
  const plans = new Set(
    Array.from({ length: 50 }, (_, seed) => JSON.stringify({ ...planOf(seed), seed: 0 })),
  );
  expect(plans.size).toBe(50);
});

test('whatever is planned can happen to that hospital, within the day', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { setup, faults, visits } = planOf(seed);
      if (setup.bridges === 2) expect([setup.ledger, setup.queue]).not.toContain('embedded');
      for (const { kind, at, lasts } of faults) {
        expect(fits(kind, setup)).toBe(true);
        expect(at).toBeLessThanOrEqual(DAY_MS);
        expect(lasts).toBeLessThanOrEqual(lastsUpTo(kind));
      }
      for (const { at, counter } of visits) {
        expect(at).toBeLessThanOrEqual(DAY_MS);
        expect(counter).toBeLessThan(setup.counters);
      }
    }),
    { numRuns: 200 },
  );
});

test('what came later leaves the faults of a seed as they were', () => {
  // as they were drawn when there were no others
  const first = [
    [1, 'agent-restarts 6326'],
    [500885, 'reader-killed 5115, clock-jump 7367, his-killed 7973'],
  ] as const;
  for (const [seed, kinds] of first) {
    const of = planOf(seed).faults.filter((f) => !LATER_KINDS.includes(f.kind));
    expect(of.map((f) => `${f.kind} ${f.at}`).join(', ')).toBe(kinds);
  }
});

test('in many plans every fault happens', () => {
  const met = new Set(
    Array.from({ length: 400 }, (_, seed) => planOf(seed).faults.map((f) => f.kind)).flat(),
  );
  expect([...met].sort()).toEqual([...FAULT_KINDS].sort());
});

test('some counters are carried for, and some codes asked for by clients, of people who have a card', () => {
  const plans = Array.from({ length: 100 }, (_, seed) => planOf(seed));
  for (const { setup, visits } of plans) {
    expect(setup.agents).toHaveLength(setup.counters);
    for (const { client, quirk } of visits)
      if (client !== null) expect(['no-card', 'no-cid']).not.toContain(quirk);
  }
  expect(new Set(plans.flatMap((p) => p.setup.agents))).toEqual(new Set(['direct', 'reader']));
  const of = (isBy: boolean): number =>
    plans.flatMap((p) => p.visits).filter((v) => (v.client !== null) === isBy).length;
  expect(of(true)).toBeGreaterThan(100);
  expect(of(false)).toBeGreaterThan(of(true));
  expect(planOf(1, { agents: 'reader' }).setup.agents).not.toContain('direct');
  expect(planOf(1, { clients: 'none' }).visits.every((v) => v.client === null)).toBe(true);
  expect(
    planOf(1, { clients: 'all' })
      .visits.filter((v) => v.client === null)
      .map((v) => v.quirk),
  ).toEqual(
    planOf(1)
      .visits.map((v) => v.quirk)
      .filter((q) => q === 'no-card' || q === 'no-cid'),
  );
});

test('one day of four is a late evening, where a clock can be set; the hour that is wished for goes first', () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => seed);
  const evenings = seeds.filter((seed) => planOf(seed).timeOfDay === '23:10');
  expect(evenings.length).toBeGreaterThan(30);
  expect(evenings.length).toBeLessThan(70);
  for (const seed of evenings) {
    expect(planOf(seed).setup.midnight).toBe(false);
    expect(planOf(seed, { timeOfDay: '09:00' }).timeOfDay).toBe('09:00');
    expect(planOf(seed, { without: ['clock-jump'] }).timeOfDay).toBeNull();
  }
});

test('in one plan of four calls take turns at a rate', () => {
  const rates = Array.from({ length: 200 }, (_, seed) => planOf(seed).setup.ratePerSecond);
  const some = rates.filter((rate) => rate > 0).length;
  expect(some).toBeGreaterThan(30);
  expect(some).toBeLessThan(70);
});

test('what is wished for is kept, what cannot be done here is left out', () => {
  for (let seed = 0; seed < 40; seed++) {
    const { setup, faults, visits } = planOf(seed, {
      ...{ his: 'postgres', queue: 'redis', ledger: 'sqlite', visits: 7 },
      without: ['clock-jump', 'killed-ahead', 'disk-full'],
    });
    expect(setup).toMatchObject({
      his: 'postgres',
      queue: 'redis',
      ledger: 'sqlite',
      bridges: 1,
      midnight: false,
    });
    expect(visits).toHaveLength(7);
    for (const { kind } of faults) expect(['clock-jump', 'killed-ahead', 'disk-full']).not.toContain(kind);
  }
});
