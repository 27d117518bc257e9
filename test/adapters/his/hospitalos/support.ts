/** The pieces that the tests of HospitalOS share. */

import type { HospitalOsOptions } from '../../../../adapters/his/options.ts';
import { openHis } from '../../../../adapters/his/registry.ts';
import {
  createSchema,
  type HospitalOsForm,
  seedReferenceData,
} from '../../../../simulators/his/hospitalos/schema.ts';
import { openSimDb, type SimDb, simDbOver } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { freshPglite } from '../../../support/pglite.ts';
import { freshPostgres } from '../../../support/services.ts';
import { HCODE } from '../support.ts';

export { at, day, HCODE } from '../support.ts';

/** A HospitalOS with the desk's connection, the adapter, and a way to open it otherwise. */
export interface Bench {
  db: SimDb;
  url: string;
  his: HisAdapter;
  open(options?: Partial<HospitalOsOptions>): HisAdapter;
  /** But for `his`. */
  close(): Promise<void>;
}

export function hisOptions(given: Partial<HospitalOsOptions> & { url: string }): HospitalOsOptions {
  return {
    hcode: HCODE,
    kind: 'hospitalos',
    cancelledStatuses: ['4'],
    connections: 2,
    statementTimeoutMs: 10_000,
    ...given,
  };
}

/** On a PostgreSQL server, or (without an address) in this process. */
export async function openBench(adminUrl: string | null, form: HospitalOsForm = {}): Promise<Bench> {
  if (adminUrl === null) {
    const pglite = await freshPglite();
    return benchOf(simDbOver(pglite), { url: 'pglite:', pglite }, form, () => pglite.close());
  }
  const fresh = await freshPostgres(adminUrl);
  const db = await openSimDb(fresh.url);
  return benchOf(db, { url: fresh.url }, form, fresh.drop);
}

async function benchOf(
  db: SimDb,
  engine: Pick<HospitalOsOptions, 'url' | 'pglite'>,
  form: HospitalOsForm,
  drop: () => Promise<void>,
): Promise<Bench> {
  await createSchema(db, form);
  await seedReferenceData(db, { hcode: HCODE, hospitalName: 'โรงพยาบาลทดสอบ' });
  const open: Bench['open'] = (options = {}) => openHis(hisOptions({ ...engine, ...options }));
  const his = open();
  return {
    ...{ db, his, open, url: engine.url },
    close: async () => {
      await db.close();
      await drop();
    },
  };
}

/** A trigger that keeps only six characters of a code: stands for whatever a hospital's own triggers may do. */
export async function cutCodes(db: SimDb): Promise<{ release(): Promise<void> }> {
  await db.exec(`CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.claim_code := left(NEW.claim_code, 6); RETURN NEW; END $$;
    CREATE TRIGGER cutting BEFORE INSERT ON t_nhso_authencode FOR EACH ROW EXECUTE FUNCTION cut()`);
  return {
    release: () => db.exec('DROP TRIGGER cutting ON t_nhso_authencode; DROP FUNCTION cut'),
  };
}
