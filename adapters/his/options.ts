/** What an adapter must be told; the configuration's `his` section with the site's hcode fits as it stands. */

import type { Log } from '../../src/service/ports/log.ts';
import type { Field as FileField, Separator } from './csv/header.ts';
import type { Field } from './query/fields.ts';
import type { PgliteLike } from './sql/pglite.ts';

export interface SqlHisOptions {
  hcode: string;
  /** With account and database; which schemes there are, its kind says. */
  url: string;
  connections: number;
  statementTimeoutMs: number;
  /** Also listen to the database's own log of changes. */
  changeCapture?: boolean;
  /** An in-process PGlite to use in the place of `url`. It is not closed with the adapter. */
  pglite?: PgliteLike;
  log?: Log;
}

/** On MariaDB, MySQL or PostgreSQL. */
export interface HosxpOptions extends SqlHisOptions {
  kind: 'hosxp';
  /** The column of `visit_pttype` that takes the code. */
  writeBack: 'auth_code' | 'claim_code';
  /** Also set `Auth_DateTime` beside the code, where the table has it. */
  writeAuthDateTime: boolean;
  /** Values of the visit's status that mean cancelled. */
  cancelledStatuses: readonly string[];
}

/** On MariaDB or MySQL. */
export interface JhcisOptions extends SqlHisOptions {
  kind: 'jhcis';
  /** Also write the claim type and the time of the code beside it, where the table has their columns. */
  writeClaimType: boolean;
  writeClaimDateTime: boolean;
  /** Values of `visit.flagservice` that mean cancelled. */
  cancelledFlags: readonly string[];
}

/** On PostgreSQL. */
export interface HospitalOsOptions extends SqlHisOptions {
  kind: 'hospitalos';
  /** Values of `f_visit_status_id` that mean cancelled. */
  cancelledStatuses: readonly string[];
  /** `b_employee_id` that stands as the user of the rows that the bridge writes; left empty without. */
  employeeId?: string | undefined;
  /** What stands in `authen_from` of those rows; left empty without. */
  authenFrom?: string | undefined;
}

/** Files in a folder. */
export interface CsvOptions {
  kind: 'csv';
  hcode: string;
  /** The folder that HIS and bridge share; it is there already. */
  folder: string;
  /** Names of columns, where the file's own are not known. */
  columns: Readonly<Partial<Record<FileField, string>>>;
  separator: Separator | 'auto';
  encoding: 'auto' | 'utf-8' | 'tis-620';
  /** Values of the column `status` that mean cancelled, in whatever case. */
  cancelledStatuses: readonly string[];
  /** A file that has not changed for so long is whole. */
  settleSeconds: number;
  /** `leave` where the bridge may not move files, or the HIS goes on writing to one. */
  afterReading: 'move' | 'leave';
  /** Visits, and files that have been read, are kept for so many days. */
  keepDays: number;
  /** A folder on a local disk. */
  index: string;
  codes: { encoding: 'utf-8-bom' | 'utf-8' | 'tis-620'; separator: Separator; excelText: boolean };
  log?: Log;
}

/** A HIS by configuration alone: `adapters/his/query/`. */
export interface QueryOptions extends SqlHisOptions {
  kind: 'query';
  /** SQL texts with `:parameters`; a list is its lines. */
  statements: Readonly<{
    visits: SqlLines;
    visit: SqlLines;
    newer?: SqlLines | undefined;
    missing?: SqlLines | undefined;
    write: SqlLines;
    undo?: SqlLines | undefined;
  }>;
  /** The SELECTs' columns, by our field, where they are not named like it. */
  columns: Readonly<Partial<Record<Field, string>>>;
  /** What the HIS writes for what. */
  values: Readonly<Record<'male' | 'female' | 'cancelled' | 'inpatient' | 'locked', readonly string[]>>;
  /** Patterns, see `query/date-style.ts`. */
  dates: Readonly<Record<'date' | 'time' | 'dateTime' | 'birthDate' | 'issuedAt', string>>;
}

export type SqlLines = string | readonly string[];

export type HisOptions = HosxpOptions | JhcisOptions | HospitalOsOptions | CsvOptions | QueryOptions;
