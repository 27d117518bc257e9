/** The contract of every HIS on a JHCIS. */

import { describe } from 'vitest';
import { openHis } from '../../../../adapters/his/registry.ts';
import { countFrom, jhcisDesk, secondJhcisDesk } from '../../../../simulators/his/jhcis/desk.ts';
import { createSchema, type JhcisForm, seedReferenceData } from '../../../../simulators/his/jhcis/schema.ts';
import { openSimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith, freshMariaDb } from '../../../support/services.ts';
import { hisContract } from '../contract/suite.ts';
import { HCODE } from '../support.ts';
import { jhcisOptions } from './support.ts';

const CODE_LENGTH = 50;

const FORMS: readonly JhcisForm[] = [
  { charset: 'tis620', storage: 'MyISAM' },
  { charset: 'utf8', storage: 'InnoDB' },
];

describeWith('mariadb', 'JHCIS as every HIS, on MariaDB', (adminUrl) => {
  describe.each(FORMS)('$charset, $storage', (form) => {
    hisContract(async () => {
      const fresh = await freshMariaDb(adminUrl, form.charset === 'tis620' ? 'tis620' : 'utf8mb4');
      const db = await openSimDb(fresh.url);
      await createSchema(db, { ...form, codeLength: CODE_LENGTH });
      await seedReferenceData(db, { hcode: HCODE, hospitalName: 'รพ.สต.ทดสอบ' });
      const numbers = countFrom(188_301);
      const secondDesk = async () => secondJhcisDesk(await openSimDb(fresh.url), numbers);
      return {
        desk: jhcisDesk(db, numbers),
        open: (more = {}) => openHis(jhcisOptions({ url: fresh.url, ...more })),
        ...(form.storage === 'InnoDB' ? { secondDesk } : {}),
        cutCodes: async () => {
          await db.exec(
            'CREATE TRIGGER cutting BEFORE UPDATE ON visit FOR EACH ROW SET NEW.claimcode_nhso = left(NEW.claimcode_nhso, 6)',
          );
          return { release: () => db.exec('DROP TRIGGER cutting') };
        },
        longestCode: CODE_LENGTH,
        // a health centre admits nobody
        lacks: { admissions: true },
        drop: async () => {
          await db.close();
          await fresh.drop();
        },
      };
    });
  });
});
