/** `doctor` at a HOSxP: one line a fact, in plain words, with the next step where something is missing. */

import { sql } from 'kysely';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import { readCatalog } from '../sql/catalog.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { Privileges } from '../sql/privileges.ts';
import type { CheckOptions } from './check-options.ts';
import { checkRights } from './check-rights.ts';
import { checkTables } from './check-tables.ts';
import { HosxpLayout, TABLES } from './layout.ts';

/** How far the database's clock may be from the machine's: a warning, and the end of sense. */
const CLOCK_WARN_MS = 60_000;
const CLOCK_FAIL_MS = 5 * 60_000;

export async function checkHosxp(db: SqlDatabase, options: CheckOptions): Promise<Finding[]> {
  const reach = await checkReach(db);
  if (reach.level === 'fail') return [reach];
  try {
    const layout = new HosxpLayout(await readCatalog(db, TABLES), options.codeColumn);
    const privileges = await Privileges.of(db);
    return [
      reach,
      ...(await checkRights(layout, privileges, options)),
      ...(await checkTables(db, layout, options)),
      ...(await checkHcode(db, layout, options.hcode)),
      ...(await checkClock(db)),
    ];
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    return [reach, { check: 'his-answers', level: 'fail', message: error.message }];
  }
}

async function checkReach(db: SqlDatabase): Promise<Finding> {
  try {
    const { rows } = await db.run(sql`select version() as version`);
    const version = String(rows[0]?.version).split(' on ')[0];
    return { check: 'his-reachable', level: 'ok', message: `HOSxP answers: ${version}` };
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const fix =
      error.code === 'his-denied'
        ? 'Check user name, password and the address that the account may come from (his.url).'
        : 'Check host, port and database name in his.url, and the firewall between this machine and the database.';
    return { check: 'his-reachable', level: 'fail', message: error.message, fix };
  }
}

async function checkHcode(db: SqlDatabase, layout: HosxpLayout, hcode: string): Promise<Finding[]> {
  // a table that may not be read has its own line
  if (!layout.has('opdconfig', 'hospitalcode')) return [];
  const { rows } = await db.run(sql`select hospitalcode as hcode from opdconfig`);
  const codes = rows.map((row) => String(row.hcode ?? '').trim());
  if (codes.includes(hcode)) {
    return [{ check: 'his-hcode', level: 'ok', message: `opdconfig says hospital ${hcode}` }];
  }
  const said = codes.length === 0 ? 'opdconfig is empty' : `opdconfig says hospital ${codes.join(', ')}`;
  return [
    {
      check: 'his-hcode',
      level: 'fail',
      message: `${said}, the configuration says ${hcode}: codes would be asked for another hospital`,
      fix: 'Correct hcode or his.url of this site.',
    },
  ];
}

async function checkClock(db: SqlDatabase): Promise<Finding[]> {
  const asked = Date.now();
  const { rows } = await db.run(sql`select ${db.dialect.epochMs} as now`);
  const here = (asked + Date.now()) / 2;
  const off = Math.round(Number(rows[0]?.now) - here);
  const seconds = Math.round(Math.abs(off) / 1000);
  const findings: Finding[] =
    Math.abs(off) <= CLOCK_WARN_MS
      ? [{ check: 'his-clock', level: 'ok', message: `the database's clock agrees (${seconds} s apart)` }]
      : [
          {
            check: 'his-clock',
            level: Math.abs(off) > CLOCK_FAIL_MS ? 'fail' : 'warn',
            message: `the database's clock is ${seconds} s ${off > 0 ? 'ahead of' : 'behind'} this machine's`,
            fix: 'Set both machines to the same time server (NTP).',
          },
        ];
  if (db.dialect.name === 'mysql') findings.push(...(await checkZone(db)));
  return findings;
}

/** HOSxP takes the visit's time from the server on some machines; a server on UTC would put visits 7 hours early. */
async function checkZone(db: SqlDatabase): Promise<Finding[]> {
  const { rows } = await db.run(
    sql`select timestampdiff(minute, utc_timestamp(), now()) as minutes, @@session.time_zone as zone`,
  );
  const minutes = Number(rows[0]?.minutes);
  if (Math.abs(minutes - 420) <= 1) return [];
  return [
    {
      check: 'his-time-zone',
      level: 'warn',
      message: `the database server's local time is UTC${minutes < 0 ? '−' : '+'}${Math.abs(minutes) / 60}, not Thailand's`,
      fix: 'See that vstdate and vsttime of a new visit are Thai time; if not, set the server to Asia/Bangkok.',
    },
  ];
}
