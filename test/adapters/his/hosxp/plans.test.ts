/** No query of the adapter ever reads `ovst` from end to end: read from the engines' own plans, on a big table. */

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLayout } from '../../../../adapters/his/hosxp/layout.ts';
import { VisitQuery } from '../../../../adapters/his/hosxp/visit-query.ts';
import type { SqlDatabase, SqlRow } from '../../../../adapters/his/sql/database.ts';
import type { SqlText } from '../../../../adapters/his/sql/dialect.ts';
import { openSql } from '../../../../adapters/his/sql/open.ts';
import { bulkLoad } from '../../../../simulators/his/hosxp/bulk.ts';
import { createSchema } from '../../../../simulators/his/hosxp/schema.ts';
import { openSimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith, type FreshDatabase, freshMariaDb, freshPostgres } from '../../../support/services.ts';
import { at, day, hisOptions } from './support.ts';

const VISITS = 100_000;
const PER_DAY = 500;
const DATE = '2026-06-30';
/** The queries' own day, with room for an optimiser's guess. */
const FEW = PER_DAY * 4;

/** The visits from 16:30 on, with the same room. */
const WINDOW = (PER_DAY / 20) * 4;
const SOME = ['690630163000', '690630163112', '690630163224', '690630163336', '690630163448'];

/** What every poll does: only the newest rows are looked at, whatever the day holds. */
const POLL: Record<string, (q: VisitQuery) => SqlText> = {
  'poll: new numbers': (q) => q.numbers(at(DATE, '16:30:00'), day(DATE)),
  'poll: their visits': (q) => q.byKeys(SOME),
};

const QUERIES: Record<string, (q: VisitQuery) => SqlText> = {
  ...POLL,
  'rows of the day': (q) => q.count(day(DATE)),
  'visits by time': (q) => q.ofDay(day(DATE), '16:30:00'),
  'whole day': (q) => q.ofDay(day(DATE)),
  digest: (q) => q.digests(day(DATE))[0] ?? sql``,
  'missing codes': (q) => q.withoutCode(day(DATE)),
  'visits without a date': (q) => q.strays(day(DATE)),
  'digest of those': (q) => q.digests(day(DATE))[1] ?? sql``,
  'one visit': (q) => q.byVn('690630080000'),
};

/** How the plan enters `ovst`: by which index, and how many rows it expects to look at. */
interface Entry {
  fullScan: boolean;
  index: string;
  rows: number;
}

function plansOf(
  fresh: () => Promise<FreshDatabase>,
  entryOf: (rows: SqlRow[]) => Entry,
  explain: SqlText,
): void {
  for (const timeIndex of [false, true]) {
    describe(timeIndex ? 'with an index on (vstdate, vsttime)' : 'with an index on vstdate only', () => {
      let database: FreshDatabase;
      let db: SqlDatabase;
      let query: VisitQuery;

      beforeAll(async () => {
        database = await fresh();
        const sim = await openSimDb(database.url);
        await createSchema(sim, { timeIndex });
        await bulkLoad(sim, { visits: VISITS, perDay: PER_DAY, lastDate: DATE, patients: 2000 });
        await sim.close();
        db = openSql(hisOptions({ url: database.url, statementTimeoutMs: 30_000 }));
        query = new VisitQuery(await readLayout(db, 'auth_code'), db.dialect);
      }, 180_000);

      afterAll(async () => {
        await db?.close();
        await database?.drop();
      }, 60_000);

      test.each(Object.keys(QUERIES))('%s', async (name) => {
        const statement = QUERIES[name]?.(query) ?? sql``;
        const { rows } = await db.run(sql`${explain} ${statement}`);
        const entry = entryOf(rows);
        expect(entry.fullScan, JSON.stringify(rows)).toBe(false);
        expect(entry.index).toMatch(/vstdate|ix_vn/);
        expect(entry.rows).toBeLessThan(name in POLL ? WINDOW : FEW);
      });

      test.each(['poll: new numbers', 'rows of the day'])('%s: the index answers alone', async (name) => {
        const { rows } = await db.run(sql`${explain} ${QUERIES[name]?.(query) ?? sql``}`);
        expect(JSON.stringify(rows)).toMatch(/Using index|Index Only Scan/);
      });

      test('the measure itself: a function over the date column would be seen as a full scan', async () => {
        const whole = sql`select o.vn from ovst o where concat(o.vstdate, ' ', o.vsttime) >= ${`${DATE} 16:30:00`}`;
        const { rows } = await db.run(sql`${explain} ${whole}`);
        expect(entryOf(rows).fullScan).toBe(true);
      });
    });
  }
}

describeWith('mariadb', 'query plans on MariaDB', (adminUrl) => {
  plansOf(() => freshMariaDb(adminUrl, 'tis620'), entryInMariaDb, sql`explain`);
});

describeWith('postgres', 'query plans on PostgreSQL', (adminUrl) => {
  plansOf(() => freshPostgres(adminUrl), entryInPostgres, sql`explain (format json)`);
});

function entryInMariaDb(rows: SqlRow[]): Entry {
  const row = rows.find((r) => r.table === 'o') ?? {};
  return {
    fullScan: ['ALL', 'index'].includes(String(row.type)),
    index: String(row.key),
    rows: Number(row.rows),
  };
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Plan Rows': number;
  Plans?: Node[];
}

function entryInPostgres(rows: SqlRow[]): Entry {
  const all = (rows as { 'QUERY PLAN': { Plan: Node }[] }[])
    .flatMap((r) => r['QUERY PLAN'])
    .flatMap((p) => flat(p.Plan));
  const scans = all.filter((n) => n['Relation Name'] === 'ovst');
  const indexes = all.filter((n) => n['Index Name']?.startsWith('ovst_ix'));
  return {
    fullScan: scans.length === 0 || scans.some((n) => n['Node Type'] === 'Seq Scan'),
    index: indexes.map((n) => n['Index Name']).join(' '),
    rows: Math.max(...scans.map((n) => n['Plan Rows'])),
  };
}

function flat(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}
