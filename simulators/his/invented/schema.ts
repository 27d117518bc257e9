/**
 * A HIS that no hospital has, invented for the `query` kind: dates as text of the form `dd/MM/BBBB` with Buddhist years, times as
 * `HH:mm`, composite keys, its own words for states and sexes, and the code in another table than the visit. On MariaDB and
 * MySQL (any charset, InnoDB and MyISAM) and on PostgreSQL.
 */

import { insertRows } from '../insert-rows.ts';
import type { SimDb } from '../sim-db.ts';

export interface InventedForm {
  /** MariaDB's alone. */
  charset?: 'tis620' | 'utf8' | 'utf8mb4';
  storage?: 'InnoDB' | 'MyISAM';
  /** Length of `visit_right.authen_no`. */
  codeLength?: number;
}

export async function createSchema(db: SimDb, form: InventedForm = {}): Promise<void> {
  const { charset = 'tis620', storage = 'InnoDB', codeLength = 50 } = form;
  const tail = db.engine === 'mariadb' ? ` ENGINE=${storage} DEFAULT CHARSET=${charset}` : '';
  const serial = db.engine === 'mariadb' ? 'int NOT NULL AUTO_INCREMENT' : 'serial';
  await db.exec(`
CREATE TABLE opd_visit (
  visit_date varchar(10) NOT NULL,
  run_no int NOT NULL,
  visit_no varchar(20) DEFAULT NULL,
  visit_time varchar(5) DEFAULT NULL,
  hn varchar(9) DEFAULT NULL,
  an varchar(9) DEFAULT NULL,
  visit_type varchar(3) DEFAULT NULL,
  visit_state varchar(20) DEFAULT NULL,
  right_code varchar(4) DEFAULT NULL,
  hosp_main varchar(5) DEFAULT NULL,
  hosp_sub varchar(5) DEFAULT NULL,
  dept_code varchar(4) DEFAULT NULL,
  clerk varchar(25) DEFAULT NULL,
  PRIMARY KEY (visit_date, run_no)
)${tail};
CREATE UNIQUE INDEX ix_opd_visit_no ON opd_visit (visit_no);
CREATE INDEX ix_opd_visit_when ON opd_visit (visit_date, visit_time, visit_no);

CREATE TABLE visit_right (
  visit_date varchar(10) NOT NULL,
  run_no int NOT NULL,
  right_no int NOT NULL,
  right_code varchar(4) DEFAULT NULL,
  authen_no varchar(${codeLength}) DEFAULT NULL,
  authen_type varchar(10) DEFAULT NULL,
  authen_at varchar(16) DEFAULT NULL,
  is_closed char(1) DEFAULT NULL,
  PRIMARY KEY (visit_date, run_no, right_no)
)${tail};

CREATE TABLE person (
  hn varchar(9) NOT NULL,
  card_no varchar(20) DEFAULT NULL,
  title_name varchar(25) DEFAULT NULL,
  first_name varchar(100) DEFAULT NULL,
  last_name varchar(100) DEFAULT NULL,
  birth varchar(10) DEFAULT NULL,
  gender varchar(1) DEFAULT NULL,
  nation varchar(4) DEFAULT NULL,
  tel_mobile varchar(50) DEFAULT NULL,
  tel_home varchar(50) DEFAULT NULL,
  PRIMARY KEY (hn)
)${tail};

CREATE TABLE right_type (
  right_code varchar(4) NOT NULL,
  right_name varchar(200) DEFAULT NULL,
  scheme varchar(3) DEFAULT NULL,
  PRIMARY KEY (right_code)
)${tail};

CREATE TABLE dept (
  dept_code varchar(4) NOT NULL,
  dept_name varchar(100) DEFAULT NULL,
  PRIMARY KEY (dept_code)
)${tail};

CREATE TABLE authen_log (
  log_no ${serial},
  visit_no varchar(20) DEFAULT NULL,
  card_no varchar(13) DEFAULT NULL,
  authen_type varchar(10) DEFAULT NULL,
  authen_no varchar(25) DEFAULT NULL,
  authen_at varchar(16) DEFAULT NULL,
  PRIMARY KEY (log_no)
)${tail};
CREATE INDEX ix_authen_log_visit ON authen_log (visit_no);

CREATE TABLE nhso_authen (
  row_no ${serial},
  visit_no varchar(20) NOT NULL,
  authen_no varchar(${codeLength}) NOT NULL,
  authen_type varchar(10) DEFAULT NULL,
  authen_at varchar(16) DEFAULT NULL,
  removed char(1) DEFAULT NULL,
  PRIMARY KEY (row_no)
)${tail};
CREATE INDEX ix_nhso_authen_visit ON nhso_authen (visit_no);
`);
}

const RIGHTS = [
  ['10', 'ชำระเงินเอง', 'A1'],
  ['20', 'ข้าราชการ กรมบัญชีกลาง (เบิกจ่ายตรง)', 'OFC'],
  ['21', 'องค์กรปกครองส่วนท้องถิ่น (อปท.)', 'LGO'],
  ['30', 'ประกันสังคม ในเครือข่าย', 'SSS'],
  ['71', 'บัตรทอง เด็ก 0-12 ปี', 'UCS'],
  ['75', 'บัตรทอง ผู้สูงอายุ 60 ปีขึ้นไป', 'UCS'],
  ['89', 'บัตรทอง ในเขต', 'UCS'],
  ['99', 'ต่างด้าว ไม่มีสิทธิ', 'NRH'],
] as const;

const DEPARTMENTS = [
  ['001', 'ห้องตรวจโรคทั่วไป'],
  ['005', 'ทันตกรรม'],
  ['011', 'อุบัติเหตุและฉุกเฉิน'],
  ['023', 'คลินิกเบาหวาน'],
  ['040', 'แพทย์แผนไทย'],
] as const;

export async function seedReferenceData(db: SimDb): Promise<void> {
  await insertRows(db, 'right_type', ['right_code', 'right_name', 'scheme'], RIGHTS);
  await insertRows(db, 'dept', ['dept_code', 'dept_name'], DEPARTMENTS);
}
