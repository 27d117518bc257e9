/** Whether the tables are of the form that the bridge reads quickly and writes safely. */

import { sql } from 'kysely';
import { MAX_CODE_LENGTH } from '../../../src/domain/authen-code.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { leadingIndexColumns } from '../sql/indexes.ts';
import type { CheckOptions } from './check-options.ts';
import { type HosxpLayout, OPTIONAL, TABLES } from './layout.ts';

/** Charsets in which Thai text arrives whole: MariaDB's names and PostgreSQL's. */
const THAI_CHARSETS = /^(tis620|utf8|utf8mb3|utf8mb4|UTF8|WIN874)$/;

/** Every query enters a table by one of these. */
const INDEXES = ['ovst.vstdate', 'ovst.vn', 'patient.hn', 'visit_pttype.vn', 'pttype.pttype', 'authenhos.vn'];

export async function checkTables(
  db: SqlDatabase,
  layout: HosxpLayout,
  options: CheckOptions,
): Promise<Finding[]> {
  return [
    checkColumns(layout),
    ...checkCodeColumn(layout, options),
    checkCharset(layout),
    await checkIndexes(db, layout),
    ...(await checkStorage(db)),
  ];
}

function checkColumns(layout: HosxpLayout): Finding {
  const check = 'his-columns';
  const missing = layout.missing();
  if (missing.length > 0) {
    return {
      check,
      level: 'fail',
      message: `not there, or not permitted to be read: ${missing.join(', ')}`,
      fix: 'Grant SELECT on them; if they are not there, this is no HOSxP database or a very old one.',
    };
  }
  const absent = Object.entries(OPTIONAL).flatMap(([table, columns]) =>
    layout.hasTable(table) ? columns.filter((c) => !layout.has(table, c)).map((c) => `${table}.${c}`) : [],
  );
  return absent.length === 0
    ? { check, level: 'ok', message: 'every column that the bridge uses is there' }
    : { check, level: 'warn', message: `the bridge goes without: ${absent.join(', ')}` };
}

/** `PP` and ten digits. */
const USUAL_CODE_LENGTH = 12;

function checkCodeColumn(layout: HosxpLayout, { codeColumn }: CheckOptions): Finding[] {
  const column = layout.column('visit_pttype', codeColumn);
  if (column === null) return [];
  const check = 'his-code-column';
  const { length } = column;
  return length === null || length >= MAX_CODE_LENGTH
    ? [{ check, level: 'ok', message: `visit_pttype.${column.name} is long enough for a code` }]
    : [
        {
          check,
          level: length < USUAL_CODE_LENGTH ? 'fail' : 'warn',
          message: `visit_pttype.${column.name} holds ${length} characters, a code has ${USUAL_CODE_LENGTH} and may have ${MAX_CODE_LENGTH}; a longer one goes to the staff`,
          fix: 'Ask the HOSxP team to widen the column.',
        },
      ];
}

function checkCharset(layout: HosxpLayout): Finding {
  const check = 'his-charset';
  const charset = layout.column('patient', 'fname')?.charset ?? 'unknown';
  return THAI_CHARSETS.test(charset)
    ? { check, level: 'ok', message: `Thai text is stored as ${charset}` }
    : {
        check,
        level: 'warn',
        message: `patient.fname is stored as ${charset}: Thai names may come out garbled`,
        fix: 'Look at a patient’s name in GET /api/cases; codes are not affected.',
      };
}

async function checkIndexes(db: SqlDatabase, layout: HosxpLayout): Promise<Finding> {
  const check = 'his-index';
  const indexed = await leadingIndexColumns(db, TABLES);
  const missing = INDEXES.filter((name) => {
    const [table = '', column = ''] = name.split('.');
    return layout.has(table, column) && !indexed.has(name);
  });
  return missing.length === 0
    ? { check, level: 'ok', message: 'every query finds its rows by an index' }
    : {
        check,
        level: 'warn',
        message: `no index begins with ${missing.join(', ')}: every poll reads the whole table`,
        fix: 'Ask the HOSxP team for the index; the bridge never alters the database.',
      };
}

async function checkStorage(db: SqlDatabase): Promise<Finding[]> {
  if (db.dialect.name !== 'mysql') return [];
  const { rows } = await db.run(
    sql`select engine as engine from information_schema.tables
      where table_schema = database() and table_name = 'visit_pttype'`,
  );
  const [row] = rows;
  if (row === undefined) return [];
  return [
    {
      check: 'his-engine',
      level: 'ok',
      message: `visit_pttype is ${String(row.engine)}; the bridge relies on no transaction in the HIS`,
    },
  ];
}
