/**
 * A second code after a lost answer: when a case is to be looked at again, and what a client's ask has seen besides. And the
 * list of what clients have asked for, whose rows need a name without a citizen id.
 */

import { type Kysely, sql } from 'kysely';
import { columnTypes, type EngineName } from './dialect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function up(db: Kysely<any>, engine: EngineName): Promise<void> {
  const { text, int } = columnTypes(engine);
  await db.schema.alterTable('visit_case').addColumn('recheck_at', int).execute();
  await db.schema
    .alterTable('door_ask')
    .addColumn('candidates', text, (c) => c.notNull().defaultTo('[]'))
    .execute();
  // one whose code is there may be looked up once more
  await db.schema.dropIndex('door_ask_due').execute();
  await db.schema
    .createIndex('door_ask_due')
    .on('door_ask')
    .columns(['look_at'])
    .where(sql<boolean>`state in ('asking', 'lost', 'issued')`)
    .execute();
  await db.schema
    .alterTable('door_ask')
    .addColumn('id', text, (c) => c.notNull().defaultTo(''))
    .execute();
  const name = engine === 'sqlite' ? sql`lower(hex(randomblob(16)))` : sql`md5(random()::text || ctid::text)`;
  await sql`update door_ask set id = ${name} where state <> 'case'`.execute(db);
  await db.schema
    .createIndex('door_ask_listing')
    .on('door_ask')
    .columns(['service_date', 'asked_at', 'id'])
    .where(sql<boolean>`state in ('asking', 'lost', 'issued')`)
    .execute();
}
