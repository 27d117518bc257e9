/** Years of visits in a minute, made inside the database: for benches and for tests that look at query plans. */

import type { SimDb } from '../sim-db.ts';

export interface BulkOptions {
  /** Rows of `ovst` (and of `visit_pttype`) to add. */
  visits: number;
  /** How many visits a service date gets; at most 36,000. */
  perDay?: number;
  /** The last service date, `YYYY-MM-DD`; the rest are the days before it. */
  lastDate: string;
  /** Rows of `patient`, numbered from 1,000,001. */
  patients?: number;
  /** Whether the visits hold codes already, as those of the past do. */
  withCodes?: boolean;
}

const CHUNK = 250_000;
const FIRST_PATIENT = 1_000_001;

export async function bulkLoad(db: SimDb, options: BulkOptions): Promise<void> {
  const { visits, perDay = 2000, lastDate, patients = 20_000, withCodes = true } = options;
  const sql = db.engine === 'mariadb' ? mariaDb : postgres;
  await db.query(sql.patients(patients), []);
  const step = Math.floor(36_000 / perDay);
  const code = withCodes ? sql.code : 'NULL';
  for (let first = 0; first < visits; first += CHUNK) {
    const last = Math.min(first + CHUNK, visits) - 1;
    const series = sql.series(first, last);
    await db.query(sql.ovst(series), [patients, lastDate, perDay, perDay, step]);
    await db.query(sql.visitPttype(series, code), [lastDate, perDay, perDay, step]);
  }
  await db.exec(db.engine === 'mariadb' ? 'ANALYZE TABLE ovst, visit_pttype, patient' : 'ANALYZE');
}

const DIGIT =
  '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';

const mariaDb = {
  series: (first: number, last: number): string => {
    const places = [0, 1, 2, 3, 4, 5].map((p) => `p${p}.d * ${10 ** p}`).join(' + ');
    const tables = [0, 1, 2, 3, 4, 5].map((p) => `${DIGIT} p${p}`).join(' CROSS JOIN ');
    return `(SELECT ${first} + ${places} AS n FROM ${tables} HAVING n <= ${last})`;
  },
  code: "concat('PP', lpad(s.n, 10, '0'))",
  /** Each row's day and second of the day, from its number. */
  moment: 'SELECT n, date_sub(?, INTERVAL n DIV ? DAY) AS d, sec_to_time(25200 + (n MOD ?) * ?) AS t FROM',
  vn: "concat(lpad((year(s.d) + 543) MOD 100, 2, '0'), date_format(s.d, '%m%d'), time_format(s.t, '%H%i%s'))",
  patients(count: number): string {
    return `INSERT INTO patient (hos_guid, hn, cid, pname, fname, lname, birthday, sex, mobile_phone_number, nationality)
      SELECT concat('{P', lpad(n, 35, '0'), '}'), lpad(n, 9, '0'), NULL, 'นาย', 'ทดสอบ', 'สมมุติ', '1980-01-01', '1',
        concat('060', lpad(n, 7, '0')), '99' FROM ${this.series(FIRST_PATIENT, FIRST_PATIENT + count - 1)} s`;
  },
  ovst(series: string): string {
    return `INSERT INTO ovst (hos_guid, vn, hn, vstdate, vsttime, pttype, main_dep, cur_dep, oqueue, staff)
      SELECT concat('{', lpad(s.n, 36, '0'), '}'), ${this.vn}, lpad(${FIRST_PATIENT} + s.n MOD ?, 9, '0'), s.d, s.t,
        '89', '001', '001', 1, 'clerk1' FROM (${this.moment} ${series} q) s`;
  },
  visitPttype(series: string, code: string): string {
    return `INSERT INTO visit_pttype (hos_guid, vn, pttype, pttype_number, auth_code)
      SELECT concat('{', lpad(s.n, 36, '0'), '}'), ${this.vn}, '89', 1, ${code} FROM (${this.moment} ${series} q) s`;
  },
};

const postgres = {
  series: (first: number, last: number): string => `generate_series(${first}, ${last})`,
  code: "'PP' || lpad(s.n::text, 10, '0')",
  moment:
    "SELECT n, ?::date - n / ?::int AS d, time '07:00:00' + make_interval(secs => (n % ?::int) * ?::int) AS t FROM",
  vn: "lpad(((extract(year FROM s.d)::int + 543) % 100)::text, 2, '0') || to_char(s.d, 'MMDD') || to_char(s.t, 'HH24MISS')",
  patients(count: number): string {
    return `INSERT INTO patient (hos_guid, hn, cid, pname, fname, lname, birthday, sex, mobile_phone_number, nationality)
      SELECT '{P' || lpad(n::text, 35, '0') || '}', lpad(n::text, 9, '0'), NULL, 'นาย', 'ทดสอบ', 'สมมุติ', '1980-01-01', '1',
        '060' || lpad(n::text, 7, '0'), '99' FROM ${this.series(FIRST_PATIENT, FIRST_PATIENT + count - 1)} n`;
  },
  ovst(series: string): string {
    return `INSERT INTO ovst (hos_guid, vn, hn, vstdate, vsttime, pttype, main_dep, cur_dep, oqueue, staff)
      SELECT '{' || lpad(s.n::text, 36, '0') || '}', ${this.vn}, lpad((${FIRST_PATIENT} + s.n % ?::int)::text, 9, '0'), s.d, s.t,
        '89', '001', '001', 1, 'clerk1' FROM (${this.moment} ${series} n) s`;
  },
  visitPttype(series: string, code: string): string {
    return `INSERT INTO visit_pttype (hos_guid, vn, pttype, pttype_number, auth_code)
      SELECT '{' || lpad(s.n::text, 36, '0') || '}', ${this.vn}, '89', 1, ${code} FROM (${this.moment} ${series} n) s`;
  },
};
