import { describe } from 'vitest';
import { simDbOver } from '../../../../simulators/his/sim-db.ts';
import { freshPglite } from '../../../support/pglite.ts';
import { hosxpContract } from './suite.ts';

describe('HOSxP on PGlite', () => {
  hosxpContract({
    setUp: async () => {
      const pglite = await freshPglite();
      return {
        db: simDbOver(pglite),
        options: { url: 'pglite:', pglite },
        form: { timeIndex: true },
        drop: () => pglite.close(),
      };
    },
  });
});
