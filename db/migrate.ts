/** Applies the numbered migrations. Safe when several processes start at once. */

import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { allMigrations } from './migrations/all.ts';
import type { EngineName } from './migrations/dialect.ts';
import type { Tables } from './tables.ts';

/**
 * Applies what is pending, all or nothing. SQLite: inside one immediate transaction, so that a second process waits
 * and then finds nothing to do. PostgreSQL: under Kysely's advisory lock. Throws the driver's error.
 */
export async function runMigrations(
  db: Kysely<Tables>,
  engine: EngineName,
  schema: string | null,
): Promise<void> {
  const up = async (on: Kysely<Tables>) => {
    const { error } = await migrator(on, engine, schema).migrateToLatest();
    if (error !== undefined) throw error;
  };
  if (engine === 'sqlite') await db.transaction().execute(up);
  else await up(db);
}

/** Names of the migrations that the store has not had yet. */
export async function pendingMigrations(
  db: Kysely<Tables>,
  engine: EngineName,
  schema: string | null,
): Promise<string[]> {
  const all = await migrator(db, engine, schema).getMigrations();
  return all.filter((m) => m.executedAt === undefined).map((m) => m.name);
}

function migrator(db: Kysely<Tables>, engine: EngineName, schema: string | null): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => allMigrations(engine) },
    ...(schema === null ? {} : { migrationTableSchema: schema }),
  });
}
