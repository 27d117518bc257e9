/** The contract of every HIS on HospitalOS in the forms in which it is met, and what a HospitalOS must do beside it. */

import { afterAll, beforeAll, describe } from 'vitest';
import { hospitalOsDesk, secondHospitalOsDesk } from '../../../../simulators/his/hospitalos/desk.ts';
import type { HospitalOsForm } from '../../../../simulators/his/hospitalos/schema.ts';
import { openSimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith } from '../../../support/services.ts';
import { hisContract } from '../contract/suite.ts';
import { type Bench, cutCodes, openBench } from './support.ts';
import { visitsContract } from './visits.ts';
import { writeBackContract } from './write-back.ts';

function contract(adminUrl: string | null, form: HospitalOsForm): void {
  describe('as every HIS', () => {
    hisContract(async () => {
      const { db, url, open, close, his } = await openBench(adminUrl, form);
      return {
        desk: hospitalOsDesk(db),
        open,
        ...(adminUrl === null ? {} : { secondDesk: async () => secondHospitalOsDesk(await openSimDb(url)) }),
        cutCodes: () => cutCodes(db),
        longestCode: 255,
        // a timestamp has a time of day
        lacks: { timeless: form.moments === 'timestamp' },
        drop: async () => {
          await his.close();
          await close();
        },
      };
    });
  });

  describe('as HospitalOS', () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await openBench(adminUrl, form);
    }, 120_000);
    afterAll(async () => {
      await bench?.his.close();
      await bench?.close();
    }, 60_000);
    visitsContract(() => bench, form.moments ?? 'text');
    writeBackContract(() => bench);
  });
}

describeWith('postgres', 'HospitalOS on PostgreSQL', (adminUrl) => {
  describe('times as text, key id', () => contract(adminUrl, {}));
  describe('times as timestamp, key t_nhso_authencode_id', () =>
    contract(adminUrl, { moments: 'timestamp', codeKey: 't_nhso_authencode_id' }));
  describe('without indexes', () => contract(adminUrl, { indexes: false }));
});

describe('HospitalOS on PGlite', () => contract(null, {}));
