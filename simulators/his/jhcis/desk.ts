/** JHCIS's registration desk. */

import type { Desk, DeskPerson, DeskVisit, SecondDesk } from '../desk.ts';
import type { SimDb } from '../sim-db.ts';
import { CANCELLED_FLAG } from './sample-day.ts';
import type { SamplePerson } from './sample-people.ts';
import {
  cancelVisit,
  codeOf,
  editPerson,
  insertPeople,
  insertVisits,
  type NewVisit,
  typeCode,
} from './visits.ts';

const RIGHTS = ['89', '30'] as const;

const FIELDS = { cid: 'idcard', mobile: 'mobile', fname: 'fname' } as const;

/** `person.mobile` holds so many characters. */
const MOBILE_LENGTH = 15;

/**
 * JHCIS gives a visit the number after the highest one. Two desks, one of which has not committed yet, would give the same;
 * so desks of one database that work at a time share a counter.
 */
export type Numbers = () => number;

export function countFrom(first: number): Numbers {
  let next = first;
  return () => next++;
}

export function jhcisDesk(db: SimDb, numbers?: Numbers): Desk {
  const numbered = (visit: DeskVisit): NewVisit =>
    numbers === undefined ? toVisit(visit) : { ...toVisit(visit), visitno: numbers() };
  const registerAll = async (visits: readonly DeskVisit[]): Promise<string[]> =>
    (await insertVisits(db, visits.map(numbered))).map(String);
  const set = async (vn: string, column: string, value: string | null): Promise<void> => {
    await db.query(`UPDATE visit SET ${column} = ? WHERE visitno = ?`, [value, Number(vn)]);
  };
  return {
    rights: RIGHTS,
    addPeople: (people) => insertPeople(db, people.map(toSample)),
    register: async (visit) => (await registerAll([visit]))[0] ?? '',
    registerAll,
    remove: (vn) => cancelVisit(db, Number(vn)),
    cancel: (vn) => cancelVisit(db, Number(vn), CANCELLED_FLAG),
    edit: (hn, field, value) => editPerson(db, Number(hn), FIELDS[field], value),
    changeRight: (vn, right) => set(vn, 'rightcode', right),
    moveTo: (vn, date) => set(vn, 'visitdate', date),
    spoilDate: async (vn, how) => {
      if (how === 'timeless') return set(vn, 'timestart', null);
      if (how === 'none') return set(vn, 'visitdate', '0000-00-00');
      const [row] = await db.query('SELECT visitdate FROM visit WHERE visitno = ?', [Number(vn)]);
      const date = String(row?.visitdate);
      await set(vn, 'visitdate', `${Number(date.slice(0, 4)) + 543}${date.slice(4)}`);
    },
    typeCode: (vn, code) => typeCode(db, Number(vn), code),
    codeOf: (vn) => codeOf(db, Number(vn)),
    touch: async (vn) => {
      await db.query(
        "UPDATE visit SET symptoms = 'ไอ', weight = 60, dateupdate = date_add(dateupdate, INTERVAL 1 HOUR) WHERE visitno = ?",
        [Number(vn)],
      );
    },
  };
}

/** `db` is closed with it. */
export function secondJhcisDesk(db: SimDb, numbers: Numbers): SecondDesk {
  return {
    ...jhcisDesk(db, numbers),
    begin: () => db.exec('BEGIN'),
    commit: () => db.exec('COMMIT'),
    close: () => db.close(),
  };
}

function toVisit({ hn, at, right, code }: DeskVisit): NewVisit {
  return { pid: Number(hn), at, rightcode: right ?? RIGHTS[0], claimCode: code ?? null };
}

/** What does not fit into the mobile's field a desk writes into the other one. */
function toSample(person: DeskPerson): SamplePerson {
  const { hn, cid, title, fname, lname, birthDate, sex, mobile, otherPhone, nationality } = person;
  const fits = mobile === null || mobile.length <= MOBILE_LENGTH;
  return {
    ...{ pcucodeperson: null, pid: Number(hn), idcard: cid, prename: title, fname, lname, birth: birthDate },
    ...{ sex: sex === 'male' ? '1' : '2', nation: nationality, mobile: fits ? mobile : null },
    ...{ telephoneperson: fits ? otherPhone : mobile, rightcode: RIGHTS[0], awkward: null },
  };
}
