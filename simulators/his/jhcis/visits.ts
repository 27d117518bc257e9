/** What JHCIS's registration desk does to the database: new people, new visits, changes and cancellations. */

import { bangkokWall } from '../bangkok-wall.ts';
import { insertRows } from '../insert-rows.ts';
import type { SimDb, SimValue } from '../sim-db.ts';
import type { SamplePerson } from './sample-people.ts';

export interface NewVisit {
  pid: number;
  /** UTC epoch milliseconds; the database gets Bangkok's date and time. */
  at: number;
  /** The next number of the database when absent, as JHCIS does. */
  visitno?: number;
  /** The unit whose database it is when absent. */
  pcucode?: string;
  pcucodeperson?: string | null;
  rightcode?: string | null;
  flagservice?: string | null;
  /** What `claimcode_nhso` holds already. */
  claimCode?: string | null;
  /** False: the desk has not noted when it began, as JHCIS itself does not at first. */
  timed?: boolean;
}

/** The unit whose database it is. */
async function unitOf(db: SimDb): Promise<string> {
  const [row] = await db.query('SELECT offid FROM office LIMIT 1');
  return String(row?.offid);
}

export async function insertPeople(db: SimDb, people: readonly SamplePerson[]): Promise<void> {
  const unit = await unitOf(db);
  const mobile = (await db.query("SHOW COLUMNS FROM person LIKE 'mobile'")).length > 0 ? ['mobile'] : [];
  await insertRows(
    db,
    'person',
    [
      ...'pcucodeperson pid idcard prename fname lname birth sex nation telephoneperson rightcode dischargetype'.split(
        ' ',
      ),
      ...mobile,
    ],
    people.map((p): SimValue[] => [
      ...[p.pcucodeperson ?? unit, p.pid, p.idcard, p.prename, p.fname, p.lname, p.birth, p.sex],
      ...[p.nation, p.telephoneperson, p.rightcode, '9', ...mobile.map(() => p.mobile)],
    ]),
  );
}

/** Registers one visit; its number is returned. */
export async function insertVisit(db: SimDb, visit: NewVisit): Promise<number> {
  const [visitno = 0] = await insertVisits(db, [visit]);
  return visitno;
}

/** Registers many, numbered in the order in which they are given. */
export async function insertVisits(db: SimDb, visits: readonly NewVisit[]): Promise<number[]> {
  const unit = await unitOf(db);
  const [row] = await db.query('SELECT coalesce(max(visitno), 0) AS last FROM visit');
  let next = Number(row?.last) + 1;
  const numbered = visits.map((v) => ({ ...v, visitno: v.visitno ?? next++ }));
  await insertRows(
    db,
    'visit',
    'pcucode visitno visitdate pcucodeperson pid timestart username flagservice dateupdate rightcode hosmain hossub servicetype claimcode_nhso'.split(
      ' ',
    ),
    numbered.map((v): SimValue[] => {
      const { date, time } = bangkokWall(v.at);
      const right = v.rightcode === undefined ? '89' : v.rightcode;
      return [
        ...[v.pcucode ?? unit, v.visitno, date, v.pcucodeperson ?? unit, v.pid],
        ...[v.timed === false ? null : time, 'clerk1', v.flagservice ?? '01', `${date} ${time}`],
        ...[right, unit, unit, '1', v.claimCode ?? null],
      ];
    }),
  );
  return numbered.map((v) => v.visitno);
}

/** The desk cancels a visit: JHCIS removes its row, or (with a flag) marks it. */
export async function cancelVisit(db: SimDb, visitno: number, flag?: string): Promise<void> {
  if (flag === undefined) await db.query('DELETE FROM visit WHERE visitno = ?', [visitno]);
  else await db.query('UPDATE visit SET flagservice = ? WHERE visitno = ?', [flag, visitno]);
}

export type PersonField = 'idcard' | 'mobile' | 'telephoneperson' | 'fname' | 'lname' | 'nation';

export async function editPerson(
  db: SimDb,
  pid: number,
  field: PersonField,
  value: string | null,
): Promise<void> {
  await db.query(`UPDATE person SET ${field} = ? WHERE pid = ?`, [value, pid]);
}

/** A clerk types a code into the visit. */
export async function typeCode(db: SimDb, visitno: number, code: string | null): Promise<void> {
  await db.query('UPDATE visit SET claimcode_nhso = ? WHERE visitno = ?', [code, visitno]);
}

export async function codeOf(db: SimDb, visitno: number): Promise<string | null> {
  const [row] = await db.query('SELECT claimcode_nhso AS code FROM visit WHERE visitno = ?', [visitno]);
  return (row?.code as string | null | undefined) ?? null;
}

/** What stands beside the code: the claim type and the time. */
export async function besideCode(
  db: SimDb,
  visitno: number,
): Promise<{ type: string | null; time: string | null }> {
  const [row] = await db.query(
    'SELECT hiciauthen_nhso AS t, cast(datetime_claim AS char) AS at FROM visit WHERE visitno = ?',
    [visitno],
  );
  return { type: (row?.t as string | null) ?? null, time: (row?.at as string | null) ?? null };
}
