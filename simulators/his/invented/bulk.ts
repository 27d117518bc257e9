/** Years of visits in a minute, made inside the database: for benches and for tests that look at query plans. */

import type { SimDb } from '../sim-db.ts';

export interface BulkOptions {
  /** Rows of `opd_visit` (and of `visit_right`) to add. */
  visits: number;
  /** How many visits a service date gets; at most 540. */
  perDay?: number;
  /** The last service date, `YYYY-MM-DD`; the rest are the days before it. */
  lastDate: string;
  patients?: number;
}

const CHUNK = 250_000;
const FIRST_PATIENT = 1_000_001;

export async function bulkLoad(db: SimDb, options: BulkOptions): Promise<void> {
  const { visits, perDay = 500, lastDate, patients = 20_000 } = options;
  const e = db.engine === 'mariadb' ? mariaDb : postgres;
  await db.query(
    `INSERT INTO person (hn, title_name, first_name, last_name, birth, gender, nation, tel_mobile)
      SELECT ${e.pad('s.n', 9)}, 'นาย', 'ทดสอบ', 'สมมุติ', '01/01/2523', 'ช', '99', concat('060', ${e.pad('s.n', 7)})
      FROM ${e.series(FIRST_PATIENT, FIRST_PATIENT + patients - 1)} s`,
  );
  for (let first = 0; first < visits; first += CHUNK) {
    const series = e.moments(e.series(first, Math.min(first + CHUNK, visits) - 1));
    const given = [lastDate, perDay, perDay, perDay];
    await db.query(
      `INSERT INTO opd_visit (visit_date, run_no, visit_no, visit_time, hn, visit_type, visit_state, right_code, dept_code)
        SELECT ${e.date}, s.run, concat(${e.reversed}, '-', ${e.pad('s.run', 4)}), ${e.time},
          ${e.pad(`${FIRST_PATIENT} + s.n % ${Number(patients)}`, 9)}, 'OPD', 'ปกติ', '89', '001' FROM ${series} s`,
      given,
    );
    await db.query(
      `INSERT INTO visit_right (visit_date, run_no, right_no, right_code, authen_no)
        SELECT ${e.date}, s.run, 1, '89', concat('PP', ${e.pad('s.n', 10)}) FROM ${series} s`,
      given,
    );
  }
  await db.exec(db.engine === 'mariadb' ? 'ANALYZE TABLE opd_visit, visit_right, person' : 'ANALYZE');
}

const DIGIT =
  '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';

const mariaDb = {
  pad: (value: string, width: number): string => `lpad(${value}, ${width}, '0')`,
  series: (first: number, last: number): string => {
    const places = [0, 1, 2, 3, 4, 5].map((p) => `p${p}.d * ${10 ** p}`).join(' + ');
    const tables = [0, 1, 2, 3, 4, 5].map((p) => `${DIGIT} p${p}`).join(' CROSS JOIN ');
    return `(SELECT ${first} + ${places} AS n FROM ${tables} HAVING n <= ${last})`;
  },
  /** Each row's day, its number of the day and its minute, from its number; visits stand from 07:00 on. */
  moments: (series: string): string =>
    `(SELECT n, date_sub(?, INTERVAL n DIV ? DAY) AS d, 1 + n MOD ? AS run, 420 + (n MOD ?) AS minute FROM ${series} q)`,
  date: "concat(date_format(s.d, '%d/%m/'), year(s.d) + 543)",
  reversed: "concat(year(s.d) + 543, date_format(s.d, '%m%d'))",
  time: "concat(lpad(s.minute DIV 60, 2, '0'), ':', lpad(s.minute MOD 60, 2, '0'))",
};

const postgres = {
  pad: (value: string, width: number): string => `lpad((${value})::text, ${width}, '0')`,
  series: (first: number, last: number): string => `(SELECT generate_series(${first}, ${last}) AS n)`,
  moments: (series: string): string =>
    `(SELECT n, ?::date - n / ?::int AS d, 1 + n % ?::int AS run, 420 + (n % ?::int) AS minute FROM ${series} q)`,
  date: "to_char(s.d, 'DD/MM/') || (extract(year FROM s.d)::int + 543)",
  reversed: "(extract(year FROM s.d)::int + 543) || to_char(s.d, 'MMDD')",
  time: "lpad((s.minute / 60)::text, 2, '0') || ':' || lpad((s.minute % 60)::text, 2, '0')",
};
