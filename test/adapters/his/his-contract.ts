/** What every HOSxP must do for the bridge, whatever its engine: the same tests run against each. */

import { afterAll, beforeAll } from 'vitest';
import { openHis } from '../../../adapters/his/registry.ts';
import { insertDay, planDay } from '../../../simulators/his/hosxp/sample-day.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import type { SimDb } from '../../../simulators/his/sim-db.ts';
import { digestContract, lateCommitContract } from './contract-changes.ts';
import { doctorContract } from './contract-doctor.ts';
import { type Bench, type Engine, HCODE, hisOptions } from './contract-support.ts';
import { visitsContract } from './contract-visits.ts';
import { writeBackContract } from './contract-write-back.ts';

export interface ContractOptions {
  setUp(): Promise<Engine>;
  /** Opens a second connection of the desk's, for engines with transactions. */
  another?: (engine: Engine) => Promise<SimDb>;
}

export function hisContract({ setUp, another }: ContractOptions): void {
  let engine: Engine;
  let bench: Bench;

  beforeAll(async () => {
    engine = await setUp();
    const { db, form } = engine;
    await createSchema(db, form);
    await seedReferenceData(db, { hcode: HCODE, hospitalName: 'โรงพยาบาลทดสอบ' });
    await insertDay(db, planDay('2026-11-20', { count: 80 }));
    const open: Bench['open'] = (options = {}) => openHis(hisOptions({ ...engine.options, ...options }));
    bench = { db, open, form, his: open() };
  }, 120_000);

  afterAll(async () => {
    await bench?.his.close();
    await engine?.drop();
  }, 60_000);

  visitsContract(() => bench);
  digestContract(() => bench);
  if (another !== undefined) lateCommitContract(() => ({ ...bench, another: () => another(engine) }));
  writeBackContract(() => bench);
  doctorContract(() => bench);
}
