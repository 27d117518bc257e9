/**
 * The whole way of some visits through a day on which anything may happen at any time. The rules of the design that are
 * never bent are asserted in `whole-way/world.ts` at every step; here, what must hold when everything has come to rest.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endOfServiceDate, type Instant } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import { type DoorAsk, isUndecided, needsPerson } from '../../../src/domain/door-ask.ts';
import { dayOver } from '../../../src/domain/machine/day-end.ts';
import { SAMPLE_DATE } from '../../support/samples.ts';
import { DoorModel } from './whole-way/door.ts';
import { deliverAll, happening, poll, VISITS } from './whole-way/events.ts';
import { NhsoModel } from './whole-way/nhso.ts';
import { MINUTE, World } from './whole-way/world.ts';

const RUNS = Number(process.env.WHOLE_WAY_RUNS ?? 1_000);
const ON_THE_WAY = ['ready', 'drafted', 'confirming', 'unknown', 'confirmed', 'found-elsewhere'];
/** A person's deed, after which a code of ours may stand nowhere but in the history. */
const BY_A_PERSON = ['closed', 'code-adopted', 'code-typed-in-his'];

const anyHabits = fc.record({
  limit: fc.constantFrom(1, 1, 2),
  isTerse: fc.constantFrom(false, false, true),
  hiddenMs: fc.constantFrom(0, 15_000),
  lateMs: fc.constantFrom(1_000, 10_000, 41_000),
});
const many = (most: number) =>
  fc.array(happening, { minLength: Math.min(20, most), maxLength: most, size: 'max' });

it('nothing is lost, nothing is asked twice, every visit is accounted for', () => {
  fc.assert(
    fc.property(anyHabits, many(120), (habits, happenings) => {
      const world = new World(new NhsoModel(habits));
      begin(world);
      for (const { run } of happenings) run(world);
      end(world);
    }),
    { numRuns: RUNS, reporter: tell },
  );
}, 600_000);

it('nor where another channel issues a code while ours is still at work, and whatever comes before, between and after', () => {
  const habits = anyHabits.map((some) => ({ ...some, limit: 2, lateMs: 41_000 }));
  fc.assert(
    fc.property(habits, many(6), many(3), many(30), (some, before, between, after) => {
      const world = new World(new NhsoModel(some));
      begin(world);
      for (const { run } of before) run(world);
      const asksOf = (vn: string) => world.ledger.cases.get(vn)?.nextStep;
      if (asksOf('v1') === 'draft') world.work('v1', 'answered');
      if (asksOf('v1') === 'confirm') world.work('v1', 'late');
      deliverAll(world);
      for (const { run } of between) run(world);
      const pid = world.ledger.cases.get('v1')?.pid;
      if (pid != null) world.nhso.issue(pid, 'PG0060001', world.now);
      world.now += 5_000;
      for (const { run } of after) run(world);
      end(world);
    }),
    { numRuns: RUNS / 2, reporter: tell },
  );
}, 600_000);

/** Whatever has happened, the day ends, and the next one. */
function end(world: World): void {
  comeToRest(world);
  expectAtRest(world);
  world.now = Math.max(world.now, endOfServiceDate(SAMPLE_DATE) + MINUTE);
  comeToRest(world);
  expectAtRest(world);
  for (const c of world.ledger.cases.values()) {
    if (c.serviceDate !== SAMPLE_DATE) continue;
    expect(c.nextStep, `${c.vn} stands still when its day is over`).toBeNull();
    expect(['awaiting-card', 'offline']).not.toContain(c.state);
    expect(dayOver(c, world.now), `${c.vn} ${c.state} ${c.reason} has been looked up`).toBeNull();
  }
}

/** Two visits of one person, one of another; their cards are read. */
function begin(world: World): void {
  world.register('v1', 1);
  world.register('v3', 2);
  poll(world);
  for (const person of [1, 2]) world.showCard(person, 'full');
  world.now += 60 * MINUTE;
  world.register('v2', 1);
  poll(world);
}

/** The faults are over: NHSO and the HIS answer, polls and sweeps go on until nothing is left to do. */
function comeToRest(world: World): void {
  world.nhso.isUp = true;
  world.isHisUp = true;
  deliverAll(world);
  for (let round = 0; round < 80; round++) {
    poll(world);
    world.closeDays();
    world.pairAll();
    for (const vn of VISITS) {
      world.work(vn, 'answered');
      deliverAll(world);
    }
    DoorModel.of(world).work();
    const asked = [...world.ledger.asks.values()].filter((a) => a.lookAt !== null && a.state !== 'case');
    // a card that came after the day was closed has it closed once more
    const open = [...world.ledger.cases.values()].filter(
      (c) => (c.nextStep !== null && !isWaiting(c)) || dayOver(c, world.now) !== null,
    );
    const isOver = (lookAt: number | null): boolean => (lookAt ?? 0) > world.now + 25 * MINUTE;
    if (open.length === 0 && asked.every((a) => isOver(a.lookAt))) return;
    // what NHSO had refused to look up waits for up to half an hour
    const due = [...open.map((c) => c.dueAt ?? 0), ...asked.map((a) => a.lookAt ?? 0)];
    world.now = Math.max(world.now + 10_000, Math.min(...due));
  }
}

/** For a card, or for what a person enters at NHSO: looked up all day, whether or not the staff know of it. */
const WAITING: readonly Case['reason'][] = ['enter-at-nhso', 'card-not-read-again'];

function isWaiting(c: Case): boolean {
  return c.state === 'offline' || (c.state === 'needs-staff' && WAITING.includes(c.reason));
}

function expectAtRest(world: World): void {
  const cases = [...world.ledger.cases.values()];
  for (const visit of world.his.values()) expect(world.ledger.cases.has(visit.vn)).toBe(true);
  for (const c of cases) {
    expect(ON_THE_WAY, `${c.vn} ${c.reason}`).not.toContain(c.state);
    expect(c.reason !== null || c.state === 'written', `${c.vn} ${c.state} has a reason`).toBe(true);
    expectTold(world, c);
  }
  expectNoCodeTwice(cases);
  for (const code of world.nhso.codes.filter((k) => k.ours && !isForgotten(world, k.issuedAt))) {
    const isInHis = [...world.his.values()].some((v) => v.code === code.claimCode);
    const naming = cases.filter((c) => names(c, code.claimCode));
    const isListed = naming.some((c) => c.state === 'needs-staff' || c.state === 'closed');
    const isSettled = cases.some((c) => isSettledByAPerson(world, c, code.claimCode));
    // a client has it, or will when it asks again, and no visit could take it
    const isClients = [...world.ledger.asks.values()].some(
      (a) =>
        a.pid === code.pid &&
        (a.claimCode === code.claimCode || isUndecided(a) || (needsPerson(a) && shows(a, code.claimCode))),
    );
    expect(
      isInHis || isListed || isSettled || isClients,
      `${code.claimCode} was issued to us and stands nowhere`,
    ).toBe(true);
  }
}

/** What a case says is so in the HIS, or was when the HIS last told of the visit. */
function expectTold(world: World, c: Case): void {
  const row = world.his.get(c.vn);
  const isStanding = row !== undefined && !row.cancelled;
  if (c.state === 'cancelled') expect(isStanding, `${c.vn} is cancelled`).toBe(false);
  if (['awaiting-card', 'offline', 'written', 'not-required'].includes(c.state))
    expect(isStanding).toBe(true);
  if (c.state === 'written') expect(row?.code, `${c.vn} is written`).toBe(c.code?.claimCode);
}

function expectNoCodeTwice(cases: readonly Case[]): void {
  const held = cases.filter((c) => c.state !== 'cancelled').flatMap((c) => c.code?.claimCode ?? []);
  expect(new Set(held).size).toBe(held.length);
}

/**
 * What became of it may have stood in a ledger that was lost: a visit cancelled since, a person's decision. So may that it was
 * asked for, at the last by a process that died with it.
 */
function isForgotten({ lost, nhso }: World, issuedAt: Instant | null): boolean {
  return lost.some(({ from, to }) => issuedAt !== null && from <= issuedAt && issuedAt <= to + nhso.lateMs);
}

function names(c: Case, claimCode: string): boolean {
  return (
    c.code?.claimCode === claimCode ||
    c.candidates.some((k) => k.claimCode === claimCode) ||
    (c.reasonDetail ?? '').includes(claimCode)
  );
}

function shows({ candidates }: DoorAsk, claimCode: string): boolean {
  return candidates.some((c) => c.claimCode === claimCode);
}

/** A person decided on the case after the code had come to it. */
function isSettledByAPerson(world: World, c: Case, claimCode: string): boolean {
  const lines = world.ledger.history.get(c.vn) ?? [];
  const came = lines.findIndex((l) => JSON.stringify(l.detail).includes(claimCode));
  return came >= 0 && lines.slice(came + 1).some((l) => BY_A_PERSON.includes(l.event));
}

/** A failing day as a list of what happened. */
function tell<T>(result: fc.RunDetails<T>): void {
  if (!result.failed) return;
  const why = result.errorInstance instanceof Error ? (result.errorInstance.stack ?? '') : '';
  const days = fc.stringify(result.counterexample).replaceAll(',', '\n  ');
  throw new Error(`seed ${result.seed}, path ${result.counterexamplePath}:\n${days}\n${why}`);
}
