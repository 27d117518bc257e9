import { sql } from 'kysely';
import { eachTable } from './catalog.ts';
import type { SqlDatabase } from './database.ts';

/** The columns (`table.column`, lower case) that some index of the given tables begins with. */
export async function leadingIndexColumns(db: SqlDatabase, tables: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.run(
    db.dialect.name === 'mysql'
      ? eachTable(
          tables,
          sql`select table_name as t, column_name as c from information_schema.statistics`,
          sql` and seq_in_index = 1`,
        )
      : sql`select t.relname as t, a.attname as c
          from pg_index i
          join pg_class t on t.oid = i.indrelid
          join pg_namespace n on n.oid = t.relnamespace
          join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
          where n.nspname = any(current_schemas(false)) and t.relname in (${sql.join(tables)}) and i.indpred is null`,
  );
  return new Set(rows.map((row) => `${String(row.t)}.${String(row.c)}`.toLowerCase()));
}
