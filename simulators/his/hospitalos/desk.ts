/** HospitalOS's registration desk. */

import type { Desk, SecondDesk } from '../desk.ts';
import type { SimDb } from '../sim-db.ts';
import { planId } from './schema.ts';
import {
  admitVisit,
  cancelVisit,
  changeRight,
  codeOf,
  editPatient,
  insertPeople,
  insertVisit,
  insertVisits,
  moveVisit,
  setBegun,
  typeCode,
} from './visits.ts';

/** As HOSxP calls the same rights. */
const RIGHTS = ['89', '30'] as const;

const FIELDS = {
  cid: 'patient_pid',
  mobile: 'patient_patient_mobile_phone',
  fname: 'patient_firstname',
} as const;

export function hospitalOsDesk(db: SimDb): Desk {
  return {
    rights: [planId(RIGHTS[0]), planId(RIGHTS[1])],
    addPeople: (people) => insertPeople(db, people),
    register: async ({ inpatient, ...visit }) => {
      const vn = await insertVisit(db, visit);
      if (inpatient === true) await admitVisit(db, vn, visit.at);
      return vn;
    },
    registerAll: (visits) => insertVisits(db, visits),
    remove: (vn) => cancelVisit(db, vn, 'removed'),
    cancel: (vn) => cancelVisit(db, vn),
    edit: (hn, field, value) => editPatient(db, hn, FIELDS[field], value),
    changeRight: (vn, right) => changeRight(db, vn, right),
    moveTo: (vn, date) => moveVisit(db, vn, date),
    spoilDate: (vn, how) => setBegun(db, vn, how),
    typeCode: (vn, code) => typeCode(db, vn, code),
    codeOf: (vn) => codeOf(db, vn),
    touch: async (vn) => {
      await db.query(
        "UPDATE t_visit SET b_service_point_id = '2409000000009', visit_queue = '7' WHERE visit_vn = ?",
        [vn],
      );
    },
  };
}

/** `db` is closed with it. */
export function secondHospitalOsDesk(db: SimDb): SecondDesk {
  return {
    ...hospitalOsDesk(db),
    begin: () => db.exec('BEGIN'),
    commit: () => db.exec('COMMIT'),
    close: () => db.close(),
  };
}
