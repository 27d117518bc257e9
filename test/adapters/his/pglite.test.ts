import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openPglite } from '../../../adapters/his/sql/pglite.ts';
import { freshPglite } from '../../support/pglite.ts';

it('prepares the session anew when that has failed once', async () => {
  const pglite = await freshPglite();
  let isAway = true;
  const line = {
    query: (text: string, parameters?: unknown[]) =>
      isAway
        ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
        : pglite.query(text, parameters),
  };
  const database = openPglite(line, 1_234);
  await expect(database.run(sql`select 1 as one`)).rejects.toMatchObject({ code: 'his-unreachable' });
  isAway = false;
  const { rows } = await database.run(sql`select current_setting('statement_timeout') as limit`);
  expect(rows).toEqual([{ limit: '1234ms' }]);
  await pglite.close();
});
