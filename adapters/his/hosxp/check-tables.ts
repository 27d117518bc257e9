/** Whether the tables are of the form that the bridge reads quickly and writes safely. */

import { sql } from 'kysely';
import { MAX_CODE_LENGTH } from '../../../src/domain/authen-code.ts';
import { addDays, serviceDateOf, startOfServiceDate } from '../../../src/domain/bangkok.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { hasIndexOn, leadingIndexColumns } from '../sql/indexes.ts';
import type { CheckOptions } from './check-options.ts';
import { type HosxpLayout, OPTIONAL, TABLES } from './layout.ts';
import { VisitQuery } from './visit-query.ts';

/** Charsets in which Thai text arrives whole: MariaDB's names and PostgreSQL's. */
const THAI_CHARSETS = /^(tis620|utf8|utf8mb3|utf8mb4|UTF8|WIN874)$/;

/** The share of visits whose number must begin with the date; a few are entered by hand everywhere. */
const MOST = 0.9;

/** Every query enters a table by one of these. */
const INDEXES = ['ovst.vstdate', 'ovst.vn', 'patient.hn', 'visit_pttype.vn', 'pttype.pttype', 'authenhos.vn'];

export async function checkTables(
  db: SqlDatabase,
  layout: HosxpLayout,
  options: CheckOptions,
): Promise<Finding[]> {
  return [
    ...checkColumns(layout, options),
    ...checkCodeColumn(layout, options),
    checkCharset(layout),
    await checkIndexes(db, layout),
    ...(await checkNumbers(db, layout)),
    ...(await checkStorage(db)),
  ];
}

function checkColumns(layout: HosxpLayout, { codeColumn }: CheckOptions): Finding[] {
  const check = 'his-columns';
  const all = layout.missing();
  // the code's column has a line of its own
  const missing = all.filter((name) => name !== `visit_pttype.${codeColumn}`);
  if (missing.length > 0) {
    return [
      {
        check,
        level: 'fail',
        message: `not there, or not permitted to be read: ${missing.join(', ')}`,
        fix: 'Grant SELECT on them; if they are not there, this is no HOSxP database or a very old one.',
      },
    ];
  }
  if (all.length > 0) return [];
  const absent = Object.entries(OPTIONAL).flatMap(([table, columns]) =>
    layout.hasTable(table) ? columns.filter((c) => !layout.has(table, c)).map((c) => `${table}.${c}`) : [],
  );
  return absent.length === 0
    ? [{ check, level: 'ok', message: 'every column that the bridge uses is there' }]
    : [{ check, level: 'warn', message: `the bridge goes without: ${absent.join(', ')}` }];
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

/** A poll looks for new visits by their numbers; where those do not tell the time it works, but costs more. */
async function checkNumbers(db: SqlDatabase, layout: HosxpLayout): Promise<Finding[]> {
  if (!layout.has('ovst', 'vn') || !layout.has('ovst', 'vstdate')) return [];
  const check = 'his-numbers';
  const query = new VisitQuery(layout, db.dialect);
  const today = serviceDateOf(Date.now());
  const yesterday = addDays(today, -1);
  let rows = 0;
  for (const date of [yesterday, today]) rows += Number((await db.run(query.count(date))).rows[0]?.n);
  const numbered = (await db.run(query.numbers(startOfServiceDate(yesterday), today))).rows.length;
  if (rows === 0) return [];
  if (numbered >= rows * MOST) {
    return [
      { check, level: 'ok', message: 'visit numbers begin with the date: a poll reads only the newest' },
    ];
  }
  const message = 'visit numbers do not begin with the date: new visits are seen by counting the day’s rows';
  return (await hasIndexOn(db, 'ovst', ['vstdate', 'vsttime']))
    ? [{ check, level: 'ok', message: `${message}, and read by the index on (vstdate, vsttime)` }]
    : [
        {
          check,
          level: 'warn',
          message: `${message}, up to 10 seconds later, and each time all rows of the day are looked at`,
          fix: 'The bridge works so. An index on ovst (vstdate, vsttime), made by the HOSxP team, would spare the database that.',
        },
      ];
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
