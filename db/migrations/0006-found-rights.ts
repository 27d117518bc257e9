/** Rights that NHSO told without a card, and the tries that failed; see `src/domain/found-right.ts`. */

import type { Kysely } from 'kysely';
import { columnTypes, type EngineName, tableEnd } from './dialect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function up(db: Kysely<any>, engine: EngineName): Promise<void> {
  const { text, int } = columnTypes(engine);
  await db.schema
    .createTable('found_right')
    .addColumn('pid', text, (c) => c.notNull())
    .addColumn('service_date', text, (c) => c.notNull())
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('source', text, (c) => c.notNull())
    .addColumn('asked_at', int, (c) => c.notNull())
    .addColumn('answer', text)
    .addColumn('nhso_right', text)
    .addColumn('main_inscl', text)
    .addColumn('person', text)
    .addColumn('failures', int, (c) => c.notNull())
    .addColumn('next_try_at', int)
    .addColumn('failure', text)
    // in the order of the cases' own index by person, so that one is looked up from the other
    .addPrimaryKeyConstraint('found_right_key', ['pid', 'service_date', 'hcode'])
    .modifyEnd(tableEnd(engine))
    .execute();
}
