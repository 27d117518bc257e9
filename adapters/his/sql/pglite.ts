/** PGlite: PostgreSQL inside this process, opened and closed by somebody else. For the demo and for tests. */

import type { SqlDatabase, SqlResult, SqlRow } from './database.ts';
import { type CompiledSql, postgresDialect, type SqlText } from './dialect.ts';
import { postgresError, sessionSettings } from './postgres.ts';

/** What is needed of a PGlite (or of anything else that answers like it). */
export interface PgliteLike {
  query(
    sql: string,
    params?: unknown[],
  ): Promise<{ rows: unknown[]; affectedRows?: number; fields?: { name: string }[] }>;
}

export function openPglite(pglite: PgliteLike, statementTimeoutMs: number): SqlDatabase {
  let ready: Promise<void> | null = null;
  const prepare = async (): Promise<void> => {
    for (const [name, value] of sessionSettings(statementTimeoutMs)) {
      await pglite.query('SELECT set_config($1, $2, false)', [name, value]);
    }
  };
  const again = (error: unknown): never => {
    // the next statement prepares anew: a failure that has passed must not be the answer to everything after it
    ready = null;
    throw error;
  };
  return {
    dialect: postgresDialect,
    async run(statement: SqlText | CompiledSql): Promise<SqlResult> {
      const { sql, parameters } = postgresDialect.compile(statement);
      try {
        ready ??= prepare().catch(again);
        await ready;
        const { rows, affectedRows, fields } = await pglite.query(sql, [...parameters]);
        const columns = fields?.map((field) => field.name) ?? [];
        return { rows: rows as SqlRow[], affected: affectedRows ?? 0, columns };
      } catch (error) {
        throw postgresError(error);
      }
    },
    close: async () => undefined,
  };
}
