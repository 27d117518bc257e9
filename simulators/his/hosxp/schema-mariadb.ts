/** HOSxP's tables on MariaDB and MySQL, with the keys and indexes that real sites have. */

export interface MariaDbForm {
  /** As the table's default; `tis620` is what most sites have. */
  charset?: 'tis620' | 'utf8' | 'utf8mb4';
  /** Old sites are all MyISAM: no transactions. */
  storage?: 'InnoDB' | 'MyISAM';
  /** Some sites have added an index on (vstdate, vsttime). */
  timeIndex?: boolean;
  /** Length of `visit_pttype.auth_code`; sites differ. */
  codeLength?: number;
}

export function mariaDbSchema(form: MariaDbForm = {}): string {
  const { charset = 'tis620', storage = 'InnoDB', timeIndex = false, codeLength = 50 } = form;
  const table = `ENGINE=${storage} DEFAULT CHARSET=${charset}`;
  return `
CREATE TABLE ovst (
  hos_guid varchar(38) NOT NULL,
  vn varchar(13) DEFAULT NULL,
  hn varchar(9) DEFAULT NULL,
  an varchar(9) DEFAULT NULL,
  vstdate date DEFAULT NULL,
  vsttime time DEFAULT NULL,
  doctor varchar(7) DEFAULT NULL,
  hospmain varchar(5) DEFAULT NULL,
  hospsub varchar(5) DEFAULT NULL,
  oqueue int(11) DEFAULT NULL,
  ovstist char(2) DEFAULT NULL,
  ovstost varchar(4) DEFAULT NULL,
  pttype char(2) DEFAULT NULL,
  pttypeno varchar(50) DEFAULT NULL,
  hcode varchar(5) DEFAULT NULL,
  cur_dep char(3) DEFAULT NULL,
  main_dep char(3) DEFAULT NULL,
  visit_type char(1) DEFAULT NULL,
  staff varchar(25) DEFAULT NULL,
  anonymous_visit char(1) DEFAULT NULL,
  PRIMARY KEY (hos_guid),
  UNIQUE KEY ix_vn (vn),
  KEY ix_hn (hn),
  KEY ix_an (an),
  KEY ix_vstdate (vstdate)${timeIndex ? ',\n  KEY ix_vstdate_vsttime (vstdate, vsttime)' : ''}
) ${table};

CREATE TABLE patient (
  hos_guid varchar(38) NOT NULL,
  hn varchar(9) DEFAULT NULL,
  cid varchar(20) DEFAULT NULL,
  pname varchar(25) DEFAULT NULL,
  fname varchar(100) DEFAULT NULL,
  lname varchar(100) DEFAULT NULL,
  birthday date DEFAULT NULL,
  sex char(1) DEFAULT NULL,
  hometel varchar(50) DEFAULT NULL,
  informtel varchar(50) DEFAULT NULL,
  mobile_phone_number varchar(50) DEFAULT NULL,
  nationality varchar(4) DEFAULT NULL,
  pttype char(2) DEFAULT NULL,
  PRIMARY KEY (hos_guid),
  UNIQUE KEY ix_hn (hn),
  KEY ix_cid (cid)
) ${table};

CREATE TABLE visit_pttype (
  hos_guid varchar(38) NOT NULL,
  vn varchar(13) NOT NULL,
  pttype char(2) NOT NULL,
  pttype_number int(11) DEFAULT NULL,
  begin_date date DEFAULT NULL,
  expire_date date DEFAULT NULL,
  hospmain varchar(5) DEFAULT NULL,
  hospsub varchar(5) DEFAULT NULL,
  pttypeno varchar(50) DEFAULT NULL,
  claim_code varchar(25) DEFAULT NULL,
  auth_code varchar(${codeLength}) DEFAULT NULL,
  Auth_DateTime datetime DEFAULT NULL,
  pttype_note varchar(250) DEFAULT NULL,
  confirm_and_locked char(1) DEFAULT NULL,
  staff varchar(25) DEFAULT NULL,
  PRIMARY KEY (hos_guid),
  UNIQUE KEY ix_vn_pttype (vn, pttype)
) ${table};

CREATE TABLE pttype (
  pttype char(2) NOT NULL,
  name varchar(200) DEFAULT NULL,
  hipdata_code char(3) DEFAULT NULL,
  pttype_std_code varchar(4) DEFAULT NULL,
  nhso_code varchar(10) DEFAULT NULL,
  isuse char(1) DEFAULT NULL,
  PRIMARY KEY (pttype)
) ${table};

CREATE TABLE opdconfig (
  hospitalcode varchar(5) NOT NULL,
  hospitalname varchar(150) DEFAULT NULL,
  PRIMARY KEY (hospitalcode)
) ${table};

CREATE TABLE kskdepartment (
  depcode char(3) NOT NULL,
  department varchar(100) DEFAULT NULL,
  PRIMARY KEY (depcode)
) ${table};

CREATE TABLE opduser (
  loginname varchar(25) NOT NULL,
  name varchar(150) DEFAULT NULL,
  PRIMARY KEY (loginname)
) ${table};

CREATE TABLE authenhos (
  authenhos_id int(11) NOT NULL AUTO_INCREMENT,
  pid varchar(13) DEFAULT NULL,
  claim_type varchar(20) DEFAULT NULL,
  claim_type_name varchar(200) DEFAULT NULL,
  created_date date DEFAULT NULL,
  created_time time DEFAULT NULL,
  claim_code varchar(25) DEFAULT NULL,
  vn varchar(13) DEFAULT NULL,
  PRIMARY KEY (authenhos_id),
  KEY ix_vn (vn)
) ${table};

CREATE TABLE vn_stat (
  vn varchar(13) NOT NULL,
  hn varchar(9) DEFAULT NULL,
  cid varchar(20) DEFAULT NULL,
  vstdate date DEFAULT NULL,
  pttype char(2) DEFAULT NULL,
  income double(15,3) DEFAULT NULL,
  PRIMARY KEY (vn),
  KEY ix_vstdate (vstdate)
) ${table};
`;
}
