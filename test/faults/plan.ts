/**
 * A day with faults, made from a seed alone: the same seed is the same hospital, the same patients and the same faults
 * at the same moments. What the machine then makes of it may differ in milliseconds; nothing else does.
 */

import fc from 'fast-check';
import { DAY_MS, FAULT_KINDS, type Fault, type FaultKind, fits, lastsUpTo } from './fault-kinds.ts';
import type { Setup } from './setup.ts';

export const QUIRKS = [
  'none',
  'no-card',
  'no-phone',
  'no-cid',
  'inpatient',
  'second-visit',
  'cancelled',
  'right-changed',
  'typed-code',
  'other-channel',
  'typed-then-asked',
  'typed-at-confirm',
] as const;

export interface VisitPlan {
  /** From the beginning of the run, ms. */
  at: number;
  quirk: (typeof QUIRKS)[number];
  /** When the quirk happens, ms after the visit. */
  quirkAfter: number;
  /** When the card comes, ms after the visit; it may come before. */
  cardAfter: number;
  counter: number;
  /** Comes again with the card when the faults are over, should NHSO have been down at the first time. */
  returns: boolean;
}

export interface Plan {
  seed: number;
  setup: Setup;
  visits: readonly VisitPlan[];
  faults: readonly Fault[];
}

/** What a person may fix on the command line; the seed decides the rest. */
export type Wishes = Partial<Pick<Setup, 'his' | 'queue' | 'ledger' | 'bridges'>> & {
  only?: readonly FaultKind[];
  visits?: number;
  /** What this machine cannot do. */
  without?: readonly FaultKind[];
};

export function planOf(seed: number, wishes: Wishes = {}): Plan {
  const [plan] = fc.sample(planArbitrary(seed, wishes), { seed, numRuns: 1 });
  if (plan === undefined) throw new TypeError('no plan was made');
  return plan;
}

function planArbitrary(seed: number, wishes: Wishes): fc.Arbitrary<Plan> {
  return setupArbitrary(wishes).chain((setup) =>
    fc.record({
      seed: fc.constant(seed),
      setup: fc.constant(setup),
      visits: fc
        .array(visitArbitrary(setup), { minLength: wishes.visits ?? 10, maxLength: wishes.visits ?? 24 })
        .map((all) => all.sort((a, b) => a.at - b.at)),
      faults: faultsArbitrary(setup, wishes),
    }),
  );
}

function setupArbitrary(wishes: Wishes): fc.Arbitrary<Setup> {
  const one = <const T>(wish: T | undefined, ...all: T[]): fc.Arbitrary<T> =>
    wish === undefined ? fc.constantFrom(...all) : fc.constant(wish);
  return fc
    .record({
      his: one(wishes.his, 'mariadb', 'mariadb-myisam', 'postgres'),
      queue: one(wishes.queue, 'redis', 'redis', 'postgres', 'embedded'),
      ledger: one(wishes.ledger, 'sqlite', 'postgres'),
      bridges: one(wishes.bridges, 1, 2),
      counters: fc.constantFrom<1 | 2>(1, 2),
      midnight: fc.nat(7).map((n) => n === 0 && !wishes.without?.includes('clock-jump')),
      codesPerDay: fc.constantFrom<1 | null>(1, null),
    })
    .map((setup) => ({ ...setup, bridges: canShare(setup) ? setup.bridges : 1 }));
}

/** Two processes need a ledger and a queue that both can reach. */
function canShare(setup: Pick<Setup, 'queue' | 'ledger'>): boolean {
  return setup.ledger === 'postgres' && setup.queue !== 'embedded';
}

function visitArbitrary(setup: Setup): fc.Arbitrary<VisitPlan> {
  return fc.record({
    at: fc.integer({ min: 0, max: DAY_MS }),
    // most people are ordinary
    quirk: fc.oneof(
      { weight: 3, arbitrary: fc.constant('none' as const) },
      { weight: 2, arbitrary: fc.constantFrom(...QUIRKS) },
    ),
    quirkAfter: fc.integer({ min: 0, max: 4_000 }),
    cardAfter: fc.integer({ min: -2_000, max: 3_000 }),
    counter: fc.nat(setup.counters - 1),
    returns: fc.boolean(),
  });
}

function faultsArbitrary(setup: Setup, wishes: Wishes): fc.Arbitrary<readonly Fault[]> {
  const kinds = FAULT_KINDS.filter(
    (kind) =>
      fits(kind, setup) &&
      !wishes.without?.includes(kind) &&
      (wishes.only === undefined || wishes.only.includes(kind)),
  );
  const fault = fc.constantFrom(...kinds).chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      at: fc.integer({ min: 0, max: DAY_MS }),
      lasts: fc.integer({ min: 50, max: lastsUpTo(kind) }),
      /** A number for whatever else the fault has to choose. */
      choice: fc.nat(1_000_000),
    }),
  );
  return fc.array(fault, { minLength: 1, maxLength: 7 }).map((all) => all.sort((a, b) => a.at - b.at));
}
