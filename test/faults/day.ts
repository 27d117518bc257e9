/** A run's day: patients come, cards are read, faults happen and end; then everything is put right again. */

import { setTimeout as sleep } from 'node:timers/promises';
import { plainPerson, type SamplePerson } from '../../simulators/his/hosxp/sample-people.ts';
import {
  cancelVisit,
  insertPeople,
  insertVisits,
  type NewVisit,
  vnAt,
} from '../../simulators/his/hosxp/visits.ts';
import type { SimDb } from '../../simulators/his/sim-db.ts';
import { serviceDateOf } from '../../src/domain/bangkok.ts';
import { type ClientAsk, ClientDesk } from './clients.ts';
import type { Fault } from './fault-kinds.ts';
import { INJURIES } from './injure/injuries.ts';
import type { Plan, VisitPlan } from './plan.ts';
import type { World } from './world/world.ts';

/** The first person of a run; two visits of one plan are never of the same person unless the plan says so. */
const FIRST_PERSON = 3_000;

/** What has happened, from the outside. */
export interface Diary {
  /** One line each, with the time since the beginning. */
  lines: string[];
  visits: VisitMade[];
  clients: ClientAsk[];
}

export interface VisitMade {
  plan: VisitPlan;
  person: SamplePerson;
  vn: string;
  /** Bangkok's date at which it was registered. */
  serviceDate: string;
  /** The code that a clerk has typed in, or that came by another channel. */
  foreignCode: string | null;
}

export async function live(world: World, plan: Plan): Promise<Diary> {
  const begun = Date.now();
  const diary: Diary = { lines: [], visits: [], clients: [] };
  const clients: Client[] = [];
  const note = (text: string): void => {
    diary.lines.push(`${String(Date.now() - begun).padStart(6)} ms  ${text}`);
  };
  const at = async (ms: number): Promise<void> => {
    await sleep(Math.max(0, begun + ms - Date.now()));
  };
  await Promise.all([
    ...plan.visits.map((visit, i) => patient(world, visit, i, { diary, clients }, at, note)),
    ...plan.faults.map((fault) => befall(world, fault, at, note)),
  ]);
  await putRight(world, note);
  await Promise.all([
    comeAgain(world, diary, note),
    ...clients.map((client) => askAtLast(world, client, note)),
  ]);
  note('all is well again');
  return diary;
}

/** A program that asks for a visit's code. */
interface Client {
  desk: ClientDesk;
  quirk: VisitPlan['quirk'];
  /** The number of the visit once it is registered. */
  vn: Promise<string>;
}

type At = (ms: number) => Promise<void>;
type Note = (text: string) => void;

async function patient(
  world: World,
  plan: VisitPlan,
  i: number,
  { diary, clients }: { diary: Diary; clients: Client[] },
  at: At,
  note: Note,
): Promise<void> {
  const person = personOf(plan, i);
  const { cid } = person;
  const counter = world.counters[plan.counter];
  const client = world.clients[plan.counter];
  if (counter === undefined || client === undefined) {
    throw new TypeError('the plan names a counter that is not there');
  }
  const there = Promise.withResolvers<string>();
  const showCard = async (): Promise<void> => {
    if (plan.quirk === 'no-card' || cid === null) return;
    await at(plan.at + plan.cardAfter);
    if (plan.client === null) return counter.card(cid);
    const desk = new ClientDesk({ plan: plan.client, pid: cid, counter, client, person, now: world.now });
    const asking = { desk, quirk: plan.quirk, vn: there.promise };
    diary.clients.push(desk.ask);
    clients.push(asking);
    note('a client reads a card');
    await desk.serve();
    await hasCode(world, asking, note);
  };
  const register = async (): Promise<void> => {
    await at(plan.at);
    await tilDone(note, 'register', () =>
      world.his.desk(async (db) => {
        await db.query('DELETE FROM patient WHERE hn = ?', [person.hn]);
        await insertPeople(db, [person]);
      }),
    );
    await visit(world, plan, person, { diary, at, note, onThere: there.resolve });
    if (plan.quirk === 'second-visit') {
      await at(plan.at + plan.quirkAfter);
      const second = { ...plan, quirk: 'none' as const };
      await visit(world, second, person, { diary, at, note, onThere: () => undefined });
    }
  };
  await Promise.all([showCard(), register()]);
}

async function visit(
  world: World,
  plan: VisitPlan,
  person: SamplePerson,
  { diary, at, note, onThere }: { diary: Diary; at: At; note: Note; onThere: (vn: string) => void },
): Promise<void> {
  const now = world.now();
  const an = plan.quirk === 'inpatient' ? '690000001' : null;
  const vn = freeVn(diary, now);
  const serviceDate = serviceDateOf(now);
  const made: VisitMade = { plan, person, vn, serviceDate, foreignCode: null };
  diary.visits.push(made);
  await tilDone(note, 'visit', () =>
    world.his.desk((db) => register(db, { hn: person.hn, at: now, pttype: person.pttype, an, vn })),
  );
  note(`visit ${vn} (${plan.quirk})`);
  onThere(vn);
  const { cid } = person;
  const later = (what: string, work: () => Promise<unknown>): Promise<unknown> =>
    at(plan.at + plan.quirkAfter).then(() => tilDone(note, what, work));
  const issue = (): string => {
    const control = world.counters[0]?.agent.control;
    if (control === undefined || cid === null) throw new TypeError('nobody to issue a code for');
    // a desk that must try again has its code already
    if (made.foreignCode !== null) return made.foreignCode;
    made.foreignCode = control.issueCode({ pid: cid, channel: 'new-authen' }).claimCode;
    note(`visit ${vn}: another channel gives it a code`);
    return made.foreignCode;
  };
  const type = (code: string): Promise<void> => typeCode(world, vn, code);
  switch (plan.quirk) {
    case 'cancelled':
      await later('cancel', () => world.his.desk((db) => cancelVisit(db, vn)));
      note(`visit ${vn} is cancelled`);
      break;
    case 'right-changed':
      await later('right', () =>
        world.his.desk(async (db) => {
          await db.query('UPDATE visit_pttype SET pttype = ? WHERE vn = ?', ['10', vn]);
          await db.query('UPDATE ovst SET pttype = ? WHERE vn = ?', ['10', vn]);
        }),
      );
      note(`visit ${vn} has another right`);
      break;
    case 'other-channel':
      await later('other channel', async () => issue());
      break;
    case 'typed-code':
      await later('typed', () => type(issue()));
      break;
    case 'typed-at-confirm':
      // between NHSO's answer and the write-back
      world.onConfirm.set(cid ?? '', () => {
        world.onConfirm.delete(cid ?? '');
        tilDone(note, 'typed', () => type(issue())).catch((error: unknown) => note(String(error)));
      });
      break;
    case 'typed-then-asked':
      // at the very moment of the others' work: as soon as the visit is there
      await tilDone(note, 'typed', () => type(issue()));
      break;
  }
}

function typeCode(world: World, vn: string, code: string): Promise<void> {
  return world.his.desk(async (db) => {
    // HOSxP's form shows the field first; a clerk types only where nothing stands
    await db.query(
      "UPDATE visit_pttype SET auth_code = ? WHERE vn = ? AND (auth_code IS NULL OR auth_code = '')",
      [code, vn],
    );
  });
}

/** With these one code is all that there is of the person, and one visit to write it into. */
const TYPED_BY_CLIENTS: readonly VisitPlan['quirk'][] = ['none', 'no-phone'];

async function hasCode(world: World, { desk, quirk, vn }: Client, note: Note): Promise<void> {
  const { told, plan } = desk.ask;
  note(`a client ${told === null ? 'has no code' : `was given ${told.claimCode}`}`);
  if (told === null || !plan.types || !TYPED_BY_CLIENTS.includes(quirk)) return;
  const visit = await vn;
  await tilDone(note, 'typed by a client', () => typeCode(world, visit, told.claimCode));
  note(`visit ${visit}: its client has written the code`);
}

/** A program that was told nothing so far wants to know. */
async function askAtLast(world: World, client: Client, note: Note): Promise<void> {
  if (client.desk.ask.told !== null) return;
  note('a client asks at last');
  await client.desk.serveAtLast();
  await hasCode(world, client, note);
}

/** The next second without a visit, as HOSxP gives numbers; one that was cancelled keeps its number. */
function freeVn(diary: Diary, now: number): string {
  const taken = new Set(diary.visits.map((v) => v.vn));
  let at = now;
  while (taken.has(vnAt(at))) at += 1_000;
  return vnAt(at);
}

/** Also when the first try was done and only its answer was lost. */
async function register(db: SimDb, visit: NewVisit & { vn: string }): Promise<void> {
  await db.query('DELETE FROM visit_pttype WHERE vn = ?', [visit.vn]);
  await db.query('DELETE FROM ovst WHERE vn = ?', [visit.vn]);
  await insertVisits(db, [visit]);
}

function personOf(plan: VisitPlan, i: number): SamplePerson {
  const person = plainPerson(FIRST_PERSON + i);
  // one right that needs a code, whatever the site's policy says of the others
  const ordinary = { ...person, pttype: '89' };
  if (plan.quirk === 'no-phone') return { ...ordinary, mobile: null };
  if (plan.quirk === 'no-cid') return { ...ordinary, cid: null };
  return ordinary;
}

/** The desk tries again while the HIS is away, as people do. */
async function tilDone<T>(note: Note, what: string, work: () => Promise<T>): Promise<T> {
  const giveUp = Date.now() + 60_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > giveUp) throw new Error(`the desk could not: ${what}`, { cause: error });
      note(`the desk waits: ${what}: ${error instanceof Error ? error.message : String(error)}`);
      await sleep(400);
    }
  }
}

async function befall(world: World, fault: Fault, at: At, note: Note): Promise<void> {
  await at(fault.at);
  note(`${fault.kind} begins, for ${fault.lasts} ms`);
  try {
    const end = await INJURIES[fault.kind](world, fault);
    await at(fault.at + fault.lasts);
    await end();
    note(`${fault.kind} is over`);
  } catch (error) {
    // what is away already cannot be hurt again
    note(`${fault.kind} could not be done: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Everything is as it should be: whatever a fault of ours has left, another may have taken away meanwhile. */
async function putRight(world: World, note: Note): Promise<void> {
  for (const proxy of [world.his.proxy, world.queue.proxy, world.ledger.proxy]) {
    if (proxy === null) continue;
    proxy.cutter = null;
    proxy.shut(false);
  }
  await world.his.startAgain();
  await world.queue.redis?.startAgain();
  for (const { agent, reader } of world.counters) {
    agent.control.nhsoUp();
    agent.control.clearFaults();
    await agent.control.start();
    reader.thaw();
    if (!reader.isAlive) reader.start();
  }
  for (const [i, bridge] of world.bridges.all.entries()) {
    bridge.thaw();
    if (!bridge.isAlive) world.bridges.start(i);
  }
  note('the faults are over');
  await world.bridges.untilUp();
}

/** Who was asked to come again with the card does so, each once. */
async function comeAgain(world: World, diary: Diary, note: Note): Promise<void> {
  const again = diary.visits.filter(({ plan, person }) => {
    const told = world.counters.flatMap((c) => c.told).filter((t) => t.pid === person.cid);
    return plan.returns && told.length > 0 && !told.some((t) => t.kind === 'full');
  });
  const people = new Map(again.map(({ plan, person }) => [person.cid, plan.counter]));
  await Promise.all(
    [...people].map(async ([cid, counter]) => {
      if (cid === null) return;
      note('somebody comes again with the card');
      await world.counters[counter]?.card(cid);
    }),
  );
}
