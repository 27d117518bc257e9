/** What an adapter must be told; the configuration's `his` section with the site's hcode fits as it stands. */

import type { Log } from '../../src/service/ports/log.ts';
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

export type HisOptions = HosxpOptions | JhcisOptions;
