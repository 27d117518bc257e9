/** The pieces that the tests of HOSxP share. */

import type { HosxpOptions } from '../../../../adapters/his/options.ts';
import { CANCELLED_STATUS } from '../../../../simulators/his/hosxp/sample-day.ts';
import type { MariaDbForm } from '../../../../simulators/his/hosxp/schema-mariadb.ts';
import type { SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { HCODE } from '../support.ts';

export { at, day, HCODE } from '../support.ts';

/** A HOSxP of one engine, empty. */
export interface Engine {
  db: SimDb;
  options: Pick<HosxpOptions, 'url' | 'pglite'>;
  form: MariaDbForm;
  drop(): Promise<void>;
}

/** What each part of the contract gets: the desk's connection, the adapter, and a way to open it otherwise. */
export interface Bench {
  db: SimDb;
  his: HisAdapter;
  form: MariaDbForm;
  open(options?: Partial<HosxpOptions>): HisAdapter;
}

export function hisOptions(given: Partial<HosxpOptions> & { url: string }): HosxpOptions {
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

/** A trigger that keeps only six characters of a code: stands for whatever a hospital's own triggers may do. */
export async function cutCodes(
  db: SimDb,
  column: 'auth_code' | 'claim_code',
): Promise<{ release(): Promise<void> }> {
  const isMariaDb = db.engine === 'mariadb';
  await db.exec(
    isMariaDb
      ? `CREATE TRIGGER cutting BEFORE UPDATE ON visit_pttype FOR EACH ROW SET NEW.${column} = left(NEW.${column}, 6)`
      : `CREATE OR REPLACE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN NEW.${column} := left(NEW.${column}, 6); RETURN NEW; END $$;
         CREATE TRIGGER cutting BEFORE UPDATE ON visit_pttype FOR EACH ROW EXECUTE FUNCTION cut()`,
  );
  return {
    release: () => db.exec(isMariaDb ? 'DROP TRIGGER cutting' : 'DROP TRIGGER cutting ON visit_pttype'),
  };
}
