/**
 * Rule 1 with clients of the agent API beside the bridge's own work: visits come before, between and after, cards are read, answers
 * get lost, two counters call at once, bridges die as they stand. NHSO permits any number of codes here, so that a second
 * request would show. What became of it is asked from the outside: NHSO's own books, and the HIS's.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { describeWith, freshPostgres } from '../../support/services.ts';
import { claimOf, DoorHouse, doorClient, STATIONS, type Told } from './house.ts';

const RUNS = Number(process.env.AGENT_API_RUNS ?? 6);
const ON_THE_WAY = ['ready', 'drafted', 'confirming', 'unknown', 'confirmed', 'found-elsewhere'];
/** Of a run, counted from its first. */
const PEOPLE = 2;

type Happening =
  | { what: 'visit' | 'read' | 'confirm'; who: number; counter: number; bridge: number }
  | { what: 'lose'; how: 'drop' | 'reset' | 'cut-json' | 'html' | '500' | 'empty' }
  | { what: 'fail' | 'poll' | 'kill' }
  | { what: 'wait'; ms: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constantFrom('visit' as const, 'read' as const, 'confirm' as const, 'confirm' as const),
      who: fc.nat({ max: PEOPLE - 1 }),
      counter: fc.nat({ max: 1 }),
      bridge: fc.nat({ max: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('lose' as const),
      how: fc.constantFrom('drop', 'reset', 'cut-json', 'html', '500', 'empty' as const),
    }),
  },
  { weight: 3, arbitrary: fc.constantFrom<Happening>({ what: 'poll' }, { what: 'fail' }, { what: 'kill' }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.nat({ max: 150 }) }) },
);

let people = 50_000;

class Day {
  readonly #house: DoorHouse;
  readonly #first: number;
  readonly #pending: Promise<unknown>[] = [];
  readonly #reads = new Map<number, Told>();
  readonly vns = new Map<number, string>();
  readonly callers = new Set<number>();
  readonly told: { who: number; code: string }[] = [];

  constructor(house: DoorHouse) {
    people += PEOPLE;
    this.#first = people;
    this.#house = house;
    house.nhso.limitPerDay(null);
  }

  pid(who: number): string {
    return sampleCitizenId(this.#first + who);
  }

  async happens(h: Happening): Promise<void> {
    const house = this.#house;
    switch (h.what) {
      case 'visit':
        // one visit a person: whose code is whose is not what this is about
        if (!this.vns.has(h.who)) this.vns.set(h.who, house.visit(this.#first + h.who));
        return;
      case 'read':
        await this.#read(h.who, h.counter, h.bridge);
        return;
      case 'confirm':
        this.#pending.push(this.confirm(h.who, h.counter, h.bridge).catch(() => undefined));
        return;
      case 'lose':
        return house.nhso.loseAnswers({ next: 1, how: h.how });
      case 'fail':
        return house.nhso.failNext({ call: 'confirm-save', status: 500 });
      case 'poll':
        return house.poll();
      case 'kill':
        await house.killAndStart();
        return;
      case 'wait':
        await sleep(h.ms);
    }
  }

  async #read(who: number, counter: number, bridge: number): Promise<Told | null> {
    const agent = counter === 0 ? this.#house.agent : this.#house.neighbour;
    agent.control.insertCard(this.pid(who));
    const client = await doorClient(this.#house, STATIONS[counter], bridge);
    const read = await client.read().catch(() => null);
    agent.control.removeCard();
    if (read?.status !== 200 || read.json.pid !== this.pid(who)) return null;
    this.#reads.set(who, read);
    return read;
  }

  /** As a client does: with the newest read that it has of the person. */
  async confirm(who: number, counter: number, bridge: number): Promise<Told | null> {
    const read = this.#reads.get(who) ?? (await this.#read(who, counter, bridge));
    if (read === null) return null;
    this.callers.add(who);
    const client = await doorClient(this.#house, STATIONS[counter], bridge);
    const told = await client.confirm(claimOf(read));
    // the bridge died between telling of the read and keeping it: it is to be read again
    if (told.status === 400 && told.json.errors?.[0]?.field === 'pid') this.#reads.delete(who);
    if (told.status === 200) this.told.push({ who, code: told.json.claimCode });
    return told;
  }

  /** The faults are over; whatever is under way comes to its end. */
  async comesToRest(): Promise<void> {
    const house = this.#house;
    await Promise.all(this.#pending);
    house.nhso.clearFaults();
    for (let round = 0; round < 60; round++) {
      await house.poll();
      await house.keepHouse();
      await house.bridge.agentApi.work();
      await sleep(60);
      if (await this.#isAtRest()) return;
      house.pass(2_000);
    }
    throw new Error('it does not come to rest');
  }

  async #isAtRest(): Promise<boolean> {
    const { ledger, clock } = this.#house;
    for (const vn of this.vns.values()) {
      const c = await this.#house.case(vn);
      if (c === null || ON_THE_WAY.includes(c.state)) return false;
    }
    const date = serviceDateOf(clock.now());
    if ((await ledger.doorAsks.wanted(date, 100)).length > 0) return false;
    const due = await ledger.doorAsks.due(Number.MAX_SAFE_INTEGER, 1_000);
    const own = [0, 1].map((who) => this.pid(who));
    return !due.some((a) => own.includes(a.pid));
  }

  async expectAskedOnce(): Promise<void> {
    for (let who = 0; who < PEOPLE; who++) {
      const codes = this.#house.nhso.codes(this.pid(who)).map((c) => c.claimCode);
      expect(codes.length, 'codes of one person').toBeLessThanOrEqual(1);
      const told = new Set(this.told.filter((t) => t.who === who).map((t) => t.code));
      expect([...told], 'what clients were told').toEqual(told.size === 0 ? [] : codes);
      const vn = this.vns.get(who);
      if (vn !== undefined && codes.length === 1) expect(this.#house.codeInHis(vn)).toBe(codes[0]);
    }
  }
}

async function days(house: DoorHouse): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 6, maxLength: 24, size: 'max' }),
      async (happenings) => {
        const day = new Day(house);
        for (const h of happenings) await day.happens(h);
        await day.comesToRest();
        await day.expectAskedOnce();
        // whoever was told nothing asks again, and gets what is there
        for (const who of day.callers) {
          const told = await day.confirm(who, 0, 0);
          const last = told?.status === 400 ? await day.confirm(who, 0, 0) : told;
          expect([who, last?.status]).toEqual([who, 200]);
        }
        await day.comesToRest();
        await day.expectAskedOnce();
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
}

const TIME_MS = 600_000;
/** Nobody trips the breaker: what a dead NHSO means is tested elsewhere. */
const settings = { breakerFailures: 1_000, settleMs: 300 };

// a house of its own each; they spend their time on waiting for answers that were lost
describe.concurrent('each code is asked for once, whoever asks', () => {
  it(
    'on SQLite',
    async () => {
      const house = await DoorHouse.open({ settings });
      try {
        await days(house);
      } finally {
        await house.close();
      }
    },
    TIME_MS,
  );

  describeWith('postgres', 'two bridges on PostgreSQL', (admin) => {
    it(
      'as on one',
      async () => {
        const fresh = await freshPostgres(admin);
        const house = await DoorHouse.open({ settings, store: fresh.url, bridges: 2 });
        try {
          await days(house);
        } finally {
          await house.close();
          await fresh.drop();
        }
      },
      TIME_MS,
    );
  });
});
