/** HOSxP's tables on PostgreSQL: the same names in lower case, the same keys and indexes. */

export interface PostgresForm {
  /** Some sites have added an index on (vstdate, vsttime). */
  timeIndex?: boolean;
  /** Length of `visit_pttype.auth_code`; sites differ. */
  codeLength?: number;
}

export function postgresSchema(form: PostgresForm = {}): string {
  const { timeIndex = false, codeLength = 50 } = form;
  return `
CREATE TABLE ovst (
  hos_guid varchar(38) NOT NULL PRIMARY KEY,
  vn varchar(13),
  hn varchar(9),
  an varchar(9),
  vstdate date,
  vsttime time,
  doctor varchar(7),
  hospmain varchar(5),
  hospsub varchar(5),
  oqueue integer,
  ovstist char(2),
  ovstost varchar(4),
  pttype char(2),
  pttypeno varchar(50),
  hcode varchar(5),
  cur_dep char(3),
  main_dep char(3),
  visit_type char(1),
  staff varchar(25),
  anonymous_visit char(1)
);
CREATE UNIQUE INDEX ovst_ix_vn ON ovst (vn);
CREATE INDEX ovst_ix_hn ON ovst (hn);
CREATE INDEX ovst_ix_an ON ovst (an);
CREATE INDEX ovst_ix_vstdate ON ovst (vstdate);
${timeIndex ? 'CREATE INDEX ovst_ix_vstdate_vsttime ON ovst (vstdate, vsttime);' : ''}

CREATE TABLE patient (
  hos_guid varchar(38) NOT NULL PRIMARY KEY,
  hn varchar(9),
  cid varchar(20),
  pname varchar(25),
  fname varchar(100),
  lname varchar(100),
  birthday date,
  sex char(1),
  hometel varchar(50),
  informtel varchar(50),
  mobile_phone_number varchar(50),
  nationality varchar(4),
  pttype char(2)
);
CREATE UNIQUE INDEX patient_ix_hn ON patient (hn);
CREATE INDEX patient_ix_cid ON patient (cid);

CREATE TABLE visit_pttype (
  hos_guid varchar(38) NOT NULL PRIMARY KEY,
  vn varchar(13) NOT NULL,
  pttype char(2) NOT NULL,
  pttype_number integer,
  begin_date date,
  expire_date date,
  hospmain varchar(5),
  hospsub varchar(5),
  pttypeno varchar(50),
  claim_code varchar(25),
  auth_code varchar(${codeLength}),
  auth_datetime timestamp,
  pttype_note varchar(250),
  confirm_and_locked char(1),
  staff varchar(25)
);
CREATE UNIQUE INDEX visit_pttype_ix_vn_pttype ON visit_pttype (vn, pttype);

CREATE TABLE pttype (
  pttype char(2) NOT NULL PRIMARY KEY,
  name varchar(200),
  hipdata_code char(3),
  pttype_std_code varchar(4),
  nhso_code varchar(10),
  isuse char(1)
);

CREATE TABLE opdconfig (
  hospitalcode varchar(5) NOT NULL PRIMARY KEY,
  hospitalname varchar(150)
);

CREATE TABLE kskdepartment (
  depcode char(3) NOT NULL PRIMARY KEY,
  department varchar(100)
);

CREATE TABLE opduser (
  loginname varchar(25) NOT NULL PRIMARY KEY,
  name varchar(150)
);

CREATE TABLE authenhos (
  authenhos_id serial PRIMARY KEY,
  pid varchar(13),
  claim_type varchar(20),
  claim_type_name varchar(200),
  created_date date,
  created_time time,
  claim_code varchar(25),
  vn varchar(13)
);
CREATE INDEX authenhos_ix_vn ON authenhos (vn);

CREATE TABLE vn_stat (
  vn varchar(13) NOT NULL PRIMARY KEY,
  hn varchar(9),
  cid varchar(20),
  vstdate date,
  pttype char(2),
  income numeric(15,3)
);
CREATE INDEX vn_stat_ix_vstdate ON vn_stat (vstdate);
`;
}
