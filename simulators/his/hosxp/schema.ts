/** Makes a HOSxP database out of an empty one, and fills in what every hospital has before its first visit. */

import { insertRows } from '../insert-rows.ts';
import type { SimDb } from '../sim-db.ts';
import { type MariaDbForm, mariaDbSchema } from './schema-mariadb.ts';
import { postgresSchema } from './schema-postgres.ts';

/** `charset` and `storage` are MariaDB's alone. */
export async function createSchema(db: SimDb, form: MariaDbForm = {}): Promise<void> {
  await db.exec(db.engine === 'mariadb' ? mariaDbSchema(form) : postgresSchema(form));
}

/** HOSxP's own codes of rights, as sites commonly have them: pttype, name, scheme, NHSO's code. */
const RIGHTS = [
  ['10', 'ชำระเงินเอง', 'A1', '9100', 'A1'],
  ['20', 'ข้าราชการ กรมบัญชีกลาง (เบิกจ่ายตรง)', 'OFC', '1100', 'OFC'],
  ['21', 'องค์กรปกครองส่วนท้องถิ่น (อปท.)', 'LGO', '1200', 'LGO'],
  ['30', 'ประกันสังคม ในเครือข่าย', 'SSS', '4200', 'SSS'],
  ['71', 'บัตรทอง เด็ก 0-12 ปี', 'UCS', '0100', 'UCS'],
  ['75', 'บัตรทอง ผู้สูงอายุ 60 ปีขึ้นไป', 'UCS', '0100', 'UCS'],
  ['89', 'บัตรทอง ในเขต', 'UCS', '0100', 'UCS'],
  ['99', 'ต่างด้าว ไม่มีสิทธิ', 'NRH', '9900', 'NRH'],
] as const;

export const DEPARTMENTS = [
  ['001', 'ห้องตรวจโรคทั่วไป'],
  ['005', 'ทันตกรรม'],
  ['011', 'อุบัติเหตุและฉุกเฉิน'],
  ['023', 'คลินิกเบาหวาน'],
  ['040', 'แพทย์แผนไทย'],
] as const;

export async function seedReferenceData(
  db: SimDb,
  hospital: { hcode: string; hospitalName: string },
): Promise<void> {
  await insertRows(
    db,
    'opdconfig',
    ['hospitalcode', 'hospitalname'],
    [[hospital.hcode, hospital.hospitalName]],
  );
  await insertRows(
    db,
    'pttype',
    ['pttype', 'name', 'hipdata_code', 'pttype_std_code', 'nhso_code', 'isuse'],
    RIGHTS.map((right) => [...right, 'Y']),
  );
  await insertRows(db, 'kskdepartment', ['depcode', 'department'], DEPARTMENTS);
  await insertRows(db, 'opduser', ['loginname', 'name'], [['clerk1', 'เจ้าหน้าที่ ทดสอบ']]);
}
