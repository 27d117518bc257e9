/** The pieces that the parts of the HIS contract share. */

import type { HisOptions } from '../../../adapters/his/options.ts';
import { CANCELLED_STATUS } from '../../../simulators/his/hosxp/sample-day.ts';
import type { MariaDbForm } from '../../../simulators/his/hosxp/schema-mariadb.ts';
import type { SimDb } from '../../../simulators/his/sim-db.ts';
import { parseServiceDate, type ServiceDate } from '../../../src/domain/bangkok.ts';
import type { HisAdapter } from '../../../src/service/ports/his.ts';

/** A HOSxP of one engine, empty. */
export interface Engine {
  db: SimDb;
  options: Pick<HisOptions, 'url' | 'pglite'>;
  form: MariaDbForm;
  drop(): Promise<void>;
}

/** What each part of the contract gets: the desk's connection, the adapter, and a way to open it otherwise. */
export interface Bench {
  db: SimDb;
  his: HisAdapter;
  form: MariaDbForm;
  open(options?: Partial<HisOptions>): HisAdapter;
}

export const HCODE = '10978';

export function hisOptions(given: Partial<HisOptions> & { url: string }): HisOptions {
  return {
    hcode: HCODE,
    kind: 'hosxp',
    writeBack: 'auth_code',
    writeAuthDateTime: true,
    cancelledStatuses: [CANCELLED_STATUS],
    connections: 2,
    statementTimeoutMs: 10_000,
    ...given,
  };
}

export function day(text: string): ServiceDate {
  const date = parseServiceDate(text);
  if (date === null) throw new Error(`not a date: ${text}`);
  return date;
}

/** Bangkok time. */
export function at(date: string, time: string): number {
  return Date.parse(`${date}T${time}+07:00`);
}
