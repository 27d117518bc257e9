/**
 * What the catalogue of columns in `../sql/` does not say: whether a column holds a text or a moment, and what a new row
 * must fill. Read from PostgreSQL's own tables, which every account may read; information_schema hides columns from those
 * who have no right on them, and a column that must be filled is there for whoever may not see it, too.
 */

import { sql } from 'kysely';
import type { SqlDatabase } from '../sql/database.ts';

export type Kind = 'text' | 'timestamp' | 'timestamptz';

export interface Details {
  kindOf(table: string, column: string): Kind;
  hasDefault(table: string, column: string): boolean;
  /** NOT NULL without a default. */
  mustFill(table: string): readonly string[];
}

export async function readDetails(db: SqlDatabase, tables: readonly string[]): Promise<Details> {
  const { rows } = await db.run(
    sql`select t.relname as t, a.attname as c, format_type(a.atttypid, null) as type,
        case when a.attnotnull then 'yes' end as needed,
        case when a.atthasdef or a.attidentity <> '' then 'yes' end as given
      from pg_attribute a
      join pg_class t on t.oid = a.attrelid
      join pg_namespace n on n.oid = t.relnamespace
      where n.nspname = any(current_schemas(false)) and t.relname in (${sql.join(tables)})
        and a.attnum > 0 and not a.attisdropped
      order by a.attnum`,
  );
  const find = (table: string, column: string) =>
    rows.find((row) => row.t === table && String(row.c).toLowerCase() === column);
  return {
    kindOf(table, column) {
      const type = String(find(table, column)?.type ?? '');
      if (type === 'timestamp with time zone') return 'timestamptz';
      return type === 'timestamp without time zone' || type === 'date' ? 'timestamp' : 'text';
    },
    hasDefault: (table, column) => find(table, column)?.given === 'yes',
    mustFill: (table) =>
      rows
        .filter((row) => row.t === table && row.needed === 'yes' && row.given !== 'yes')
        .map((row) => String(row.c)),
  };
}
