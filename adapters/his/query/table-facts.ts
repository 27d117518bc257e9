/**
 * What the engine's own catalogue says of the table that is written: its columns as they are spelled, and the sets of columns that
 * it holds unique. The account sees what it has a right on.
 */

import { sql } from 'kysely';
import type { SqlDatabase } from '../sql/database.ts';
import type { SqlText } from '../sql/dialect.ts';
import { ScanError } from './scan.ts';

export interface TableColumn {
  /** As the catalogue spells it. */
  name: string;
  isText: boolean;
  /** Most characters; null where there is no limit. */
  length: number | null;
  /** MariaDB and MySQL: a type with a zero date. */
  isDate: boolean;
  /** PostgreSQL: the type of a column that is no text, of the list below; a bound value must be told it in some places. */
  castTo?: string;
}

export interface TableFacts {
  /** Schema (or database) and name, as the catalogue spells them. */
  schema: string;
  name: string;
  columns: readonly TableColumn[];
  /** Each set in lower case; whole rows are unique by each, at all times. */
  uniqueKeys: readonly (readonly string[])[];
  /** `InnoDB`, `MyISAM`; null for the others. */
  storage: string | null;
}

/** Throws ScanError where there is not just one such table. `path`: `[schema.]table` as the statement has it. */
export async function readTable(db: SqlDatabase, path: readonly string[]): Promise<TableFacts> {
  const [name = '', schema = null, more] = path.toReversed();
  const shown = path.join('.');
  if (more !== undefined) throw new ScanError(`${shown}: expected at most a schema before the table`);
  const { rows } = await db.run(tablesOf(db)(name, schema));
  const exact = rows.filter((row) => String(row.t) === name && (schema === null || String(row.s) === schema));
  const found = exact.length > 0 ? exact : rows;
  const [table, other] = found;
  if (table === undefined) {
    throw new ScanError(`there is no table ${shown}, or the account may not see it (a view will not do)`);
  }
  if (other !== undefined)
    throw new ScanError(`there are several tables ${shown}: expected its schema before it`);
  const at = { schema: String(table.s), name: String(table.t) };
  const columns = await db.run(columnsOf(at.schema, at.name));
  const keys = await db.run(keysOf(db)(at.schema, at.name));
  return {
    ...at,
    columns: columns.rows.map((row) => ({
      name: String(row.c),
      isText: TEXT.test(String(row.type)),
      length: row.len === null || Number(row.len) < 0 ? null : Number(row.len),
      isDate: db.dialect.name === 'mysql' && /^(date|datetime|timestamp)/.test(String(row.type)),
      ...castOf(db, String(row.type)),
    })),
    uniqueKeys: grouped(keys.rows),
    storage: table.storage === null ? null : String(table.storage),
  };
}

const TEXT = /char|text|clob/i;

const CASTS = [
  ...['date', 'timestamp without time zone', 'timestamp with time zone', 'time without time zone'],
  ...['integer', 'bigint', 'smallint', 'numeric', 'real', 'double precision', 'boolean', 'uuid'],
];

function castOf(db: SqlDatabase, type: string): { castTo?: string } {
  const castTo = CASTS.find((known) => known === type);
  return db.dialect.name === 'postgres' && castTo !== undefined ? { castTo } : {};
}

function grouped(rows: readonly Record<string, unknown>[]): string[][] {
  const keys = new Map<string, string[]>();
  for (const row of rows) {
    const index = String(row.i);
    keys.set(index, [...(keys.get(index) ?? []), String(row.c).toLowerCase()]);
  }
  return [...keys.values()];
}

type Asks<A extends unknown[]> = (...given: A) => SqlText;

/** Base tables of that name, however it is spelled; without a schema in the place where the statement would find it. */
function tablesOf(db: SqlDatabase): Asks<[name: string, schema: string | null]> {
  switch (db.dialect.name) {
    case 'mysql':
      // named by `=`, so that only this table is opened; the collation of names is the server's own
      return (name, schema) =>
        sql`select table_schema as s, table_name as t, engine as storage from information_schema.tables
          where table_schema = ${schema === null ? sql`database()` : sql`${schema}`} and table_name = ${name}
            and table_type = 'BASE TABLE'`;
    case 'postgres':
      // a table with heirs is not unique over all its rows
      return (name, schema) =>
        sql`select n.nspname as s, c.relname as t, null as storage from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
          where lower(c.relname) = lower(${name}::text) and (c.relkind = 'p' or c.relkind = 'r' and not c.relhassubclass)
            and ${schema === null ? sql`pg_table_is_visible(c.oid)` : sql`lower(n.nspname) = lower(${schema}::text)`}`;
    case 'mssql':
      return (name, schema) =>
        sql`select schema_name(t.schema_id) as s, t.name as t, null as storage from sys.tables t
          where lower(t.name) = lower(${name})
            and lower(schema_name(t.schema_id)) = lower(${schema === null ? sql`schema_name()` : sql`${schema}`})`;
  }
}

function columnsOf(schema: string, name: string): SqlText {
  return sql`select column_name as c, data_type as type, character_maximum_length as len from information_schema.columns
    where table_schema = ${schema} and table_name = ${name}`;
}

/** Unique indexes over bare columns, without a condition, that hold at every moment. */
function keysOf(db: SqlDatabase): Asks<[schema: string, name: string]> {
  switch (db.dialect.name) {
    case 'mysql':
      // an index over an expression has a row without a column's name: the whole index is left out
      return (schema, name) =>
        sql`select s.index_name as i, s.column_name as c from information_schema.statistics s
          where s.table_schema = ${schema} and s.table_name = ${name} and s.non_unique = 0
            and not exists (select 1 from information_schema.statistics e where e.table_schema = ${schema}
              and e.table_name = ${name} and e.index_name = s.index_name and e.column_name is null)
          order by s.index_name, s.seq_in_index`;
    case 'postgres':
      return (schema, name) =>
        sql`select x.relname as i, a.attname as c from pg_index i
          join pg_class t on t.oid = i.indrelid
          join pg_class x on x.oid = i.indexrelid
          join pg_namespace n on n.oid = t.relnamespace
          join pg_attribute a on a.attrelid = t.oid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
          where n.nspname = ${schema} and t.relname = ${name} and i.indisunique and i.indisvalid and i.indimmediate
            and i.indpred is null and i.indexprs is null`;
    case 'mssql':
      return (schema, name) =>
        sql`select i.name as i, c.name as c from sys.indexes i
          join sys.index_columns k on k.object_id = i.object_id and k.index_id = i.index_id and k.is_included_column = 0
          join sys.columns c on c.object_id = k.object_id and c.column_id = k.column_id
          where i.object_id = object_id(concat(quotename(${schema}), '.', quotename(${name})))
            and i.is_unique = 1 and i.has_filter = 0 and i.is_disabled = 0`;
  }
}
