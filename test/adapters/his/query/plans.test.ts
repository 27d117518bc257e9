/** The documented SELECTs at a hundred thousand visits: each enters by an index, and looks at no row that is not of its window. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { dayValues, stylesOf } from '../../../../adapters/his/query/day-values.ts';
import { readStatements } from '../../../../adapters/his/query/statements.ts';
import type { SqlServer } from '../../../../adapters/his/sql/database.ts';
import { openServer } from '../../../../adapters/his/sql/open.ts';
import { bulkLoad } from '../../../../simulators/his/invented/bulk.ts';
import { describeWith, type FreshDatabase, freshMariaDb, freshPostgres } from '../../../support/services.ts';
import { at, day } from '../support.ts';
import { type Invented, inventedHis, inventedOptions } from './support.ts';

const VISITS = 100_000;
const PER_DAY = 500;
const DATE = '2026-05-01';
/** 07:00 and on, one a minute: visits from 15:00 on. */
const WINDOW = 20;

function plans(fresh: () => Promise<FreshDatabase>): void {
  let his: Invented;
  let db: SqlServer;
  beforeAll(async () => {
    his = await inventedHis(await fresh());
    await bulkLoad(his.db, { visits: VISITS, perDay: PER_DAY, lastDate: DATE, patients: 2_000 });
    db = openServer({ url: his.url, connections: 1, statementTimeoutMs: 30_000 });
  }, 180_000);
  afterAll(async () => {
    await db?.close();
    await his?.drop();
  }, 60_000);

  /** Rows that the engine has handled for one run, as it counts them itself. */
  async function looked(name: 'visits' | 'visit' | 'newer'): Promise<{ examined: number; given: number }> {
    const options = inventedOptions(his.url);
    const statement = readStatements(options)[name];
    if (statement === null) throw new Error(`no ${name}`);
    const from = at(DATE, '15:00:00');
    const bound = statement.bind({
      ...dayValues(stylesOf(options.dates), day(DATE), from),
      vn: '25690501-0007',
    });
    if (db.dialect.name === 'mysql') {
      await db.run({ sql: 'flush status', parameters: [] });
      const { rows } = await db.run(bound);
      const status = await db.run({ sql: "show session status like 'Handler_read%'", parameters: [] });
      // what a range reads is counted by _next; _key is a jump into an index
      const counts = Object.fromEntries(
        status.rows.map((row) => [String(row.Variable_name), Number(row.Value)]),
      );
      return {
        examined: ['next', 'prev', 'rnd', 'rnd_next'].reduce(
          (sum, kind) => sum + (counts[`Handler_read_${kind}`] ?? 0),
          0,
        ),
        given: rows.length,
      };
    }
    const { rows } = await db.run({
      sql: `explain (analyze, format json) ${bound.sql}`,
      parameters: bound.parameters,
    });
    const [plan] = rows.flatMap((row) => row['QUERY PLAN'] as { Plan: PlanNode }[]);
    if (plan === undefined) throw new Error('no plan');
    const { Plan } = plan;
    const visits = flat(Plan).filter((node) => node['Relation Name'] === 'opd_visit');
    // small tables of names may be read whole
    const whole = flat(Plan).filter((node) => node['Node Type'] === 'Seq Scan');
    for (const node of whole) expect(node['Relation Name']).not.toMatch(/opd_visit|visit_right/);
    const examined = visits.reduce(
      (sum, node) => sum + node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0),
      0,
    );
    return { examined, given: Plan['Actual Rows'] };
  }

  test('newer: the numbers of the window and nothing else', async () => {
    const { examined, given } = await looked('newer');
    expect(given).toBe(WINDOW);
    expect(examined).toBeLessThanOrEqual(WINDOW + 2);
  });

  test('visits: the rows of the day and what belongs to them', async () => {
    const { examined, given } = await looked('visits');
    expect(given).toBe(PER_DAY);
    // MariaDB counts the end of each look into another table
    expect(examined).toBeLessThanOrEqual(PER_DAY * 5);
  });

  test('visit: one row', async () => {
    const { examined, given } = await looked('visit');
    expect(given).toBe(1);
    expect(examined).toBeLessThanOrEqual(5);
  });
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

function flat(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}

describeWith('mariadb', 'plans of the query kind on MariaDB', (adminUrl) =>
  plans(() => freshMariaDb(adminUrl, 'tis620')),
);
describeWith('postgres', 'plans of the query kind on PostgreSQL', (adminUrl) =>
  plans(() => freshPostgres(adminUrl)),
);
