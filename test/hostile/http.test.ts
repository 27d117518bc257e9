/** One suite, both ledgers: what one database takes as a text the other may not. */

import { afterAll, beforeAll, describe, vi } from 'vitest';
import { describeWith, freshPostgres } from '../support/services.ts';
import { hostileHttp } from './http-contract.ts';

vi.setConfig({ testTimeout: 120_000 });

describe('HTTP over a SQLite ledger', () => {
  hostileHttp(() => 'sqlite::memory:');
});

describeWith('postgres', 'HTTP over a PostgreSQL ledger', (adminUrl) => {
  let database: Awaited<ReturnType<typeof freshPostgres>>;
  beforeAll(async () => {
    database = await freshPostgres(adminUrl);
  });
  afterAll(() => database.drop());
  hostileHttp(() => database.url);
});
