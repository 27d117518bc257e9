import { PGlite } from '@electric-sql/pglite';
import { describe } from 'vitest';
import { simDbOver } from '../../../simulators/his/sim-db.ts';
import { hisContract } from './his-contract.ts';

describe('HOSxP on PGlite', () => {
  hisContract({
    setUp: async () => {
      const pglite = new PGlite();
      return {
        db: simDbOver(pglite),
        options: { url: 'pglite:', pglite },
        form: { timeIndex: true },
        drop: () => pglite.close(),
      };
    },
  });
});
