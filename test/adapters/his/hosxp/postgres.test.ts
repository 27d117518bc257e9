import { openSimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith, freshPostgres } from '../../../support/services.ts';
import { hosxpContract } from './suite.ts';

describeWith('postgres', 'HOSxP on PostgreSQL', (adminUrl) => {
  hosxpContract({
    setUp: async () => {
      const fresh = await freshPostgres(adminUrl);
      const db = await openSimDb(fresh.url);
      return {
        db,
        options: { url: fresh.url },
        form: {},
        drop: async () => {
          await db.close();
          await fresh.drop();
        },
      };
    },
    another: (engine) => openSimDb(engine.options.url),
  });
});
