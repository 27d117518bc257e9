/**
 * A day with faults, made from a seed alone: the same seed is the same hospital, the same patients and the same faults
 * at the same moments. What the machine then makes of it may differ in milliseconds; nothing else does.
 */

import fc from 'fast-check';
import {
  DAY_MS,
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  fits,
  LATER_KINDS,
  lastsUpTo,
} from './fault-kinds.ts';
import type { AgentWay, Setup } from './setup.ts';

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
  /** A program at the counter that takes the bridge for NHSO's agent and asks for the code. */
  client: ClientPlan | null;
}

/** Times in ms. */
export interface ClientPlan {
  /** From its read to its first confirm. */
  confirmAfter: number;
  /** How long it waits for an answer. */
  patience: number;
  /** Between two confirms. */
  pause: number;
  tries: number;
  /** It writes the code into the HIS itself. */
  types: boolean;
}

export interface Plan {
  seed: number;
  /** What time it is in the hospital (Asia/Bangkok) at the start, `HH:MM`; null: as it is here, but not near midnight. */
  timeOfDay: string | null;
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
  /** Of every counter. */
  agents?: AgentWay;
  clients?: 'all' | 'none';
  timeOfDay?: string;
};

export function planOf(seed: number, wishes: Wishes = {}): Plan {
  const plan = one(planArbitrary(seed, wishes), seed);
  const { faults, agents, clients, isEvening, ratePerSecond } = one(
    laterArbitrary(plan, wishes),
    seed + LATER,
  );
  return {
    ...plan,
    timeOfDay: wishes.timeOfDay ?? (isEvening ? EVENING : null),
    setup: { ...plan.setup, agents, ratePerSecond },
    visits: plan.visits.map((visit, i) => ({ ...visit, client: clients[i] ?? null })),
    faults: inOrder([...plan.faults, ...faults]),
  };
}

/** A clock that runs an hour ahead then has another day, until it is put right. */
const EVENING = '23:10';

/** What is drawn by a seed of its own changes nothing of the rest. */
const LATER = 0x2026;

function one<T>(arbitrary: fc.Arbitrary<T>, seed: number): T {
  const [value] = fc.sample(arbitrary, { seed, numRuns: 1 });
  if (value === undefined) throw new TypeError('nothing was made');
  return value;
}

interface Later {
  faults: readonly Fault[];
  agents: readonly AgentWay[];
  clients: readonly (ClientPlan | null)[];
  isEvening: boolean;
  ratePerSecond: number;
}

/** What plans came to have when there were seeds already; something new comes last here too. */
function laterArbitrary({ setup, visits }: Omit<Plan, 'timeOfDay'>, wishes: Wishes): fc.Arbitrary<Later> {
  const kinds = kindsFor(setup, wishes).filter((kind) => LATER_KINDS.includes(kind));
  const isWished = wishes.only !== undefined && kinds.length > 0;
  const some = faultsArbitrary(kinds, isWished ? { least: 1, most: 7 } : { least: 0, most: 2 });
  return fc.record({
    // otherwise in one plan of two
    faults: isWished ? some : fc.oneof(fc.constant([]), some),
    agents: listOf(agentArbitrary(wishes), setup.counters),
    clients: listOf(clientArbitrary(wishes), visits.length).map((all) =>
      all.map((client, i) => (CLIENTLESS.includes(visits[i]?.quirk ?? 'none') ? null : client)),
    ),
    // one plan of four, where a clock can be set
    isEvening: fc.nat(3).map((n) => n === 0 && !setup.midnight && !wishes.without?.includes('clock-jump')),
    // so few that work waits for its turn, and the day is done in time
    ratePerSecond: fc.constantFrom(0, 0, 0, 15),
  });
}

function listOf<T>(arbitrary: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> {
  return fc.array(arbitrary, { minLength: length, maxLength: length });
}

function agentArbitrary({ agents }: Wishes): fc.Arbitrary<AgentWay> {
  return agents === undefined ? fc.constantFrom<AgentWay>('direct', 'direct', 'reader') : fc.constant(agents);
}

/** Nobody there has a card to read. */
const CLIENTLESS: readonly VisitPlan['quirk'][] = ['no-card', 'no-cid'];

function clientArbitrary({ clients }: Wishes): fc.Arbitrary<ClientPlan | null> {
  if (clients === 'none') return fc.constant(null);
  const client = fc.record({
    confirmAfter: fc.integer({ min: 0, max: 1_500 }),
    // the impatient one is often met: it asks again while its first request is under way
    patience: fc.constantFrom(1_000, 3_000, 8_000),
    pause: fc.integer({ min: 100, max: 1_500 }),
    tries: fc.integer({ min: 1, max: 6 }),
    types: fc.boolean(),
  });
  if (clients === 'all') return client;
  return fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: client });
}

function planArbitrary(seed: number, wishes: Wishes): fc.Arbitrary<Omit<Plan, 'timeOfDay'>> {
  return setupArbitrary(wishes).chain((setup) =>
    fc.record({
      seed: fc.constant(seed),
      setup: fc.constant(setup),
      visits: fc
        .array(visitArbitrary(setup), { minLength: wishes.visits ?? 10, maxLength: wishes.visits ?? 24 })
        .map((all) => all.sort((a, b) => a.at - b.at)),
      faults: faultsArbitrary(
        kindsFor(setup, wishes).filter((kind) => !LATER_KINDS.includes(kind)),
        { least: 1, most: 7 },
      ),
    }),
  );
}

function setupArbitrary(wishes: Wishes): fc.Arbitrary<Setup> {
  const wished = <const T>(wish: T | undefined, ...all: T[]): fc.Arbitrary<T> =>
    wish === undefined ? fc.constantFrom(...all) : fc.constant(wish);
  return fc
    .record({
      his: wished(wishes.his, 'mariadb', 'mariadb-myisam', 'postgres'),
      queue: wished(wishes.queue, 'redis', 'redis', 'postgres', 'embedded'),
      ledger: wished(wishes.ledger, 'sqlite', 'postgres'),
      bridges: wished(wishes.bridges, 1, 2),
      counters: fc.constantFrom<1 | 2>(1, 2),
      midnight: fc.nat(7).map((n) => n === 0 && !wishes.without?.includes('clock-jump')),
      codesPerDay: fc.constantFrom<1 | null>(1, null),
      agents: fc.constant([]),
      ratePerSecond: fc.constant(0),
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
    client: fc.constant(null),
  });
}

function kindsFor(setup: Setup, wishes: Wishes): FaultKind[] {
  return FAULT_KINDS.filter(
    (kind) =>
      fits(kind, setup) &&
      !wishes.without?.includes(kind) &&
      (wishes.only === undefined || wishes.only.includes(kind)),
  );
}

function faultsArbitrary(
  kinds: readonly FaultKind[],
  { least, most }: { least: number; most: number },
): fc.Arbitrary<readonly Fault[]> {
  if (kinds.length === 0) return fc.constant([]);
  const fault = fc.constantFrom(...kinds).chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      at: fc.integer({ min: 0, max: DAY_MS }),
      lasts: fc.integer({ min: 50, max: lastsUpTo(kind) }),
      /** A number for whatever else the fault has to choose. */
      choice: fc.nat(1_000_000),
    }),
  );
  return fc.array(fault, { minLength: least, maxLength: most }).map(inOrder);
}

function inOrder(faults: readonly Fault[]): Fault[] {
  return [...faults].sort((a, b) => a.at - b.at);
}
