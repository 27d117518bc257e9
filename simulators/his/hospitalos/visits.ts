/** What HospitalOS's registration desk does to the database: new patients, new visits, changes, admissions, codes. */

import { randomUUID } from 'node:crypto';
import type { DeskPerson } from '../desk.ts';
import { insertRows } from '../insert-rows.ts';
import type { SimDb, SimValue } from '../sim-db.ts';
import { PREFIXES, planId } from './schema.ts';

export const CANCELLED = '4';

const USUAL_RIGHT = planId('89');

export interface NewVisit {
  hn: string;
  /** UTC epoch milliseconds; the database gets Bangkok's date and time. */
  at: number;
  /** The next number of the year when absent, as HospitalOS does. */
  vn?: string;
  /** A `b_contract_plans_id`. */
  right?: string;
  status?: string;
  /** A code that stands already. */
  code?: string | null;
  /** False: the visit has no right. */
  hasRight?: boolean;
}

/** Bangkok's wall clock as HospitalOS writes it: `2569-11-28,08:15:00`; `YYYY-MM-DD HH:MM:SS` where it is a timestamp. */
export function moment(at: number, moments: 'text' | 'timestamp' = 'text'): string {
  const wall = new Date(at + 7 * 3_600_000).toISOString().slice(0, 19);
  if (moments === 'timestamp') return wall.replace('T', ' ');
  return buddhist(wall).replace('T', ',');
}

function buddhist(date: string): string {
  return `${Number(date.slice(0, 4)) + 543}${date.slice(4)}`;
}

function newId(table: string): string {
  return `${table}${randomUUID().replaceAll('-', '')}`;
}

/** The key of a patient, which follows from the hn here. */
function patientId(hn: string): string {
  return `274${hn}`;
}

export async function insertPeople(db: SimDb, people: readonly DeskPerson[]): Promise<void> {
  await insertRows(
    db,
    't_patient',
    [
      ...['t_patient_id', 'patient_hn', 'patient_pid', 'f_patient_prefix_id', 'patient_firstname'],
      ...['patient_lastname', 'patient_birthday', 'f_sex_id', 'f_patient_nation_id', 'patient_phone_number'],
      ...['patient_patient_mobile_phone', 'patient_active'],
    ],
    people.map((p) => [
      ...[patientId(p.hn), p.hn, p.cid ?? '', PREFIXES[p.title] ?? '', p.fname, p.lname],
      ...[p.birthDate.startsWith('0000') ? '' : buddhist(p.birthDate), p.sex === 'male' ? '1' : '2'],
      ...[p.nationality, p.otherPhone ?? '', p.mobile ?? '', '1'],
    ]),
  );
}

/** Registers one visit; its visit number is returned. */
export async function insertVisit(db: SimDb, visit: NewVisit): Promise<string> {
  const [vn = ''] = await insertVisits(db, [visit]);
  return vn;
}

export async function insertVisits(db: SimDb, visits: readonly NewVisit[]): Promise<string[]> {
  const moments = await momentsOf(db);
  const rows: { id: string; vn: string; visit: NewVisit }[] = [];
  for (const visit of visits) {
    rows.push({
      id: newId('255'),
      vn: visit.vn ?? (await nextNumber(db, 't_visit_vn', '0', visit.at)),
      visit,
    });
  }
  // right and code first: whoever sees the visit sees them too
  await insertRows(
    db,
    't_visit_payment',
    [
      ...['t_visit_payment_id', 't_visit_id', 'b_contract_plans_id', 'visit_payment_priority'],
      ...['visit_payment_active', 'visit_payment_main_hospital', 'visit_payment_sub_hospital'],
    ],
    rows
      .filter(({ visit }) => visit.hasRight !== false)
      .map(({ id, visit }) => [newId('140'), id, visit.right ?? USUAL_RIGHT, '0', '1', '10978', '']),
  );
  for (const { vn, visit } of rows) {
    if (visit.code != null) await insertCode(db, { vn, code: visit.code, hn: visit.hn });
  }
  await insertRows(
    db,
    't_visit',
    [
      ...['t_visit_id', 'visit_hn', 'visit_vn', 'visit_an', 'f_visit_type_id', 'f_visit_status_id'],
      ...['t_patient_id', 'visit_begin_visit_time', 'visit_record_date_time', 'visit_record_staff'],
      ...['visit_locking', 'b_service_point_id'],
    ],
    rows.map(({ id, vn, visit }) => [
      ...[id, visit.hn, vn, '', '0', visit.status ?? '1', patientId(visit.hn), moment(visit.at, moments)],
      ...[moment(visit.at, moments), '157000000001', '0', '2409000000001'],
    ]),
  );
  return rows.map(({ vn }) => vn);
}

async function momentsOf(db: SimDb): Promise<'text' | 'timestamp'> {
  const [row] = await db.query(
    "SELECT data_type AS type FROM information_schema.columns WHERE table_name = 't_visit' AND column_name = 'visit_begin_visit_time'",
  );
  return String(row?.type).startsWith('timestamp') ? 'timestamp' : 'text';
}

/** `069000123`: a digit, the Buddhist year, and the running number of the year. */
async function nextNumber(db: SimDb, sequence: string, first: string, at: number): Promise<string> {
  const [row] = await db.query(`SELECT nextval('${sequence}') AS n`);
  return `${first}${moment(at).slice(2, 4)}${String(row?.n).padStart(6, '0')}`;
}

/** The patient is admitted: the admission's number takes the place of the visit's, which moves aside. Returned: the AN. */
export async function admitVisit(db: SimDb, vn: string, at: number): Promise<string> {
  const an = await nextNumber(db, 't_visit_an', '1', at);
  await db.query(
    `UPDATE t_visit SET visit_an = visit_vn, visit_vn = ?, f_visit_type_id = '1', visit_begin_admit_date_time = ?
      WHERE visit_vn = ?`,
    [an, moment(at, await momentsOf(db)), vn],
  );
  return an;
}

/** The admission is taken back. */
export async function undoAdmission(db: SimDb, an: string): Promise<void> {
  await db.query(
    `UPDATE t_visit SET visit_vn = visit_an, visit_an = '', f_visit_type_id = '0', visit_begin_admit_date_time = NULL
      WHERE visit_vn = ?`,
    [an],
  );
}

/** The desk cancels a visit, as HospitalOS does, by its status; or (`removed`) somebody takes the row away. */
export async function cancelVisit(
  db: SimDb,
  vn: string,
  how: 'status' | 'removed' = 'status',
): Promise<void> {
  if (how === 'status') {
    await db.query('UPDATE t_visit SET f_visit_status_id = ? WHERE visit_vn = ?', [CANCELLED, vn]);
    return;
  }
  await db.query(
    'DELETE FROM t_visit_payment WHERE t_visit_id IN (SELECT t_visit_id FROM t_visit WHERE visit_vn = ?)',
    [vn],
  );
  await db.query('DELETE FROM t_visit WHERE visit_vn = ?', [vn]);
}

/** To another day (`YYYY-MM-DD`), at the same time of day. */
export async function moveVisit(db: SimDb, vn: string, date: string): Promise<void> {
  const sameTime =
    (await momentsOf(db)) === 'text'
      ? '? || substr(visit_begin_visit_time, 11)'
      : '?::date + visit_begin_visit_time::time';
  const day = moment(Date.parse(`${date}T00:00:00+07:00`), await momentsOf(db)).slice(0, 10);
  await db.query(`UPDATE t_visit SET visit_begin_visit_time = ${sameTime} WHERE visit_vn = ?`, [day, vn]);
}

/** The time of a visit is none, of the other era, or without a time of day (only where it is a text). */
export async function setBegun(db: SimDb, vn: string, how: 'none' | 'other-era' | 'timeless'): Promise<void> {
  const isText = (await momentsOf(db)) === 'text';
  const [row] = await db.query('SELECT visit_begin_visit_time::text AS t FROM t_visit WHERE visit_vn = ?', [
    vn,
  ]);
  const standing = String(row?.t);
  const otherEra = `${Number(standing.slice(0, 4)) + (isText ? -543 : 543)}${standing.slice(4)}`;
  const none = isText ? '' : null;
  const value = how === 'none' ? none : how === 'timeless' ? standing.slice(0, 10) : otherEra;
  await db.query('UPDATE t_visit SET visit_begin_visit_time = ? WHERE visit_vn = ?', [value, vn]);
}

export type PatientField =
  | 'patient_pid'
  | 'patient_patient_mobile_phone'
  | 'patient_phone_number'
  | 'patient_firstname'
  | 'patient_lastname'
  | 'f_patient_nation_id';

export async function editPatient(
  db: SimDb,
  hn: string,
  field: PatientField,
  value: string | null,
): Promise<void> {
  await db.query(`UPDATE t_patient SET ${field} = ? WHERE patient_hn = ?`, [value, hn]);
}

export async function changeRight(db: SimDb, vn: string, right: string): Promise<void> {
  await db.query(
    `UPDATE t_visit_payment SET b_contract_plans_id = ?
      WHERE t_visit_id IN (SELECT t_visit_id FROM t_visit WHERE visit_vn = ?)`,
    [right, vn],
  );
}

/** A row of HospitalOS's own authen window, or of a clerk. */
export async function insertCode(
  db: SimDb,
  row: { vn: string; code: string; hn?: string; claimType?: string; at?: number },
): Promise<void> {
  const at = row.at ?? Date.now();
  const wall = moment(at, 'timestamp');
  const values: SimValue[] = [
    ...[row.vn, row.hn ?? null, '0600000001', randomUUID(), row.claimType ?? 'PG0060001', row.code],
    ...[wall.replace(' ', 'T'), 'HospitalOS', wall, '157000000001'],
  ];
  await db.query(
    `INSERT INTO t_nhso_authencode
      (vn, hn, mobile, correlation_id, claim_type, claim_code, created_date, authen_from, record_date_time, user_record_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    values,
  );
}

/** A clerk types a code into the visit (another one stands beside it), or (null) deletes what stands. */
export async function typeCode(db: SimDb, vn: string, code: string | null): Promise<void> {
  if (code !== null) return insertCode(db, { vn, code });
  await db.query(
    `UPDATE t_nhso_authencode SET delete_date_time = now(), user_delete_id = '157000000001'
      WHERE vn = ? AND delete_date_time IS NULL`,
    [vn],
  );
}

/** The codes that stand for the visit, oldest first. */
export async function codesOf(db: SimDb, vn: string): Promise<string[]> {
  const rows = await db.query(
    `SELECT claim_code AS code FROM t_nhso_authencode WHERE vn = ? AND delete_date_time IS NULL ORDER BY record_date_time`,
    [vn],
  );
  return rows.map((row) => String(row.code));
}

export async function codeOf(db: SimDb, vn: string): Promise<string | null> {
  return (await codesOf(db, vn))[0] ?? null;
}
