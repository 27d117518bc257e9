/**
 * No query of the adapter reads the whole of a table that grows: read from PostgreSQL's own plans and counts of rows, on a
 * big table. A poll looks at rows of its window only.
 */

import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLayout } from '../../../../adapters/his/hospitalos/layout.ts';
import { VisitQuery } from '../../../../adapters/his/hospitalos/visit-query.ts';
import type { SqlDatabase } from '../../../../adapters/his/sql/database.ts';
import type { SqlText } from '../../../../adapters/his/sql/dialect.ts';
import { openSql } from '../../../../adapters/his/sql/open.ts';
import { bulkLoad } from '../../../../simulators/his/hospitalos/bulk.ts';
import { createSchema, seedReferenceData } from '../../../../simulators/his/hospitalos/schema.ts';
import { openSimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith, type FreshDatabase, freshPostgres } from '../../../support/services.ts';
import { at, day, HCODE, hisOptions } from './support.ts';

const VISITS = 100_000;
const PER_DAY = 500;
const DATE = '2026-06-30';
/** Of the 500 visits of the day those from 16:30 on: one each 72 seconds, until 17:00. */
const WINDOW = 25;

const KEYS = Array.from({ length: 5 }, (_, i) => `255${String(PER_DAY - 1 - i).padStart(10, '0')}`);

/** What is read, and how many rows of `t_visit` it may look at. */
const QUERIES: Record<string, [(q: VisitQuery) => SqlText | null, number]> = {
  'poll: new numbers': [(q) => q.numbers(at(DATE, '16:30:00'), day(DATE)), WINDOW],
  'poll: their visits': [(q) => q.byKeys(KEYS), KEYS.length],
  'rows of the day': [(q) => q.count(day(DATE)), PER_DAY],
  'visits by time': [(q) => q.ofDay(day(DATE), '16:30:00'), WINDOW],
  'whole day': [(q) => q.ofDay(day(DATE)), PER_DAY],
  digest: [(q) => q.digests(day(DATE))[0] ?? null, PER_DAY],
  'digest of strays': [(q) => q.digests(day(DATE))[1] ?? null, 0],
  'missing codes': [(q) => q.withoutCode(day(DATE)), PER_DAY],
  'visits without a time': [(q) => q.strays(day(DATE)), 0],
  // by its number, once more to see that it is no admission's, and by its key
  'one visit': [(q) => q.byVn('09999999899'), 3],
  'no visit': [(q) => q.byVn('no-such-vn'), 0],
};

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

describeWith('postgres', 'query plans at a HospitalOS', (adminUrl) => {
  let database: FreshDatabase;
  let db: SqlDatabase;
  let query: VisitQuery;
  beforeAll(async () => {
    database = await freshPostgres(adminUrl);
    const sim = await openSimDb(database.url);
    await createSchema(sim);
    await seedReferenceData(sim, { hcode: HCODE, hospitalName: 'โรงพยาบาลทดสอบ' });
    await bulkLoad(sim, { visits: VISITS, perDay: PER_DAY, lastDate: DATE, patients: 2000 });
    await sim.close();
    db = openSql(hisOptions({ url: database.url, statementTimeoutMs: 30_000 }));
    query = new VisitQuery(await readLayout(db), db.dialect);
  }, 180_000);
  afterAll(async () => {
    await db?.close();
    await database?.drop();
  }, 60_000);

  const nodesOf = async (statement: RawBuilder<unknown>): Promise<Node[]> => {
    const { rows } = await db.run(sql`explain (analyze, format json) ${statement}`);
    const flat = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flat)];
    return (rows as { 'QUERY PLAN': { Plan: Node }[] }[])
      .flatMap((r) => r['QUERY PLAN'])
      .flatMap((p) => flat(p.Plan));
  };

  test.each(Object.keys(QUERIES))('%s', async (name) => {
    const [of, most] = QUERIES[name] ?? [() => null, 0];
    const nodes = await nodesOf(of(query) ?? sql``);
    const growing = ['t_visit', 't_patient', 't_visit_payment', 't_nhso_authencode'];
    const whole = nodes.filter(
      (n) =>
        n['Node Type'] === 'Seq Scan' && growing.includes(n['Relation Name'] ?? '') && n['Actual Loops'] > 0,
    );
    expect(whole, JSON.stringify(nodes)).toEqual([]);
    const seen = nodes
      .filter((n) => n['Relation Name'] === 't_visit')
      .map((n) => {
        const dropped = (n['Rows Removed by Filter'] ?? 0) + (n['Rows Removed by Index Recheck'] ?? 0);
        return (n['Actual Rows'] + dropped) * n['Actual Loops'];
      });
    expect(seen.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(most);
    if (!/poll: their|one|no visit/.test(name)) {
      expect(nodes.map((n) => n['Index Name'])).toContain('visit_begin_visit_time');
    }
  });

  test('the measure itself: a function over the column would be seen as a full scan', async () => {
    const nodes = await nodesOf(
      sql`select visit_vn from t_visit where substr(visit_begin_visit_time, 1, 10) = ${'2569-06-30'}`,
    );
    expect(nodes.some((n) => n['Node Type'] === 'Seq Scan')).toBe(true);
  });

  test.each(['C', 'en-x-icu', 'th-x-icu'])(
    'a range of texts is a range of time, collated as %s',
    async (collation) => {
      const sim = await openSimDb(database.url);
      try {
        await sim.exec(
          `ALTER TABLE t_visit ALTER visit_begin_visit_time TYPE varchar(255) COLLATE "${collation}"`,
        );
        await sim.exec('ANALYZE t_visit');
        for (const [from, until] of [
          ['00:00:00', 500],
          ['07:00:00', 500],
          ['16:30:00', 25],
          ['16:30:01', 24],
          ['23:59:59', 0],
        ] as const) {
          const { rows } = await db.run(query.ofDay(day(DATE), from));
          expect(rows, from).toHaveLength(until);
        }
        const nodes = await nodesOf(query.numbers(at(DATE, '16:30:00'), day(DATE)));
        expect(nodes.map((n) => n['Index Name'])).toContain('visit_begin_visit_time');
      } finally {
        await sim.close();
      }
    },
  );
});
