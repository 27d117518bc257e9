/** Runs of the night's reconciliation, and what each said of each visit. */

import { type Kysely, sql } from 'kysely';
import { columnTypes, type EngineName, tableEnd } from './dialect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function up(db: Kysely<any>, engine: EngineName): Promise<void> {
  const { text, int } = columnTypes(engine);
  const end = tableEnd(engine);

  await db.schema
    .createTable('reconciliation')
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('service_date', text, (c) => c.notNull())
    .addColumn('dry_run', int, (c) => c.notNull().check(sql`dry_run in (0, 1)`))
    .addColumn('started_by', text, (c) => c.notNull())
    .addColumn('started_at', int, (c) => c.notNull())
    .addColumn('finished_at', int)
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('trouble', text)
    .addColumn('his_count', int)
    .addColumn('counts', text)
    .addColumn('calls', int, (c) => c.notNull())
    .modifyEnd(end)
    .execute();
  // the runs of a day, and all runs, newest first
  await db.schema
    .createIndex('reconciliation_day')
    .on('reconciliation')
    .columns(['service_date', 'hcode', 'started_at'])
    .execute();
  await db.schema
    .createIndex('reconciliation_listing')
    .on('reconciliation')
    .columns(['started_at', 'id'])
    .execute();

  await db.schema
    .createTable('reconciliation_item')
    .addColumn('run', text, (c) => c.notNull().references('reconciliation.id'))
    .addColumn('vn', text, (c) => c.notNull())
    .addColumn('hn', text)
    .addColumn('outcome', text, (c) => c.notNull())
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('claim_code', text)
    .addColumn('claim_type', text)
    .addColumn('source', text)
    .addColumn('detail', text)
    .addColumn('candidates', text, (c) => c.notNull())
    .addColumn('written', text)
    .addColumn('undone_at', int)
    .addColumn('decided_at', int, (c) => c.notNull())
    .addPrimaryKeyConstraint('reconciliation_item_key', ['run', 'vn'])
    .modifyEnd(end)
    .execute();
}
