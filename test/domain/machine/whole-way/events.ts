/** What may happen on a day, in any order and number. */

import fc from 'fast-check';
import {
  adoptCode,
  chooseClaimType,
  closeCase,
  givePhone,
  retryCase,
} from '../../../../src/domain/machine/staff.ts';
import type { Visit } from '../../../../src/domain/visit.ts';
import { sampleCitizenId } from '../../../support/samples.ts';
import { DoorModel } from './door.ts';
import { MINUTE, POLICY, type World } from './world.ts';

export const VISITS = ['v1', 'v2', 'v3'] as const;

export interface Happening {
  name: string;
  run: (world: World) => void;
}

const one = (name: string, run: (world: World) => void): fc.Arbitrary<Happening> =>
  fc.constant({ name, run });
const visit = fc.constantFrom(...VISITS);
const person = fc.constantFrom(1, 1, 2);

function onVisit(name: string, run: (world: World, vn: string) => void): fc.Arbitrary<Happening> {
  return visit.map((vn) => ({ name: `${name} ${vn}`, run: (world) => run(world, vn) }));
}

function onVisitWith<T extends string>(
  name: string,
  choices: readonly T[],
  run: (world: World, vn: string, choice: T) => void,
): fc.Arbitrary<Happening> {
  return fc
    .tuple(visit, fc.constantFrom(...choices))
    .map(([vn, choice]) => ({ name: `${name} ${vn} ${choice}`, run: (world) => run(world, vn, choice) }));
}

/** A row as the HIS told it a while ago, for a process that was held up in the midst of a poll. */
const staleRows = new WeakMap<World, ReadonlyMap<string, Visit>>();

const inTheHis: fc.Arbitrary<Happening>[] = [
  fc.tuple(visit, person).map(([vn, p]) => ({
    name: `register ${vn} of ${p}`,
    run: (world) => world.register(vn, p),
  })),
  onVisitWith(
    'clerk types into',
    ['PP9000000001', 'PP9000000002', 'EP123456', 'idcard'],
    (world, vn, text) => {
      if (world.his.get(vn)?.code === null)
        world.edit(vn, { code: text === 'idcard' ? sampleCitizenId(7) : text });
    },
  ),
  onVisit('clerk clears what a clerk typed into', (world, vn) => {
    const isOurs = world.nhso.codes.some((c) => c.claimCode === world.his.get(vn)?.code);
    if (!isOurs) world.edit(vn, { code: null });
  }),
  onVisit('row removed:', (world, vn) => world.his.delete(vn)),
  onVisit('cancelled:', (world, vn) => world.edit(vn, { cancelled: true })),
  onVisit('cancelled no more:', (world, vn) => world.edit(vn, { cancelled: false })),
  fc.tuple(visit, person).map(([vn, p]) => ({
    name: `${vn} is now of ${p}`,
    run: (world) => world.edit(vn, { pid: sampleCitizenId(p) }),
  })),
  onVisit('phone lost:', (world, vn) => world.edit(vn, { phones: [] })),
  onVisit('phone there:', (world, vn) => world.edit(vn, { phones: ['0899999991'] })),
  onVisitWith('department of', ['hd', '010'], (world, vn, code) =>
    world.edit(vn, { department: { code, name: null } }),
  ),
  one('HIS down', (world) => {
    world.isHisUp = false;
  }),
  one('HIS up', (world) => {
    world.isHisUp = true;
  }),
];

const intake: fc.Arbitrary<Happening>[] = [
  one('poll', (world) => poll(world)),
  one('poll', (world) => poll(world)),
  one('a poll begins and is held up', (world) => staleRows.set(world, new Map(world.his))),
  one('the poll that was held up goes on', (world) => {
    const rows = staleRows.get(world);
    if (rows !== undefined) world.poll(rows, false);
    staleRows.delete(world);
  }),
  fc.tuple(person, fc.constantFrom('full', 'full', 'card-only')).map(([p, kind]) => ({
    name: `card of ${p} ${kind}`,
    run: (world) => {
      world.showCard(p, kind);
      world.pairAll();
    },
  })),
];

const withoutCard: fc.Arbitrary<Happening>[] = [
  fc
    .tuple(person, fc.constantFrom('certified', 'certified', 'photo'), fc.constantFrom(2, 1, 9))
    .map(([p, kind, by]) => ({
      name: `${kind} of ${p} by ${by}`,
      run: (world) => {
        world.standIn(p, kind, by);
        world.pairAll();
      },
    })),
];

const atNhso: fc.Arbitrary<Happening>[] = [
  one('NHSO down', (world) => {
    world.nhso.isUp = false;
  }),
  one('NHSO up', (world) => {
    world.nhso.isUp = true;
  }),
  person.map((p) => ({
    name: `LINE issues a code to ${p}`,
    run: (world) => {
      // NHSO shows the newest five: nobody is given as many in a day
      const theirs = world.nhso.codes.filter((c) => c.pid === sampleCitizenId(p));
      if (theirs.length < 3) world.nhso.issue(sampleCitizenId(p), 'PG0060001', world.now);
      // and not in the same moment as by us
      world.now += 10_000;
    },
  })),
];

const FATES = [
  ...(['answered', 'answered', 'answered', 'lost', 'late', 'refused', 'other-person'] as const),
  ...(['not-sent', 'not-sent-there'] as const),
];

const steps: fc.Arbitrary<Happening>[] = [
  onVisitWith('work on', FATES, (world, vn, fate) => world.work(vn, fate)),
  onVisitWith('wait for and work on', FATES, (world, vn, fate) => {
    world.waitFor(vn);
    world.work(vn, fate);
  }),
  // as when nothing stands in the way: most of a day is like that
  onVisit('straight on with', (world, vn) => {
    for (let step = 0; step < 4; step++) {
      world.work(vn, 'answered');
      deliverAll(world);
    }
  }),
  fc.nat(3).map((n) => ({ name: `deliver ${n}`, run: (world) => world.deliver(n) })),
  one('deliver all', deliverAll),
  one('the process dies with what it has in hand', (world) => {
    world.inHand = [];
  }),
  one('the ledger is backed up', (world) => world.backUp()),
  one('the ledger is put back', (world) => world.restore()),
];

const clients: fc.Arbitrary<Happening>[] = [
  fc
    .tuple(person, fc.constantFrom('PG0060001', 'PG0060001', 'PG0130001'), fc.constantFrom(...FATES))
    .map(([p, claimType, fate]) => ({
      name: `a client confirms for ${p} ${claimType} ${fate}`,
      run: (world) => DoorModel.of(world).confirm(p, claimType, fate),
    })),
  one('asks of clients are looked up', (world) => DoorModel.of(world).work()),
];

const time: fc.Arbitrary<Happening>[] = [
  fc.constantFrom(1_000, 5_000, MINUTE, 10 * MINUTE, 5 * 60 * MINUTE).map((ms) => ({
    name: `${ms / 1000} s pass`,
    run: (world) => {
      world.now += ms;
    },
  })),
  one('keep house', (world) => {
    world.closeDays();
    world.pairAll();
  }),
];

const by = (world: World): { actor: string; at: number } => ({ actor: 'key:staff', at: world.now });

const staff: fc.Arbitrary<Happening>[] = [
  onVisit('staff gives a phone for', (world, vn) =>
    world.decide(vn, (c, w) => givePhone(c, '0611111112', w.ledger.readOf(c), POLICY, by(w))),
  ),
  onVisitWith('staff chooses for', ['PG0060001', 'PG0130001'], (world, vn, claimType) =>
    world.decide(vn, (c, w) => chooseClaimType(c, claimType, w.ledger.readOf(c), POLICY, by(w))),
  ),
  onVisit('staff adopts the newest code for', (world, vn) =>
    world.decide(vn, (c, w) => {
      const code = w.nhso.codes.findLast((k) => k.pid === c.pid);
      if (code === undefined || c.pid === null || w.ledger.holderOf(code, c) !== null) return null;
      const { claimCode, claimType, issuedAt } = code;
      return adoptCode(c, { claimCode, claimType, issuedAt, source: 'staff' }, by(w));
    }),
  ),
  onVisit('staff closes', (world, vn) => world.decide(vn, (c, w) => closeCase(c, 'no code needed', by(w)))),
  onVisit('staff tries again', (world, vn) =>
    world.decide(vn, (c, w) => retryCase(c, w.ledger.readOf(c), POLICY, by(w))),
  ),
];

const group = (weight: number, some: fc.Arbitrary<Happening>[]) => ({ weight, arbitrary: fc.oneof(...some) });

/** A failing day is told by the names alone. */
const told = (h: Happening): Happening => ({ ...h, [fc.toStringMethod]: () => h.name }) as Happening;

export const happening: fc.Arbitrary<Happening> = fc
  .oneof(
    group(3, inTheHis),
    group(3, intake),
    group(1, withoutCard),
    group(1, atNhso),
    group(12, steps),
    group(2, clients),
    group(1, time),
    group(1, staff),
  )
  .map(told);

export function poll(world: World): void {
  if (!world.isHisUp) return;
  world.poll(new Map(world.his), true);
  world.pairAll();
}

export function deliverAll(world: World): void {
  while (world.inHand.length > 0) world.deliver(0);
}
