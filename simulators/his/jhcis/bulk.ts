/** Years of visits in a minute, made inside the database: for benches and for tests that look at query plans. */

import type { SimDb } from '../sim-db.ts';

export interface BulkOptions {
  /** Rows of `visit` to add, numbered from 1 in order of time; the database has none. */
  visits: number;
  /** The unit that they belong to. */
  pcucode: string;
  /** How many visits a service date gets; at most 36,000. */
  perDay?: number;
  /** The last service date, `YYYY-MM-DD`; the rest are the days before it. */
  lastDate: string;
  /** Rows of `person`, numbered from 1,000,001. */
  people?: number;
  /** False: the server has not counted what is in the tables, as nobody asks it to at most units. */
  analyze?: boolean;
}

const CHUNK = 250_000;
const FIRST_PERSON = 1_000_001;

export async function bulkLoad(db: SimDb, options: BulkOptions): Promise<void> {
  const { visits, pcucode, perDay = 2000, lastDate, people = 20_000, analyze = true } = options;
  await db.query(
    `INSERT INTO person (pcucodeperson, pid, prename, fname, lname, birth, sex, nation, mobile)
      SELECT ?, n, 'นาย', 'ทดสอบ', 'สมมุติ', '1980-01-01', '1', '99', concat('060', lpad(n, 7, '0'))
      FROM ${series(FIRST_PERSON, FIRST_PERSON + people - 1)} s`,
    [pcucode],
  );
  const step = Math.floor(36_000 / perDay);
  for (let first = 1; first <= visits; first += CHUNK) {
    const last = Math.min(first + CHUNK - 1, visits);
    await db.query(
      `INSERT INTO visit (pcucode, visitno, visitdate, pcucodeperson, pid, timestart, username, flagservice, dateupdate,
          rightcode, hosmain, hossub, claimcode_nhso)
        SELECT ?, s.n, s.d, ?, ${FIRST_PERSON} + s.n MOD ?, s.t, 'clerk1', '01', timestamp(s.d, s.t),
          '89', ?, ?, concat('PP', lpad(s.n, 10, '0'))
        FROM (SELECT n, date_sub(?, INTERVAL (? - n) DIV ? DAY) AS d,
            sec_to_time(25200 + ((n + ? - 1 - ? MOD ?) MOD ?) * ?) AS t
          FROM ${series(first, last)} q) s
        ORDER BY s.n`,
      [
        ...[pcucode, pcucode, people, pcucode, pcucode],
        ...[lastDate, visits, perDay, perDay, visits, perDay, perDay, step],
      ],
    );
  }
  if (analyze) await db.exec('ANALYZE TABLE visit, person');
}

const DIGIT =
  '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';

function series(first: number, last: number): string {
  const places = [0, 1, 2, 3, 4, 5].map((p) => `p${p}.d * ${10 ** p}`).join(' + ');
  const tables = [0, 1, 2, 3, 4, 5].map((p) => `${DIGIT} p${p}`).join(' CROSS JOIN ');
  return `(SELECT ${first} + ${places} AS n FROM ${tables} HAVING n <= ${last})`;
}
