/** HOSxP's registration desk. */

import type { Desk, DeskPerson, DeskVisit, SecondDesk } from '../desk.ts';
import type { SimDb } from '../sim-db.ts';
import { CANCELLED_STATUS } from './sample-day.ts';
import type { SamplePerson } from './sample-people.ts';
import {
  cancelVisit,
  codeOf,
  editPatient,
  insertPeople,
  insertVisit,
  type NewVisit,
  typeCode,
} from './visits.ts';

const RIGHTS = ['89', '30'] as const;

const FIELDS = { cid: 'cid', mobile: 'mobile_phone_number', fname: 'fname' } as const;

/** `column`: the one of `visit_pttype` that takes the code at this hospital. */
export function hosxpDesk(db: SimDb, column: 'auth_code' | 'claim_code' = 'auth_code'): Desk {
  let guests = 0;
  const desk: Desk = {
    rights: RIGHTS,
    addPeople: (people) => insertPeople(db, people.map(toSample)),
    register: async (visit) => {
      const vn = await insertVisit(db, toVisit(visit, column));
      if (visit.inpatient)
        await db.query('UPDATE ovst SET an = ? WHERE vn = ?', [`69${String(++guests).padStart(7, '0')}`, vn]);
      return vn;
    },
    registerAll: async (visits) => {
      const vns: string[] = [];
      for (const visit of visits) vns.push(await desk.register(visit));
      return vns;
    },
    remove: (vn) => cancelVisit(db, vn),
    cancel: (vn) => cancelVisit(db, vn, CANCELLED_STATUS),
    edit: (hn, field, value) => editPatient(db, hn, FIELDS[field], value),
    changeRight: async (vn, right) => {
      await db.query('UPDATE ovst SET pttype = ? WHERE vn = ?', [right, vn]);
    },
    moveTo: async (vn, date) => {
      await db.query('UPDATE ovst SET vstdate = ? WHERE vn = ?', [date, vn]);
    },
    spoilDate: async (vn, how) => {
      if (how === 'timeless') {
        await db.query('UPDATE ovst SET vsttime = NULL WHERE vn = ?', [vn]);
        return;
      }
      const [row] = await db.query('SELECT vstdate FROM ovst WHERE vn = ?', [vn]);
      const none = db.engine === 'mariadb' ? '0000-00-00' : null;
      await db.query('UPDATE ovst SET vstdate = ? WHERE vn = ?', [
        how === 'none' ? none : buddhist(row?.vstdate),
        vn,
      ]);
    },
    typeCode: (vn, code) => typeCode(db, vn, code, column),
    codeOf: (vn) => codeOf(db, vn, column),
    touch: async (vn) => {
      await db.query("UPDATE ovst SET staff = 'clerk2' WHERE vn = ?", [vn]);
    },
  };
  return desk;
}

/** `db` is closed with it. */
export function secondHosxpDesk(db: SimDb): SecondDesk {
  return {
    ...hosxpDesk(db),
    begin: () => db.exec('BEGIN'),
    commit: () => db.exec('COMMIT'),
    close: () => db.close(),
  };
}

function toVisit({ hn, at, right, code }: DeskVisit, column: 'auth_code' | 'claim_code'): NewVisit {
  const held = code === undefined ? {} : column === 'auth_code' ? { authCode: code } : { claimCode: code };
  return { hn, at, pttype: right ?? RIGHTS[0], ...held };
}

function toSample(person: DeskPerson): SamplePerson {
  const { hn, cid, title, fname, lname, birthDate, sex, mobile, otherPhone, nationality } = person;
  return {
    ...{ hn, cid, pname: title, fname, lname, birthday: birthDate, sex: sex === 'male' ? '1' : '2', mobile },
    ...{ hometel: otherPhone, informtel: null, nationality, pttype: RIGHTS[0], awkward: null },
  };
}

/** The driver of PostgreSQL makes a Date of it, at the machine's midnight. */
function buddhist(date: unknown): string {
  const text =
    date instanceof Date
      ? `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`
      : String(date);
  return `${Number(text.slice(0, 4)) + 543}${text.slice(4, 10)}`;
}
