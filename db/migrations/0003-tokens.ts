/** Tokens, sealed (see `db/secrets/`), and leases: what one process at a time may do. */

import { type Kysely, sql } from 'kysely';
import { columnTypes, type EngineName, tableEnd } from './dialect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function up(db: Kysely<any>, engine: EngineName): Promise<void> {
  const { text, int } = columnTypes(engine);
  const end = tableEnd(engine);

  await db.schema
    .createTable('token')
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('generation', int, (c) => c.notNull().check(sql`generation >= 1`))
    .addColumn('source', text, (c) => c.notNull())
    .addColumn('value', text, (c) => c.notNull())
    .addColumn('refresh', text)
    .addColumn('account', text)
    .addColumn('obtained_at', int, (c) => c.notNull())
    .addColumn('expires_at', int)
    .addColumn('refused_at', int)
    .addColumn('last_used_at', int)
    .addPrimaryKeyConstraint('token_key', ['hcode', 'kind'])
    .modifyEnd(end)
    .execute();

  await db.schema
    .createTable('lease')
    .addColumn('name', text, (c) => c.primaryKey())
    .addColumn('holder', text, (c) => c.notNull())
    .addColumn('ttl_ms', int, (c) => c.notNull())
    .addColumn('ends_at', int, (c) => c.notNull())
    .modifyEnd(end)
    .execute();
}
