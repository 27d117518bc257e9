/**
 * What tables and columns a database has, as far as the account may see them. HIS databases differ from hospital to
 * hospital and from version to version: a query names a column only when it is there.
 */

import { sql } from 'kysely';
import type { SqlDatabase } from './database.ts';
import type { SqlText } from './dialect.ts';

export interface Column {
  /** As the database spells it. */
  name: string;
  /** Most characters it can hold; null for other types than text. */
  length: number | null;
  charset: string | null;
}

export class Catalog {
  readonly #tables: ReadonlyMap<string, ReadonlyMap<string, Column>>;

  constructor(tables: ReadonlyMap<string, ReadonlyMap<string, Column>>) {
    this.#tables = tables;
  }

  /** Names are asked for in lower case; PostgreSQL and MariaDB sites spell `Auth_DateTime` differently. */
  column(table: string, column: string): Column | null {
    return this.#tables.get(table)?.get(column) ?? null;
  }

  hasTable(table: string): boolean {
    return this.#tables.has(table);
  }
}

/** Reads the columns of the given tables. `tables` are constants of the adapters. */
export async function readCatalog(db: SqlDatabase, tables: readonly string[]): Promise<Catalog> {
  const { rows } = await db.run(columnsOf(db, tables));
  const found = new Map<string, Map<string, Column>>();
  for (const row of rows) {
    const table = String(row.t);
    const columns = found.get(table) ?? new Map<string, Column>();
    found.set(table, columns);
    const name = String(row.c);
    columns.set(name.toLowerCase(), {
      name,
      length: row.len === null ? null : Number(row.len),
      charset: row.charset === null ? null : String(row.charset),
    });
  }
  return new Catalog(found);
}

function columnsOf(db: SqlDatabase, tables: readonly string[]): SqlText {
  return db.dialect.name === 'mysql'
    ? eachTable(
        tables,
        sql`select table_name as t, column_name as c, character_maximum_length as len, character_set_name as charset
          from information_schema.columns`,
      )
    : sql`select table_name as t, column_name as c, character_maximum_length as len,
          current_setting('server_encoding') as charset
        from information_schema.columns
        where table_schema = any(current_schemas(false)) and table_name in (${sql.join(tables)})`;
}

/**
 * A question to MariaDB's information_schema about several tables. It goes straight to a table only when that one is
 * named by `=`; for a list it opens every table of the database, and a HOSxP has thousands.
 */
export function eachTable(tables: readonly string[], select: SqlText, more: SqlText = sql``): SqlText {
  return sql.join(
    tables.map(
      (table) => sql`${select} where table_schema = database() and table_name = ${sql.lit(table)}${more}`,
    ),
    sql` union all `,
  );
}
