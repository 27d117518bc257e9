/** The contract of every HIS on a HOSxP, and what a HOSxP must do beside it, whatever its engine. */

import { afterAll, beforeAll, describe } from 'vitest';
import { openHis } from '../../../../adapters/his/registry.ts';
import { hosxpDesk, secondHosxpDesk } from '../../../../simulators/his/hosxp/desk.ts';
import { insertDay, planDay } from '../../../../simulators/his/hosxp/sample-day.ts';
import { createSchema, seedReferenceData } from '../../../../simulators/his/hosxp/schema.ts';
import type { SimDb } from '../../../../simulators/his/sim-db.ts';
import { hisContract } from '../contract/suite.ts';
import { digestContract } from './changes.ts';
import { doctorContract } from './doctor.ts';
import { type Bench, cutCodes, type Engine, HCODE, hisOptions } from './support.ts';
import { visitsContract } from './visits.ts';
import { writeBackContract } from './write-back.ts';

export interface HosxpContractOptions {
  setUp(): Promise<Engine>;
  /** Opens a second connection of the desk's, for engines with transactions. */
  another?: (engine: Engine) => Promise<SimDb>;
}

export function hosxpContract({ setUp, another }: HosxpContractOptions): void {
  const empty = async (): Promise<Engine> => {
    const engine = await setUp();
    await createSchema(engine.db, engine.form);
    await seedReferenceData(engine.db, { hcode: HCODE, hospitalName: 'โรงพยาบาลทดสอบ' });
    return engine;
  };

  for (const writeBack of ['auth_code', 'claim_code'] as const) {
    describe(`as every HIS, with the code in ${writeBack}`, () => {
      hisContract(async () => {
        const engine = await empty();
        return {
          desk: hosxpDesk(engine.db, writeBack),
          open: (more = {}) => openHis(hisOptions({ ...engine.options, writeBack, ...more })),
          ...(another === undefined
            ? {}
            : { secondDesk: async () => secondHosxpDesk(await another(engine)) }),
          cutCodes: () => cutCodes(engine.db, writeBack),
          longestCode: writeBack === 'claim_code' ? 25 : 50,
          drop: () => engine.drop(),
        };
      });
    });
  }

  describe('as HOSxP', () => {
    let engine: Engine;
    let bench: Bench;

    beforeAll(async () => {
      engine = await empty();
      const { db, form } = engine;
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
    writeBackContract(() => bench);
    doctorContract(() => bench);
  });
}
