/** Codes out of the report that hospitals download from NHSO's site; see `src/service/ports/reported-codes.ts`. */

import { type Kysely, sql } from 'kysely';
import { columnTypes, type EngineName, tableEnd } from './dialect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function up(db: Kysely<any>, engine: EngineName): Promise<void> {
  const { text, int } = columnTypes(engine);
  await db.schema
    .createTable('reported_code')
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('claim_code', text, (c) => c.notNull())
    .addColumn('pid', text, (c) => c.notNull())
    .addColumn('service_date', text, (c) => c.notNull())
    .addColumn('claim_type', text)
    .addColumn('issued_at', int, (c) => c.notNull())
    .addColumn('channel', text)
    .addColumn('cancelled', int, (c) => c.notNull().check(sql`cancelled in (0, 1)`))
    .addColumn('imported_at', int, (c) => c.notNull())
    .addColumn('changed_at', int, (c) => c.notNull())
    // the code goes first, as the visit number does in the key of cases
    .addPrimaryKeyConstraint('reported_code_key', ['claim_code', 'hcode'])
    .modifyEnd(tableEnd(engine))
    .execute();
  // the reconciliation: which codes a person has on a day
  await db.schema
    .createIndex('reported_code_person')
    .on('reported_code')
    .columns(['pid', 'service_date', 'hcode'])
    .execute();
  // whether a day was imported at all
  await db.schema
    .createIndex('reported_code_day')
    .on('reported_code')
    .columns(['service_date', 'hcode'])
    .execute();
}
