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

/** Whether some index of the table begins with the two columns, in this order. */
export async function hasIndexOn(
  db: SqlDatabase,
  table: string,
  [first, second]: readonly [string, string],
): Promise<boolean> {
  const { rows } = await db.run(
    db.dialect.name === 'mysql'
      ? sql`select 1 as found from information_schema.statistics f
          join information_schema.statistics s on s.index_name = f.index_name
          where f.table_schema = database() and f.table_name = ${sql.lit(table)} and f.seq_in_index = 1
            and s.table_schema = database() and s.table_name = ${sql.lit(table)} and s.seq_in_index = 2
            and lower(f.column_name) = ${first} and lower(s.column_name) = ${second}`
      : sql`select 1 as found from pg_index i
          join pg_class t on t.oid = i.indrelid
          join pg_namespace n on n.oid = t.relnamespace
          join pg_attribute f on f.attrelid = t.oid and f.attnum = i.indkey[0]
          join pg_attribute s on s.attrelid = t.oid and i.indnatts > 1 and s.attnum = i.indkey[1]
          where n.nspname = any(current_schemas(false)) and t.relname = ${table} and i.indpred is null
            and lower(f.attname) = ${first} and lower(s.attname) = ${second}`,
  );
  return rows.length > 0;
}
