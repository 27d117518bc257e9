/** What the desk of the invented HIS does to its database: new patients, new visits, changes and cancellations. */

import type { DeskPerson } from '../desk.ts';
import { insertRows } from '../insert-rows.ts';
import type { SimDb } from '../sim-db.ts';

/** The HIS's own words. */
const NORMAL = 'ปกติ';
export const CANCELLED = 'ยกเลิก';

export interface NewVisit {
  hn: string;
  /** UTC epoch milliseconds; the database gets Bangkok's date and time, without seconds. */
  at: number;
  /** Of the day; the second at which the desk began when absent. */
  run?: number;
  /** Made of date and run when absent: `25691128-29700`. */
  visitNo?: string;
  rightCode?: string;
  department?: string;
  an?: string | null;
  state?: string;
  /** What `visit_right` holds already. */
  code?: string | null;
  closed?: boolean;
  /** False: the visit has no row in `visit_right`. */
  rightRow?: boolean;
}

function secondOfDay(at: number): number {
  return Math.floor((at + 7 * 3_600_000) / 1000) % 86_400;
}

/** `28/11/2569` and `08:15` of an instant. */
function wall(at: number): { date: string; time: string } {
  const iso = new Date(at + 7 * 3_600_000).toISOString();
  return { date: thaiDate(iso.slice(0, 10)), time: iso.slice(11, 16) };
}

/** `2026-11-28` as the HIS writes it: `28/11/2569`. Zero dates too. */
export function thaiDate(iso: string): string {
  const [year = '', month, day] = iso.split('-');
  return `${day}/${month}/${year === '0000' ? year : Number(year) + 543}`;
}

export async function insertPeople(db: SimDb, people: readonly DeskPerson[]): Promise<void> {
  await insertRows(
    db,
    'person',
    'hn card_no title_name first_name last_name birth gender nation tel_mobile tel_home'.split(' '),
    people.map((p) => [
      ...[p.hn, p.cid, p.title, p.fname, p.lname, thaiDate(p.birthDate), p.sex === 'male' ? 'ช' : 'ญ'],
      ...[p.nationality, p.mobile, p.otherPhone],
    ]),
  );
}

/** Registers one visit; its visit number is returned. */
export async function insertVisit(db: SimDb, visit: NewVisit): Promise<string> {
  const { date } = wall(visit.at);
  let run = visit.run ?? secondOfDay(visit.at);
  const isTaken = async (): Promise<boolean> =>
    (await db.query('SELECT 1 AS taken FROM opd_visit WHERE visit_date = ? AND run_no = ?', [date, run]))
      .length > 0;
  while (await isTaken()) run++;
  const [vn = ''] = await insertVisits(db, [{ ...visit, run }]);
  return vn;
}

/** Registers many; those without a `run` get the second of the day, or the next one after it. */
export async function insertVisits(db: SimDb, visits: readonly NewVisit[]): Promise<string[]> {
  const taken = new Set<string>();
  const numbered = visits.map((visit) => {
    const { date, time } = wall(visit.at);
    let run = visit.run ?? secondOfDay(visit.at);
    while (taken.has(`${date} ${run}`)) run++;
    taken.add(`${date} ${run}`);
    const [day, month, year] = date.split('/');
    const visitNo = visit.visitNo ?? `${year}${month}${day}-${String(run).padStart(5, '0')}`;
    return { ...visit, date, time, run, visitNo };
  });
  // the right first: whoever sees the visit sees its right too
  await insertRows(
    db,
    'visit_right',
    ['visit_date', 'run_no', 'right_no', 'right_code', 'authen_no', 'is_closed'],
    numbered
      .filter((v) => v.rightRow !== false)
      .map((v) => [v.date, v.run, 1, v.rightCode ?? '89', v.code ?? null, v.closed ? 'Y' : null]),
  );
  await insertRows(
    db,
    'opd_visit',
    'visit_date run_no visit_no visit_time hn an visit_type visit_state right_code dept_code clerk'.split(
      ' ',
    ),
    numbered.map((v) => [
      ...[v.date, v.run, v.visitNo, v.time, v.hn, v.an ?? null],
      ...[v.an ? 'IPD' : 'OPD', v.state ?? NORMAL, v.rightCode ?? '89', v.department ?? '001', 'clerk1'],
    ]),
  );
  return numbered.map((v) => v.visitNo);
}

/** The desk cancels a visit: its rows are removed, or (with a word) it is marked. */
export async function cancelVisit(db: SimDb, visitNo: string, state?: string): Promise<void> {
  if (state !== undefined) {
    await db.query('UPDATE opd_visit SET visit_state = ? WHERE visit_no = ?', [state, visitNo]);
    return;
  }
  await db.query(`DELETE FROM visit_right WHERE ${OF_VISIT}`, [visitNo, visitNo]);
  await db.query('DELETE FROM opd_visit WHERE visit_no = ?', [visitNo]);
}

const OF_VISIT =
  'visit_date = (SELECT visit_date FROM opd_visit WHERE visit_no = ?) AND run_no = (SELECT run_no FROM opd_visit WHERE visit_no = ?)';

export type PersonField =
  | 'card_no'
  | 'tel_mobile'
  | 'tel_home'
  | 'tel_contact'
  | 'first_name'
  | 'last_name'
  | 'nation';

export async function editPerson(
  db: SimDb,
  hn: string,
  field: PersonField,
  value: string | null,
): Promise<void> {
  await db.query(`UPDATE person SET ${field} = ? WHERE hn = ?`, [value, hn]);
}

/** A clerk types a code into the visit's right. */
export async function typeCode(db: SimDb, visitNo: string, code: string | null): Promise<void> {
  await db.query(`UPDATE visit_right SET authen_no = ? WHERE ${OF_VISIT}`, [code, visitNo, visitNo]);
}

export async function codeOf(db: SimDb, visitNo: string): Promise<string | null> {
  const [row] = await db.query(`SELECT authen_no AS code FROM visit_right WHERE ${OF_VISIT}`, [
    visitNo,
    visitNo,
  ]);
  return (row?.code as string | null | undefined) ?? null;
}

/** The HIS's own authen window writes a line into its log. */
export async function logAuthen(
  db: SimDb,
  line: { visitNo: string; pid: string; claimCode: string; claimType: string; at: number },
): Promise<void> {
  const { date, time } = wall(line.at);
  await db.query(
    'INSERT INTO authen_log (visit_no, card_no, authen_type, authen_no, authen_at) VALUES (?, ?, ?, ?, ?)',
    [line.visitNo, line.pid, line.claimType, line.claimCode, `${date} ${time}`],
  );
}
