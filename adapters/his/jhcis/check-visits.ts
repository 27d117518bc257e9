/** What `doctor` sees in the visits themselves: whose they are, which of them nobody would find, and what stands in the code's place. */

import { sql } from 'kysely';
import { addDays, serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../sql/database.ts';
import type { SqlText } from '../sql/dialect.ts';
import type { Layout } from '../sql/layout.ts';
import { CODE } from './write-back.ts';

const DAYS = 7;

export async function checkVisits(db: SqlDatabase, layout: Layout, hcode: string): Promise<Finding[]> {
  const needed = ['pcucode', 'visitno', 'visitdate'];
  // what is missing has its own line
  if (needed.some((column) => !layout.has('visit', column))) return [];
  const today = serviceDateOf(Date.now());
  const dates = Array.from({ length: DAYS }, (_, i) => addDays(today, -i));
  const lately = sql`v.visitdate in (${sql.join(dates)})`;
  return [
    await checkKey(db),
    ...(await checkUnits(db, lately, hcode)),
    ...(await checkDates(db, layout, hcode)),
    ...(layout.has('visit', CODE) ? await checkClaimTypes(db, layout, lately, hcode) : []),
  ];
}

/** A code is written by this key: without it one number could be two visits. */
async function checkKey(db: SqlDatabase): Promise<Finding> {
  const check = 'his-key';
  const { rows } = await db.run(
    sql`select group_concat(lower(column_name) order by column_name) as columns
      from information_schema.statistics
      where table_schema = database() and table_name = 'visit' and non_unique = 0 group by index_name`,
  );
  return rows.some((row) => String(row.columns) === 'pcucode,visitno')
    ? { check, level: 'ok', message: 'a visit has one row: pcucode and visitno are a key' }
    : {
        check,
        level: 'fail',
        message: 'visit has no unique key (pcucode, visitno): a code could go into the rows of two visits',
        fix: 'Ask the JHCIS team to repair the table; the bridge never alters the database.',
      };
}

/** One database may hold the visits of several units. */
async function checkUnits(db: SqlDatabase, lately: SqlText, hcode: string): Promise<Finding[]> {
  const { rows } = await db.run(
    sql`select v.pcucode as unit, count(*) as n from visit v where ${lately} group by v.pcucode order by v.pcucode`,
  );
  const others = rows.filter((row) => String(row.unit ?? '').trim() !== hcode);
  if (others.length === 0) return [];
  const named = others
    .map((row) => `${String(row.unit ?? '').trim() || 'empty'} (${String(row.n)})`)
    .join(', ');
  return [
    {
      check: 'his-units',
      level: 'warn',
      message: `visits of the last ${DAYS} days stand in the name of other units too: visit.pcucode ${named}; they are not this site's`,
      fix: 'Where one of them should get authen codes, give it a site of its own with that hcode and the same his.url.',
    },
  ];
}

/** A visit without a date belongs to the day of its last change; one without that too is seen by nobody. */
async function checkDates(db: SqlDatabase, layout: Layout, hcode: string): Promise<Finding[]> {
  const updated = layout.ref('v', 'visit', 'dateupdate');
  const { isNoDate } = db.dialect;
  const { rows } = await db.run(
    sql`select count(*) as n from visit v
      where ${isNoDate(sql`v.visitdate`)} and ${isNoDate(updated)} and concat(v.pcucode) = ${hcode}`,
  );
  const n = Number(rows[0]?.n);
  if (n === 0) return [];
  return [
    {
      check: 'his-dates',
      level: 'warn',
      message: `visits with neither a visitdate nor a dateupdate: ${n}; they belong to no day, and the bridge does not see them`,
      fix: 'Give them their date in JHCIS.',
    },
  ];
}

/** The mark of a faulty kiosk program: it writes the claim type where the code belongs. */
async function checkClaimTypes(
  db: SqlDatabase,
  layout: Layout,
  lately: SqlText,
  hcode: string,
): Promise<Finding[]> {
  const code = layout.ref('v', 'visit', CODE);
  const { rows } = await db.run(
    sql`select count(*) as n from visit v
      where ${lately} and concat(v.pcucode) = ${hcode} and trim(${code}) like 'PG%'`,
  );
  const n = Number(rows[0]?.n);
  if (n === 0) return [];
  return [
    {
      check: 'his-claim-type-as-code',
      level: 'warn',
      message: `visits of the last ${DAYS} days with a claim type (PG…) in claimcode_nhso: ${n}; they have no code, and the bridge overwrites nothing`,
      fix: 'Empty the field in JHCIS, and mend the program (a kiosk, as a rule) that writes it.',
    },
  ];
}
