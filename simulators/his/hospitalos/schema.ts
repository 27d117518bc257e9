/**
 * HospitalOS's tables, and what every hospital has in them before its first visit. Names and types are those that public
 * queries and programs for HospitalOS show: texts of 255 characters nearly everywhere. Indexes differ from hospital to
 * hospital.
 */

import { insertRows } from '../insert-rows.ts';
import type { SimDb } from '../sim-db.ts';

export interface HospitalOsForm {
  /** Newer versions hold moments as timestamps (Gregorian) where older ones hold texts with a Buddhist year. */
  moments?: 'text' | 'timestamp';
  /** The key of `t_nhso_authencode` is met under two names. */
  codeKey?: 'id' | 't_nhso_authencode_id';
  /** False: only the primary keys are there. */
  indexes?: boolean;
}

const TEXT = 'varchar(255)';

export async function createSchema(db: SimDb, form: HospitalOsForm = {}): Promise<void> {
  const { moments = 'text', codeKey = 'id', indexes = true } = form;
  const moment = moments === 'text' ? TEXT : 'timestamp';
  const texts = (names: string): string =>
    names
      .split(' ')
      .map((name) => `${name} ${TEXT}`)
      .join(', ');
  const key =
    codeKey === 'id'
      ? 'id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY'
      : `t_nhso_authencode_id ${TEXT} NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY`;
  await db.exec(`
CREATE SEQUENCE t_visit_vn;
CREATE SEQUENCE t_visit_an;
CREATE TABLE t_visit (
  t_visit_id ${TEXT} NOT NULL PRIMARY KEY,
  ${texts('visit_hn visit_vn visit_an f_visit_type_id f_visit_status_id t_patient_id b_service_point_id')},
  visit_begin_visit_time ${moment},
  visit_begin_admit_date_time ${moment},
  visit_record_date_time ${moment},
  ${texts('visit_record_staff visit_locking visit_queue visit_ipd_authen_code')},
  visit_ipd_authen_date_time timestamp
);
CREATE TABLE t_patient (
  t_patient_id ${TEXT} NOT NULL PRIMARY KEY,
  ${texts('patient_hn patient_pid f_patient_prefix_id patient_firstname patient_lastname patient_birthday f_sex_id')},
  ${texts('f_patient_nation_id patient_phone_number patient_patient_mobile_phone patient_active')}
);
CREATE TABLE f_patient_prefix (f_patient_prefix_id ${TEXT} NOT NULL PRIMARY KEY, ${texts('patient_prefix_description')});
CREATE TABLE t_visit_payment (
  t_visit_payment_id ${TEXT} NOT NULL PRIMARY KEY,
  ${texts('t_visit_id b_contract_plans_id visit_payment_priority visit_payment_active')},
  ${texts('visit_payment_card_number visit_payment_main_hospital visit_payment_sub_hospital')}
);
CREATE TABLE b_contract_plans (
  b_contract_plans_id ${TEXT} NOT NULL PRIMARY KEY,
  ${texts('contract_plans_number contract_plans_description contract_plans_active r_rp1853_instype_id')}
);
CREATE TABLE b_map_rp1853_instype (
  b_map_rp1853_instype_id ${TEXT} NOT NULL PRIMARY KEY, ${texts('b_contract_plans_id r_rp1853_instype_id')}
);
CREATE TABLE r_rp1853_instype (id ${TEXT} NOT NULL PRIMARY KEY, ${texts('maininscl')});
CREATE TABLE b_site (b_site_id ${TEXT} NOT NULL PRIMARY KEY, ${texts('b_visit_office_id site_name')});
CREATE TABLE t_nhso_authencode (
  ${key},
  ${texts('vn hn pid mobile correlation_id')},
  claim_type ${TEXT} NOT NULL,
  claim_code ${TEXT} NOT NULL,
  ${texts('created_date authen_from')},
  record_date_time timestamp,
  user_record_id ${TEXT},
  delete_date_time timestamp,
  user_delete_id ${TEXT}
);
${indexes ? INDEXES : ''}`);
}

const INDEXES = `
CREATE INDEX visit_begin_visit_time ON t_visit (visit_begin_visit_time);
CREATE INDEX visit_visit_vn ON t_visit (visit_vn);
CREATE INDEX visit_visit_an ON t_visit (visit_an);
CREATE INDEX visit_visit_hn ON t_visit (visit_hn);
CREATE INDEX patient_patient_hn ON t_patient (patient_hn);
CREATE INDEX visit_payment_visit_id ON t_visit_payment (t_visit_id);
CREATE INDEX nhso_authencode_vn ON t_nhso_authencode (vn);
`;

/** The plan of a right, by the code that the same right has in HOSxP; null: nobody has such a one. */
export function planId(right: string): string {
  return `21200000000${right}`;
}

/** HOSxP's code of the same right, name, the Ministry's code. */
const PLANS = [
  ['10', 'ชำระเงินเอง', '9100'],
  ['20', 'ข้าราชการ กรมบัญชีกลาง (เบิกจ่ายตรง)', '1100'],
  ['21', 'องค์กรปกครองส่วนท้องถิ่น (อปท.)', '1200'],
  ['30', 'ประกันสังคม ในเครือข่าย', '4200'],
  ['71', 'บัตรทอง เด็ก 0-12 ปี', '0100'],
  ['75', 'บัตรทอง ผู้สูงอายุ 60 ปีขึ้นไป', '0100'],
  ['89', 'บัตรทอง ในเขต', '0100'],
  ['99', 'ต่างด้าว ไม่มีสิทธิ', '9900'],
] as const;

const SCHEMES = [
  ['0100', 'UCS'],
  ['1100', 'OFC'],
  ['1200', 'LGO'],
  ['4200', 'SSS'],
  ['9100', 'A1'],
  ['9900', 'NRH'],
] as const;

export const PREFIXES: Readonly<Record<string, string>> = {
  'ด.ช.': '001',
  'ด.ญ.': '002',
  นาย: '003',
  นางสาว: '004',
  นาง: '005',
  'Mr.': '101',
};

export async function seedReferenceData(
  db: SimDb,
  hospital: { hcode: string; hospitalName: string },
): Promise<void> {
  await insertRows(
    db,
    'b_site',
    ['b_site_id', 'b_visit_office_id', 'site_name'],
    [['2550000000001', hospital.hcode, hospital.hospitalName]],
  );
  await insertRows(
    db,
    'f_patient_prefix',
    ['f_patient_prefix_id', 'patient_prefix_description'],
    Object.entries(PREFIXES).map(([name, id]) => [id, name]),
  );
  // one half of the plans tells the Ministry's code itself, for the other it stands in the table between
  await insertRows(
    db,
    'b_contract_plans',
    [
      'b_contract_plans_id',
      'contract_plans_number',
      'contract_plans_description',
      'contract_plans_active',
      'r_rp1853_instype_id',
    ],
    PLANS.map(([right, name, code], i) => [planId(right), right, name, '1', i % 2 === 0 ? code : '']),
  );
  await insertRows(
    db,
    'b_map_rp1853_instype',
    ['b_map_rp1853_instype_id', 'b_contract_plans_id', 'r_rp1853_instype_id'],
    PLANS.map(([right, , code], i) => [String(i), planId(right), code]),
  );
  await insertRows(db, 'r_rp1853_instype', ['id', 'maininscl'], SCHEMES);
}
