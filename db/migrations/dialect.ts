/** The few words of DDL in which the two engines differ, for the migrations. */

import { type ColumnDefinitionBuilder, type Expression, type Kysely, sql } from 'kysely';

export type EngineName = 'sqlite' | 'postgres';

/**
 * PostgreSQL's texts are compared byte by byte (`collate "C"`), as SQLite's are: keys then sort alike on both, and an
 * update of the machine's locale cannot break an index.
 */
export function columnTypes(engine: EngineName) {
  return {
    text: engine === 'sqlite' ? sql`text` : sql`text collate "C"`,
    int: engine === 'sqlite' ? sql`integer` : sql`bigint`,
    /** Numbers that are never used twice: an outbox row's number may still be in somebody's hands when it is gone. */
    sequence: (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder =>
      engine === 'sqlite'
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedByDefaultAsIdentity(),
  };
}

/** SQLite checks column types only in STRICT tables. */
export function tableEnd(engine: EngineName): Expression<unknown> {
  return engine === 'sqlite' ? sql`strict` : sql``;
}

/** Makes a table append-only: the database itself refuses to change or remove a row. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function refuseChanges(db: Kysely<any>, engine: EngineName, table: string): Promise<void> {
  const message = sql.lit(`${table} is append-only`);
  if (engine === 'sqlite') {
    for (const action of ['update', 'delete']) {
      const name = sql.id(`${table}_no_${action}`);
      await sql`create trigger ${name} before ${sql.raw(action)} on ${sql.id(table)}
        begin select raise(abort, ${message}); end`.execute(db);
    }
    return;
  }
  const refuse = sql.id(`${table}_refuse`);
  await sql`create function ${refuse}() returns trigger language plpgsql as
    $$ begin raise exception ${message}; end $$`.execute(db);
  await sql`create trigger ${sql.id(`${table}_append_only`)} before update or delete or truncate on ${sql.id(table)}
    for each statement execute function ${refuse}()`.execute(db);
}
