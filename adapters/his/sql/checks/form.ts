/** Whether the tables are of the form that the bridge reads quickly and writes safely. */

import { sql } from 'kysely';
import { MAX_CODE_LENGTH } from '../../../../src/domain/authen-code.ts';
import type { Finding } from '../../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../database.ts';
import { leadingIndexColumns } from '../indexes.ts';
import { type Layout, tablesOf } from '../layout.ts';

/** Charsets in which Thai text arrives whole: MariaDB's names and PostgreSQL's. */
const THAI_CHARSETS = /^(tis620|utf8|utf8mb3|utf8mb4|UTF8|WIN874)$/;

/** `PP` and ten digits. */
const USUAL_CODE_LENGTH = 12;

/** `but`: columns (`table.column`) that have a line of their own. */
export function checkColumns(layout: Layout, his: string, but: readonly string[] = []): Finding[] {
  const check = 'his-columns';
  const all = layout.missing();
  const missing = all.filter((name) => !but.includes(name));
  if (missing.length > 0) {
    return [
      {
        check,
        level: 'fail',
        message: `not there, or not permitted to be read: ${missing.join(', ')}`,
        fix: `Grant SELECT on them; if they are not there, this is no ${his} database or a very old one.`,
      },
    ];
  }
  if (all.length > 0) return [];
  const absent = layout.absent();
  return absent.length === 0
    ? [{ check, level: 'ok', message: 'every column that the bridge uses is there' }]
    : [{ check, level: 'warn', message: `the bridge goes without: ${absent.join(', ')}` }];
}

/** Whether a code fits into its column. */
export function checkCodeLength(layout: Layout, table: string, name: string, his: string): Finding[] {
  const column = layout.column(table, name);
  if (column === null) return [];
  const check = 'his-code-column';
  const { length } = column;
  return length === null || length >= MAX_CODE_LENGTH
    ? [{ check, level: 'ok', message: `${table}.${column.name} is long enough for a code` }]
    : [
        {
          check,
          level: length < USUAL_CODE_LENGTH ? 'fail' : 'warn',
          message: `${table}.${column.name} holds ${length} characters, a code has ${USUAL_CODE_LENGTH} and may have ${MAX_CODE_LENGTH}; a longer one goes to the staff`,
          fix: `Ask the ${his} team to widen the column.`,
        },
      ];
}

/** `column`: one that holds Thai names. */
export function checkCharset(layout: Layout, table: string, column: string): Finding {
  const check = 'his-charset';
  const charset = layout.column(table, column)?.charset ?? 'unknown';
  return THAI_CHARSETS.test(charset)
    ? { check, level: 'ok', message: `Thai text is stored as ${charset}` }
    : {
        check,
        level: 'warn',
        message: `${table}.${column} is stored as ${charset}: Thai names may come out garbled`,
        fix: 'Look at a patient’s name in GET /api/cases; codes are not affected.',
      };
}

/** `indexes`: `table.column` by which the queries enter a table. */
export async function checkIndexes(
  db: SqlDatabase,
  layout: Layout,
  indexes: readonly string[],
  his: string,
): Promise<Finding> {
  const check = 'his-index';
  const indexed = await leadingIndexColumns(db, tablesOf(layout.wanted));
  const missing = indexes.filter((name) => {
    const [table = '', column = ''] = name.split('.');
    return layout.has(table, column) && !indexed.has(name);
  });
  return missing.length === 0
    ? { check, level: 'ok', message: 'every query finds its rows by an index' }
    : {
        check,
        level: 'warn',
        message: `no index begins with ${missing.join(', ')}: every poll reads the whole table`,
        fix: `Ask the ${his} team for the index; the bridge never alters the database.`,
      };
}

/** `table`: the one that takes the code; one of the adapter's own names. */
export async function checkStorage(db: SqlDatabase, table: string): Promise<Finding[]> {
  if (db.dialect.name !== 'mysql') return [];
  const { rows } = await db.run(
    sql`select engine as engine from information_schema.tables
      where table_schema = database() and table_name = ${table}`,
  );
  const [row] = rows;
  if (row === undefined) return [];
  return [
    {
      check: 'his-engine',
      level: 'ok',
      message: `${table} is ${String(row.engine)}; the bridge relies on no transaction in the HIS`,
    },
  ];
}
