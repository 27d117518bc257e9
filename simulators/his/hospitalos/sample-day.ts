/** A day at a hospital with HospitalOS: the people and the order of HOSxP's sample day, as HospitalOS would hold them. */

import type { DeskPerson } from '../desk.ts';
import { type DayPlan, type PlannedVisit, planDay } from '../hosxp/sample-day.ts';
import type { SamplePerson } from '../hosxp/sample-people.ts';
import type { SimDb } from '../sim-db.ts';
import { planId } from './schema.ts';
import { admitVisit, CANCELLED, insertPeople, insertVisits, type NewVisit, typeCode } from './visits.ts';

export { planDay };

/** Writes a planned day into the database at once; the visit numbers, in the plan's order. */
export async function insertDay(db: SimDb, plan: DayPlan): Promise<string[]> {
  await insertPeople(db, plan.people.map(toPerson));
  const vns = await insertVisits(db, plan.visits.map(planned));
  for (const [i, visit] of plan.visits.entries()) await insertPeculiar(db, visit, vns[i] ?? '');
  return vns;
}

/** The visit as it is registered; its number is given by HospitalOS. */
function planned(visit: PlannedVisit): NewVisit {
  const { hn, at, pttype, person } = visit;
  const code = visit.authCode ?? null;
  return {
    hn,
    at,
    ...(pttype === undefined ? {} : { right: planId(pttype) }),
    ...(code === null ? {} : { code }),
    ...(person.awkward === 'cancelled' ? { status: CANCELLED } : {}),
    ...(person.awkward === 'no-right-row' ? { hasRight: false } : {}),
  };
}

/** What happens after the registration: an admission, a code that was deleted again; nothing for any other visit. */
async function insertPeculiar(db: SimDb, { person, at }: PlannedVisit, vn: string): Promise<void> {
  if (person.awkward === 'inpatient') await admitVisit(db, vn, at + 3_600_000);
  if (person.awkward !== 'code-in-authen-log') return;
  await typeCode(db, vn, `PP9${vn.slice(-9).padStart(9, '0')}`);
  await typeCode(db, vn, null);
}

/** HospitalOS has one field for any other number. */
function toPerson(person: SamplePerson): DeskPerson {
  const { hn, cid, pname, fname, lname, birthday, sex, mobile, nationality, hometel, informtel } = person;
  return {
    ...{ hn, cid, title: pname, fname, lname, birthDate: birthday, sex: sex === '1' ? 'male' : 'female' },
    ...{ mobile, otherPhone: informtel ?? hometel, nationality },
  };
}
