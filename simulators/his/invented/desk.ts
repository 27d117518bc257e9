/** The invented HIS's registration desk, at a hospital that keeps codes in `visit_right`, or in rows of their own in `nhso_authen`. */

import type { Desk, DeskVisit, SecondDesk } from '../desk.ts';
import type { SimDb } from '../sim-db.ts';
import {
  CANCELLED,
  cancelVisit,
  codeOf,
  editPerson,
  insertPeople,
  insertVisit,
  type NewVisit,
  thaiDate,
  typeCode,
} from './visits.ts';

export type CodePlace = 'visit_right' | 'nhso_authen';

const RIGHTS = ['89', '30'] as const;
const FIELDS = { cid: 'card_no', mobile: 'tel_mobile', fname: 'first_name' } as const;

export function inventedDesk(db: SimDb, place: CodePlace = 'visit_right'): Desk {
  let guests = 0;
  const desk: Desk = {
    rights: RIGHTS,
    addPeople: (people) => insertPeople(db, people),
    register: async (visit) => {
      const an = visit.inpatient ? `69${String(++guests).padStart(7, '0')}` : null;
      const vn = await insertVisit(db, { ...toVisit(visit, place), an });
      if (place === 'nhso_authen' && visit.code !== undefined) await desk.typeCode(vn, visit.code);
      return vn;
    },
    registerAll: async (visits) => {
      const vns: string[] = [];
      for (const visit of visits) vns.push(await desk.register(visit));
      return vns;
    },
    remove: (vn) => cancelVisit(db, vn),
    cancel: (vn) => cancelVisit(db, vn, CANCELLED),
    edit: (hn, field, value) => editPerson(db, hn, FIELDS[field], value),
    changeRight: async (vn, right) => {
      await db.query('UPDATE opd_visit SET right_code = ? WHERE visit_no = ?', [right, vn]);
    },
    moveTo: (vn, date) => moveTo(db, vn, thaiDate(date)),
    spoilDate: async (vn, how) => {
      if (how === 'timeless') {
        await db.query('UPDATE opd_visit SET visit_time = NULL WHERE visit_no = ?', [vn]);
        return;
      }
      const [row] = await db.query('SELECT visit_date FROM opd_visit WHERE visit_no = ?', [vn]);
      const [day, month, year] = String(row?.visit_date).split('/');
      await moveTo(db, vn, how === 'none' ? '' : `${day}/${month}/${Number(year) - 543}`);
    },
    typeCode: (vn, code) => (place === 'visit_right' ? typeCode(db, vn, code) : typeRow(db, vn, code)),
    codeOf: (vn) => (place === 'visit_right' ? codeOf(db, vn) : rowOf(db, vn)),
    touch: async (vn) => {
      await db.query("UPDATE opd_visit SET clerk = 'clerk2' WHERE visit_no = ?", [vn]);
    },
  };
  return desk;
}

/** `db` is closed with it. */
export function secondInventedDesk(db: SimDb, place: CodePlace): SecondDesk {
  return {
    ...inventedDesk(db, place),
    begin: () => db.exec('BEGIN'),
    commit: () => db.exec('COMMIT'),
    close: () => db.close(),
  };
}

function toVisit({ hn, at, right, code }: DeskVisit, place: CodePlace): NewVisit {
  return { hn, at, rightCode: right ?? RIGHTS[0], code: place === 'visit_right' ? (code ?? null) : null };
}

/** The date is a part of the key: the rows of the right go with it. */
async function moveTo(db: SimDb, vn: string, date: string): Promise<void> {
  const [row] = await db.query('SELECT visit_date, run_no FROM opd_visit WHERE visit_no = ?', [vn]);
  const key = [String(row?.visit_date), Number(row?.run_no)];
  await db.query('UPDATE visit_right SET visit_date = ? WHERE visit_date = ? AND run_no = ?', [date, ...key]);
  await db.query('UPDATE opd_visit SET visit_date = ? WHERE visit_no = ?', [date, vn]);
}

async function typeRow(db: SimDb, vn: string, code: string | null): Promise<void> {
  await db.query("UPDATE nhso_authen SET removed = 'Y' WHERE visit_no = ? AND removed IS NULL", [vn]);
  if (code === null || code === '') return;
  await db.query('INSERT INTO nhso_authen (visit_no, authen_no) VALUES (?, ?)', [vn, code]);
}

async function rowOf(db: SimDb, vn: string): Promise<string | null> {
  const rows = await db.query(
    'SELECT authen_no AS code FROM nhso_authen WHERE visit_no = ? AND removed IS NULL',
    [vn],
  );
  return rows.length === 0 ? null : rows.map((row) => String(row.code)).join(' and ');
}
