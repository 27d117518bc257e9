import { sql } from 'kysely';
import type { Finding } from '../../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../database.ts';

/** How far the database's clock may be from the machine's: a warning, and the end of sense. */
const CLOCK_WARN_MS = 60_000;
const CLOCK_FAIL_MS = 5 * 60_000;

/** The server's clock, and its time zone where `times` (the columns that tell a visit's time) may be taken from it. */
export async function checkClock(db: SqlDatabase, times: string): Promise<Finding[]> {
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
  if (db.dialect.name === 'mysql') findings.push(...(await checkZone(db, times)));
  return findings;
}

/** A HIS takes the visit's time from the server on some machines; a server on UTC would put visits 7 hours early. */
async function checkZone(db: SqlDatabase, times: string): Promise<Finding[]> {
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
      fix: `See that ${times} of a new visit are Thai time; if not, set the server to Asia/Bangkok.`,
    },
  ];
}
