import { describe } from 'vitest';
import type { MariaDbForm } from '../../../../simulators/his/hosxp/schema-mariadb.ts';
import { openSimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith, freshMariaDb } from '../../../support/services.ts';
import { hosxpContract } from './suite.ts';
import type { Engine } from './support.ts';

const FORMS: readonly (MariaDbForm & { charset: 'tis620' | 'utf8mb4' })[] = [
  { charset: 'tis620', storage: 'MyISAM', timeIndex: false },
  { charset: 'utf8mb4', storage: 'InnoDB', timeIndex: true },
];

describeWith('mariadb', 'HOSxP on MariaDB', (adminUrl) => {
  for (const form of FORMS) {
    describe(`${form.charset}, ${form.storage}`, () => {
      hosxpContract({
        setUp: async () => {
          const fresh = await freshMariaDb(adminUrl, form.charset);
          const db = await openSimDb(fresh.url);
          return {
            db,
            options: { url: fresh.url },
            form,
            drop: async () => {
              await db.close();
              await fresh.drop();
            },
          };
        },
        ...(form.storage === 'InnoDB' ? { another: (engine: Engine) => openSimDb(engine.options.url) } : {}),
      });
    });
  }
});
