/** What HOSxP's registration desk does to the database: new patients, new visits, changes and cancellations. */

import { randomUUID } from 'node:crypto';
import { bangkokWall } from '../bangkok-wall.ts';
import { insertRows } from '../insert-rows.ts';
import type { SimDb, SimValue } from '../sim-db.ts';
import type { SamplePerson } from './sample-people.ts';

export interface NewVisit {
  hn: string;
  /** UTC epoch milliseconds; the database gets Bangkok's date and time. */
  at: number;
  /** Made from `at` when absent, as HOSxP does: Buddhist `yymmddHHMMSS`. */
  vn?: string;
  pttype?: string;
  department?: string;
  an?: string | null;
  ovstost?: string | null;
  /** What `visit_pttype` holds already. */
  authCode?: string | null;
  claimCode?: string | null;
  locked?: boolean;
  /** False: the visit has no row in `visit_pttype`. */
  rightRow?: boolean;
}

const guid = (): string => `{${randomUUID().toUpperCase()}}`;

/** HOSxP's visit number for an instant. */
export function vnAt(at: number): string {
  const { date, time } = bangkokWall(at);
  const year = String((Number(date.slice(0, 4)) + 543) % 100).padStart(2, '0');
  return `${year}${date.slice(5, 7)}${date.slice(8, 10)}${time.replaceAll(':', '')}`;
}

export async function insertPeople(db: SimDb, people: readonly SamplePerson[]): Promise<void> {
  const birthday = (p: SamplePerson): string | null =>
    p.birthday.startsWith('0000') && db.engine === 'postgres' ? null : p.birthday;
  const columns =
    'hos_guid hn cid pname fname lname birthday sex hometel informtel mobile_phone_number nationality pttype';
  await insertRows(
    db,
    'patient',
    columns.split(' '),
    people.map((p) => [
      guid(),
      p.hn,
      p.cid,
      p.pname,
      p.fname,
      p.lname,
      birthday(p),
      p.sex,
      p.hometel,
      p.informtel,
      p.mobile,
      p.nationality,
      p.pttype,
    ]),
  );
}

/** Registers one visit; its visit number is returned. Two in the same second get following numbers, as in HOSxP. */
export async function insertVisit(db: SimDb, visit: NewVisit): Promise<string> {
  let at = visit.at;
  let vn = visit.vn ?? vnAt(at);
  while (visit.vn === undefined && (await db.query('SELECT vn FROM ovst WHERE vn = ?', [vn])).length > 0) {
    at += 1000;
    vn = vnAt(at);
  }
  await insertVisits(db, [{ ...visit, vn }]);
  return vn;
}

/** Registers many; each must have its own second or its own `vn`. */
export async function insertVisits(db: SimDb, visits: readonly NewVisit[]): Promise<string[]> {
  const numbered = visits.map((visit) => ({ ...visit, vn: visit.vn ?? vnAt(visit.at) }));
  // the right first: whoever sees the visit sees its right too
  await insertRows(
    db,
    'visit_pttype',
    ['hos_guid', 'vn', 'pttype', 'pttype_number', 'auth_code', 'claim_code', 'confirm_and_locked'],
    numbered
      .filter((v) => v.rightRow !== false)
      .map((v) => [
        guid(),
        v.vn,
        v.pttype ?? '89',
        1,
        v.authCode ?? null,
        v.claimCode ?? null,
        v.locked ? 'Y' : null,
      ]),
  );
  await insertRows(
    db,
    'ovst',
    'hos_guid vn hn an vstdate vsttime pttype hospmain hospsub main_dep cur_dep oqueue ovstost staff'.split(
      ' ',
    ),
    numbered.map((v, i) => {
      const { date, time } = bangkokWall(v.at);
      const department = v.department ?? '001';
      return [
        ...[guid(), v.vn, v.hn, v.an ?? null, date, time, v.pttype ?? '89', null, null],
        ...[department, department, i + 1, v.ovstost ?? null, 'clerk1'],
      ];
    }),
  );
  return numbered.map((v) => v.vn);
}

/** The desk cancels a visit: HOSxP removes its rows, or (with a status) marks it. */
export async function cancelVisit(db: SimDb, vn: string, status?: string): Promise<void> {
  if (status !== undefined) {
    await db.query('UPDATE ovst SET ovstost = ? WHERE vn = ?', [status, vn]);
    return;
  }
  for (const table of ['visit_pttype', 'vn_stat', 'ovst']) {
    await db.query(`DELETE FROM ${table} WHERE vn = ?`, [vn]);
  }
}

export type PatientField =
  | 'cid'
  | 'mobile_phone_number'
  | 'hometel'
  | 'informtel'
  | 'fname'
  | 'lname'
  | 'nationality';

export async function editPatient(
  db: SimDb,
  hn: string,
  field: PatientField,
  value: string | null,
): Promise<void> {
  await db.query(`UPDATE patient SET ${field} = ? WHERE hn = ?`, [value, hn]);
}

/** A clerk types a code into the visit's right. */
export async function typeCode(
  db: SimDb,
  vn: string,
  code: string | null,
  column: 'auth_code' | 'claim_code' = 'auth_code',
): Promise<void> {
  await db.query(`UPDATE visit_pttype SET ${column} = ? WHERE vn = ?`, [code, vn]);
}

export async function codeOf(
  db: SimDb,
  vn: string,
  column: 'auth_code' | 'claim_code' = 'auth_code',
): Promise<string | null> {
  const [row] = await db.query(`SELECT ${column} AS code FROM visit_pttype WHERE vn = ?`, [vn]);
  return (row?.code as string | null | undefined) ?? null;
}

/** HOSxP's own authen window writes a line into its log. */
export async function logAuthen(
  db: SimDb,
  line: { vn: string; pid: string; claimCode: string; claimType: string; at: number },
): Promise<void> {
  const { date, time } = bangkokWall(line.at);
  const values: SimValue[] = [line.pid, line.claimType, date, time, line.claimCode, line.vn];
  await db.query(
    'INSERT INTO authenhos (pid, claim_type, created_date, created_time, claim_code, vn) VALUES (?, ?, ?, ?, ?, ?)',
    values,
  );
}
