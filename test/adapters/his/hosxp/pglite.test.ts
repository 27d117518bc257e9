import { PGlite } from '@electric-sql/pglite';
import { describe } from 'vitest';
import { simDbOver } from '../../../../simulators/his/sim-db.ts';
import { hosxpContract } from './suite.ts';

describe('HOSxP on PGlite', () => {
  hosxpContract({
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
