/** A day at a health centre: the same seed gives the same day. */

import { mulberry32, shuffle } from '../seeded.ts';
import type { SimDb } from '../sim-db.ts';
import { type Awkward, OTHER_UNIT, plainPerson, SAMPLE_PEOPLE, type SamplePerson } from './sample-people.ts';
import { insertPeople, insertVisits, type NewVisit } from './visits.ts';

export interface PlannedVisit extends NewVisit {
  person: SamplePerson;
}

export interface DayPlan {
  /** In order of time. */
  visits: readonly PlannedVisit[];
  people: readonly SamplePerson[];
}

/** The flag that this sample unit gives to a visit that was cancelled. */
export const CANCELLED_FLAG = '99';

/** When the desk opens. */
const OPENS_AT = '07:30:00';

/**
 * Plans `count` visits of a service date (`YYYY-MM-DD`). The awkward ones come first in the draw, so that a day of
 * 50 visits has one of each; `seed` shuffles the order. `awkward: false` leaves them out.
 */
export function planDay(
  date: string,
  options: { count: number; seed?: number; awkward?: boolean; from?: string },
): DayPlan {
  const { count, seed = 1, awkward = true, from = OPENS_AT } = options;
  const everySeconds = Math.max(1, Math.min(60, Math.floor(36_000 / Math.max(1, count))));
  const known = awkward ? SAMPLE_PEOPLE : SAMPLE_PEOPLE.filter((p) => p.awkward === null);
  const people = Array.from({ length: count }, (_, i) => known[i] ?? plainPerson(1000 + i));
  const visitors = people.flatMap((p) => (p.awkward === 'two-visits' ? [p, p] : [p])).slice(0, count);
  shuffle(visitors, mulberry32(seed));
  const opens = Date.parse(`${date}T${from}+07:00`);
  const visits = visitors.map((person, i): PlannedVisit => {
    const { pid, pcucodeperson, rightcode } = person;
    const at = opens + i * everySeconds * 1000;
    return { person, pid, pcucodeperson, at, rightcode, ...peculiar(person, i) };
  });
  return { visits, people: [...new Set(visitors)] };
}

/** Writes a planned day into the database at once; the numbers are returned in the order of the plan. */
export async function insertDay(db: SimDb, plan: DayPlan): Promise<number[]> {
  await insertPeople(db, plan.people);
  return insertVisits(db, plan.visits);
}

function peculiar(person: SamplePerson, i: number): Partial<NewVisit> {
  const number = String(i + 1).padStart(9, '0');
  const of: Partial<Record<Awkward, Partial<NewVisit>>> = {
    'code-present': { claimCode: `PP9${number}` },
    'other-code-present': { claimCode: `EP9${number}` },
    'claim-type-as-code': { claimCode: 'PG0060001' },
    cancelled: { flagservice: CANCELLED_FLAG },
    'no-time': { timed: false },
    'visit-of-another-unit': { pcucode: OTHER_UNIT },
  };
  return person.awkward === null ? {} : (of[person.awkward] ?? {});
}
