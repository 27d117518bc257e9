/** A day at the invented hospital, with the people and the awkward visits of `simulators/his/hosxp/sample-day.ts`. */

import type { DeskPerson } from '../desk.ts';
import type { DayPlan, PlannedVisit } from '../hosxp/sample-day.ts';
import type { SamplePerson } from '../hosxp/sample-people.ts';
import type { SimDb } from '../sim-db.ts';
import { CANCELLED, insertPeople, insertVisits, logAuthen, type NewVisit } from './visits.ts';

/** Writes a planned day into the database at once; the visit numbers are returned in the plan's order. */
export async function insertDay(db: SimDb, plan: DayPlan): Promise<string[]> {
  await insertPeople(db, plan.people.map(asPerson));
  const numbers = await insertVisits(db, plan.visits.map(asHere));
  for (const [i, visit] of plan.visits.entries()) {
    const { cid, awkward } = visit.person;
    if (awkward !== 'code-in-authen-log' || cid === null) continue;
    const visitNo = numbers[i] ?? '';
    const claimCode = `PP9${String(i).padStart(9, '0')}`;
    await logAuthen(db, { visitNo, pid: cid, claimCode, claimType: 'PG0060001', at: visit.at });
  }
  return numbers;
}

function asPerson(person: SamplePerson): DeskPerson {
  const { hn, cid, pname, fname, lname, birthday, sex, mobile, hometel, informtel, nationality } = person;
  return {
    ...{ hn, cid, title: pname, fname, lname, birthDate: birthday, sex: sex === '1' ? 'male' : 'female' },
    ...{ mobile, otherPhone: hometel ?? informtel, nationality },
  };
}

function asHere(visit: PlannedVisit): NewVisit {
  return {
    hn: visit.hn,
    at: visit.at,
    rightCode: visit.pttype ?? '89',
    department: visit.department ?? '001',
    an: visit.an ?? null,
    code: visit.authCode ?? null,
    closed: visit.locked ?? false,
    rightRow: visit.rightRow ?? true,
    ...(visit.person.awkward === 'cancelled' ? { state: CANCELLED } : {}),
  };
}
