/** How a visit's code was looked for since the ledger was put back from a backup; see `src/domain/machine/restored.ts`. */

import type { Kysely } from 'kysely';
import { columnTypes, type EngineName } from './dialect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function up(db: Kysely<any>, engine: EngineName): Promise<void> {
  // one at a time: SQLite adds no two columns in one statement
  for (const column of ['sought_in', 'sought_times']) {
    await db.schema
      .alterTable('visit_case')
      .addColumn(column, columnTypes(engine).int, (c) => c.notNull().defaultTo(0))
      .execute();
  }
}
