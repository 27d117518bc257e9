/** Who asks for a person's code of a day and claim type, a visit or a client of the agent API; see `src/domain/door-ask.ts`. */

import { type Kysely, sql } from 'kysely';
import { columnTypes, type EngineName, tableEnd } from './dialect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function up(db: Kysely<any>, engine: EngineName): Promise<void> {
  const { text, int } = columnTypes(engine);
  await db.schema
    .createTable('door_ask')
    .addColumn('pid', text, (c) => c.notNull())
    .addColumn('service_date', text, (c) => c.notNull())
    .addColumn('claim_type', text, (c) => c.notNull())
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('version', int, (c) => c.notNull().check(sql`version >= 1`))
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('vn', text)
    .addColumn('actor', text, (c) => c.notNull())
    .addColumn('station_id', text, (c) => c.notNull())
    .addColumn('correlation_id', text)
    .addColumn('asked_at', int, (c) => c.notNull())
    .addColumn('look_at', int)
    .addColumn('empty_lookups', int, (c) => c.notNull())
    .addColumn('sought_in', int, (c) => c.notNull())
    .addColumn('claim_code', text)
    .addColumn('issued_at', int)
    .addColumn('updated_at', int, (c) => c.notNull())
    // rule 1, as the unique index over the cases that have asked: in its order
    .addPrimaryKeyConstraint('door_ask_key', ['pid', 'service_date', 'claim_type', 'hcode'])
    .modifyEnd(tableEnd(engine))
    .execute();
  // what is to be looked up
  await db.schema
    .createIndex('door_ask_due')
    .on('door_ask')
    .columns(['look_at'])
    .where(sql<boolean>`state in ('asking', 'lost')`)
    .execute();
  // what waits for a visit
  await db.schema
    .createIndex('door_ask_open')
    .on('door_ask')
    .columns(['service_date', 'hcode', 'pid'])
    .where(sql<boolean>`state in ('lost', 'issued')`)
    .execute();
}
