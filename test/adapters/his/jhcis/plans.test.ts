/** What JHCIS's queries cost: rows and index entries that the server itself says it has read, on a big table. */

import { sql } from 'kysely';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLayout } from '../../../../adapters/his/jhcis/layout.ts';
import { NumberMark } from '../../../../adapters/his/jhcis/number-mark.ts';
import { VisitQuery } from '../../../../adapters/his/jhcis/visit-query.ts';
import { mysqlDialect, type SqlText } from '../../../../adapters/his/sql/dialect.ts';
import { openSql } from '../../../../adapters/his/sql/open.ts';
import { bulkLoad } from '../../../../simulators/his/jhcis/bulk.ts';
import { createSchema } from '../../../../simulators/his/jhcis/schema.ts';
import { openSimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith, type FreshDatabase, freshMariaDb } from '../../../support/services.ts';
import { at, day, HCODE } from '../support.ts';

const VISITS = 100_000;
const PER_DAY = 500;
const DATE = '2026-06-30';
/** One visit every 72 seconds: from 16:30 on there are so many. */
const WINDOW = 25;
const FROM = at(DATE, '16:30:00');
const SOME = ['99996', '99997', '99998', '99999', '100000'];
/** Looking for the place in an index, and past its end. */
const ENDS = 5;
/** Visit, person, right, title. */
const JOINED = 4;

interface Cost {
  read: number;
  /** How the plan enters `visit`. */
  type: string;
  key: string;
  extra: string;
}

describeWith('mariadb', 'the cost of a query on MariaDB', (adminUrl) => {
  describe.each([
    ['InnoDB', 'as counted'],
    ['MyISAM', 'as counted'],
    ['MyISAM', 'nobody has counted'],
  ] as const)('%s, %s', (storage, statistics) => {
    let database: FreshDatabase;
    let connection: Connection;
    let query: VisitQuery;
    let mark: NumberMark;

    beforeAll(async () => {
      database = await freshMariaDb(adminUrl, 'tis620');
      const sim = await openSimDb(database.url);
      await createSchema(sim, { storage });
      const analyze = statistics === 'as counted';
      // into a table that is not empty the rows go one by one, and MyISAM counts nothing
      if (!analyze) await sim.query('INSERT INTO visit (pcucode, visitno) VALUES (?, 0)', [HCODE]);
      await bulkLoad(sim, {
        ...{ visits: VISITS, pcucode: HCODE, perDay: PER_DAY, lastDate: DATE, people: 2000, analyze },
      });
      await sim.close();
      const db = openSql({ url: database.url, connections: 1, statementTimeoutMs: 30_000 });
      mark = new NumberMark();
      query = new VisitQuery(await readLayout(db), db.dialect, HCODE, mark);
      await db.close();
      connection = await mysql.createConnection({ uri: database.url, charset: 'utf8mb4', dateStrings: true });
    }, 180_000);

    afterAll(async () => {
      await connection?.end();
      await database?.drop();
    }, 60_000);

    async function costOf(statement: SqlText): Promise<Cost> {
      const { sql: text, parameters } = mysqlDialect.compile(statement);
      const values = [...parameters] as string[];
      const [plan] = await connection.query<RowDataPacket[]>(`EXPLAIN ${text}`, values);
      await connection.query('FLUSH STATUS');
      await connection.execute(text, values);
      const [status] = await connection.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
      const entry = plan.find((row) => row.table === 'v');
      return {
        read: status.reduce((sum, row) => sum + Number(row.Value), 0),
        type: String(entry?.type),
        key: String(entry?.key),
        extra: String(entry?.Extra),
      };
    }

    /** The bridge has been polling all day. */
    function remembered(): void {
      for (let n = 0; n < PER_DAY; n++) {
        mark.saw(VISITS - PER_DAY + 1 + n, at(DATE, '07:00:00') + n * 72_000);
      }
    }

    test('poll: the numbers of the window, and no row that is not of it', async () => {
      mark.readsDay(day(DATE));
      remembered();
      const { read, type, key } = await costOf(query.numbers(FROM, day(DATE)));
      expect([type, key]).toEqual(['range', 'PRIMARY']);
      expect(read).toBeLessThanOrEqual(WINDOW + ENDS);
    });

    test('poll of a bridge that has just begun: the numbers of the day, from its index', async () => {
      query.ofDay(day(DATE));
      const { read, type, key, extra } = await costOf(query.numbers(FROM, day(DATE)));
      expect([type, key]).toEqual(['range', 'visitdate']);
      expect(read).toBeLessThanOrEqual(PER_DAY + ENDS);
      if (storage === 'InnoDB') expect(extra).toContain('Using index');
    });

    test('poll: the visits that are not settled', async () => {
      const { read, key } = await costOf(query.byKeys(SOME));
      expect(key).toBe('PRIMARY');
      // filled up to eight; each looks for its person and its right
      expect(read).toBeLessThanOrEqual(8 * JOINED);
    });

    test('one visit', async () => {
      expect(await costOf(query.byVn('5'))).toMatchObject({ key: 'PRIMARY' });
      expect((await costOf(query.byVn('5'))).read).toBeLessThanOrEqual(JOINED);
    });

    test('rows of the day: as many entries of its index', async () => {
      const { read, type, key, extra } = await costOf(query.count(day(DATE)));
      expect([type, key]).toEqual(['range', 'visitdate']);
      expect(read).toBeLessThanOrEqual(PER_DAY + ENDS);
      if (storage === 'InnoDB') expect(extra).toContain('Using index');
    });

    const OF_THE_DAY: [string, (q: VisitQuery) => SqlText][] = [
      ['visits by time', (q) => q.ofDay(day(DATE), '16:30:00')],
      ['whole day', (q) => q.ofDay(day(DATE))],
      ['missing codes', (q) => q.withoutCode(day(DATE))],
      ['digest', (q) => q.digests(day(DATE))[0] ?? sql``],
    ];
    test.each(OF_THE_DAY)('%s: the day’s rows and what belongs to them', async (_, of) => {
      const { read, key } = await costOf(of(query));
      expect(key).toBe('visitdate');
      expect(read).toBeLessThanOrEqual(PER_DAY * JOINED + ENDS);
    });

    const STRAYS: [string, (q: VisitQuery) => SqlText][] = [
      ['visits without a date', (q) => q.strays(day(DATE))],
      ['digest of those', (q) => q.digests(day(DATE))[1] ?? sql``],
    ];
    test.each(STRAYS)('%s: only those, by the index', async (_, of) => {
      const { read, key } = await costOf(of(query));
      expect(key).toBe('visitdate');
      expect(read).toBeLessThanOrEqual(ENDS);
    });

    test('the measure itself: a function over the date column would be seen as a full scan', async () => {
      const { read, type } = await costOf(
        sql`select v.timestart from visit v where concat(v.visitdate, ' ', v.timestart) >= ${`${DATE} 16:30:00`}`,
      );
      expect(type).toBe('ALL');
      expect(read).toBeGreaterThan(VISITS);
    });
  });
});
