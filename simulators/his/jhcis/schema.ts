/** Makes a JHCIS database (MariaDB, MySQL) out of an empty one, and fills in what every unit has before its first visit. */

import { insertRows } from '../insert-rows.ts';
import type { SimDb } from '../sim-db.ts';

export interface JhcisForm {
  /** As the table's default; old units have tis620, newer ones utf8. */
  charset?: 'tis620' | 'utf8' | 'utf8mb4';
  /** Old units are MyISAM: no transactions, and no key inside another index. */
  storage?: 'InnoDB' | 'MyISAM';
  /** Length of `visit.claimcode_nhso`; units differ. */
  codeLength?: number;
  /** Old versions know no `main_inscl`, `sub_inscl`, `mobile`, and nothing that stands beside the code. */
  old?: boolean;
  /** False: nobody has made an index on the date. */
  dateIndex?: boolean;
}

export async function createSchema(db: SimDb, form: JhcisForm = {}): Promise<void> {
  await db.exec(jhcisSchema(form));
}

function jhcisSchema(form: JhcisForm): string {
  const { charset = 'tis620', storage = 'InnoDB', codeLength = 50, old = false, dateIndex = true } = form;
  const table = `ENGINE=${storage} DEFAULT CHARSET=${charset}`;
  const beside = old
    ? ''
    : `hiciauthen_nhso varchar(50) DEFAULT NULL,
  datetime_claim datetime DEFAULT NULL,
  main_inscl varchar(20) DEFAULT NULL,
  sub_inscl varchar(20) DEFAULT NULL,`;
  return `
CREATE TABLE visit (
  pcucode char(5) NOT NULL DEFAULT '',
  visitno int(11) NOT NULL DEFAULT 0,
  visitdate date DEFAULT NULL,
  pcucodeperson char(5) DEFAULT NULL,
  pid int(11) DEFAULT NULL,
  timeservice char(1) DEFAULT NULL,
  timestart time DEFAULT NULL,
  timeend time DEFAULT NULL,
  symptoms text,
  weight double DEFAULT NULL,
  height double DEFAULT NULL,
  pressure varchar(10) DEFAULT NULL,
  username varchar(20) DEFAULT NULL,
  flagservice char(2) DEFAULT NULL,
  dateupdate datetime DEFAULT NULL,
  rightcode varchar(4) DEFAULT NULL,
  rightno varchar(30) DEFAULT NULL,
  hosmain varchar(5) DEFAULT NULL,
  hossub varchar(5) DEFAULT NULL,
  servicetype char(1) DEFAULT NULL,
  ${beside}
  claimcode_nhso varchar(${codeLength}) DEFAULT NULL,
  PRIMARY KEY (pcucode, visitno),
  ${dateIndex ? 'KEY visitdate (visitdate),' : ''}
  KEY person (pcucodeperson, pid)
) ${table};

CREATE TABLE person (
  pcucodeperson char(5) NOT NULL DEFAULT '',
  pid int(11) NOT NULL DEFAULT 0,
  idcard varchar(13) DEFAULT NULL,
  prename varchar(20) DEFAULT NULL,
  fname varchar(25) DEFAULT NULL,
  lname varchar(35) DEFAULT NULL,
  birth date DEFAULT NULL,
  sex varchar(1) DEFAULT NULL,
  nation varchar(3) DEFAULT NULL,
  telephoneperson varchar(35) DEFAULT NULL,
  ${old ? '' : 'mobile varchar(15) DEFAULT NULL,'}
  rightcode varchar(4) DEFAULT NULL,
  dischargetype varchar(1) DEFAULT NULL,
  PRIMARY KEY (pcucodeperson, pid),
  KEY idcard (idcard)
) ${table};

CREATE TABLE cright (
  rightcode varchar(4) NOT NULL,
  rightname varchar(200) DEFAULT NULL,
  rightgroup varchar(2) DEFAULT NULL,
  mapright varchar(4) DEFAULT NULL,
  PRIMARY KEY (rightcode)
) ${table};

CREATE TABLE ctitle (
  titlecode varchar(3) NOT NULL,
  titlename varchar(50) DEFAULT NULL,
  PRIMARY KEY (titlecode)
) ${table};

CREATE TABLE chospital (
  hoscode varchar(5) NOT NULL,
  hosname varchar(150) DEFAULT NULL,
  PRIMARY KEY (hoscode)
) ${table};

CREATE TABLE office (
  offid char(5) NOT NULL,
  PRIMARY KEY (offid)
) ${table};
`;
}

/** Rights as units commonly name them: code, name, group, code of the 43 files. */
const RIGHTS = [
  ['10', 'ชำระเงินเอง', '1', '9100'],
  ['20', 'ข้าราชการ กรมบัญชีกลาง (เบิกจ่ายตรง)', '2', '1100'],
  ['21', 'องค์กรปกครองส่วนท้องถิ่น (อปท.)', '2', '1200'],
  ['30', 'ประกันสังคม ในเครือข่าย', '3', '4200'],
  ['71', 'บัตรทอง เด็ก 0-12 ปี', '4', '0100'],
  ['75', 'บัตรทอง ผู้สูงอายุ 60 ปีขึ้นไป', '4', '0100'],
  ['89', 'บัตรทอง ในเขต', '4', '0100'],
  ['99', 'ต่างด้าว ไม่มีสิทธิ', '9', '9900'],
] as const;

/** JHCIS writes some titles as codes of `ctitle`. */
const TITLES = [
  ['001', 'ด.ช.'],
  ['002', 'ด.ญ.'],
  ['003', 'นาย'],
  ['004', 'นางสาว'],
  ['005', 'นาง'],
] as const;

export async function seedReferenceData(
  db: SimDb,
  hospital: { hcode: string; hospitalName: string },
): Promise<void> {
  await insertRows(db, 'office', ['offid'], [[hospital.hcode]]);
  await insertRows(db, 'chospital', ['hoscode', 'hosname'], [[hospital.hcode, hospital.hospitalName]]);
  await insertRows(db, 'cright', ['rightcode', 'rightname', 'rightgroup', 'mapright'], RIGHTS);
  await insertRows(db, 'ctitle', ['titlecode', 'titlename'], TITLES);
}
