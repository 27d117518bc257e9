/** A day at the hospital: the same seed gives the same day. */

import { mulberry32, shuffle } from '../seeded.ts';
import type { SimDb } from '../sim-db.ts';
import { type Awkward, plainPerson, SAMPLE_PEOPLE, type SamplePerson } from './sample-people.ts';
import { DEPARTMENTS } from './schema.ts';
import { insertPeople, insertVisits, logAuthen, type NewVisit, vnAt } from './visits.ts';

export interface PlannedVisit extends NewVisit {
  vn: string;
  person: SamplePerson;
}

export interface DayPlan {
  /** In order of time. */
  visits: readonly PlannedVisit[];
  people: readonly SamplePerson[];
}

/** HOSxP's status that this sample hospital gives to a visit that was cancelled. */
export const CANCELLED_STATUS = '99';

/** When the desk opens, and how far apart people come. */
const OPENS_AT = '07:30:00';

/**
 * Plans `count` visits of a service date (`YYYY-MM-DD`). The awkward ones come first in the draw, so that a day of
 * 50 visits has one of each; `seed` shuffles the order. `awkward: false` leaves them out.
 */
export function planDay(
  date: string,
  options: { count: number; seed?: number; everySeconds?: number; awkward?: boolean; from?: string },
): DayPlan {
  const { count, seed = 1, awkward = true, from = OPENS_AT } = options;
  const everySeconds =
    options.everySeconds ?? Math.max(1, Math.min(60, Math.floor(36_000 / Math.max(1, count))));
  const people: SamplePerson[] = [];
  const known = awkward ? SAMPLE_PEOPLE : SAMPLE_PEOPLE.filter((p) => p.awkward === null);
  for (let i = 0; i < count; i++) people.push(known[i] ?? plainPerson(1000 + i));
  const visitors = people.flatMap((p) => (p.awkward === 'two-visits' ? [p, p] : [p])).slice(0, count);
  const random = mulberry32(seed);
  shuffle(visitors, random);
  const opens = Date.parse(`${date}T${from}+07:00`);
  const visits = visitors.map((person, i): PlannedVisit => {
    const at = opens + i * everySeconds * 1000;
    const department = DEPARTMENTS[Math.floor(random() * DEPARTMENTS.length)]?.[0] ?? '001';
    return {
      person,
      hn: person.hn,
      at,
      vn: vnAt(at),
      pttype: person.pttype,
      department,
      ...peculiar(person, i),
    };
  });
  return { visits, people: [...new Set(visitors)] };
}

/** Writes a planned day into the database at once. People who are there already must not be in the plan. */
export async function insertDay(db: SimDb, plan: DayPlan): Promise<void> {
  await insertPeople(db, plan.people);
  await insertVisits(db, plan.visits);
  for (const visit of plan.visits) await insertLoggedCode(db, visit);
}

/** The line that HOSxP's own authen window has written for a `code-in-authen-log` visit; nothing for any other. */
export async function insertLoggedCode(db: SimDb, visit: PlannedVisit): Promise<void> {
  if (visit.person.awkward !== 'code-in-authen-log' || visit.person.cid === null) return;
  await logAuthen(db, {
    vn: visit.vn,
    pid: visit.person.cid,
    claimCode: sampleCode(visit.vn),
    claimType: 'PG0060001',
    at: visit.at + 30_000,
  });
}

/** A code of the right form that a visit may hold already. */
function sampleCode(vn: string): string {
  return `PP9${vn.slice(-9).padStart(9, '0')}`;
}

function peculiar(person: SamplePerson, i: number): Partial<NewVisit> {
  const of: Partial<Record<Awkward, Partial<NewVisit>>> = {
    inpatient: { an: `69${String(i + 1).padStart(7, '0')}` },
    'code-present': { authCode: `PP9${String(i + 1).padStart(9, '0')}` },
    'other-code-present': { authCode: `EP9${String(i + 1).padStart(9, '0')}` },
    cancelled: { ovstost: CANCELLED_STATUS },
    'locked-row': { locked: true },
    'no-right-row': { rightRow: false },
  };
  return person.awkward === null ? {} : (of[person.awkward] ?? {});
}
