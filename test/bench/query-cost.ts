/** The HOSxP adapter's own queries, run where the server counts what they cost. */

import mysql, { type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';
import { readLayout } from '../../adapters/his/hosxp/layout.ts';
import { VisitQuery } from '../../adapters/his/hosxp/visit-query.ts';
import {
  mysqlDialect,
  postgresDialect,
  type SqlDialect,
  type SqlText,
} from '../../adapters/his/sql/dialect.ts';
import { openSql } from '../../adapters/his/sql/open.ts';
import type { Instant, ServiceDate } from '../../src/domain/bangkok.ts';

export interface QueryCost {
  /** The server's own time for the statement. */
  ms: number;
  /** Rows that it has looked at, in tables and indexes. */
  rowsRead: number;
}

export interface Watched {
  /** What every poll asks: the numbers since `from`, and the visits of those that are not settled. */
  poll(from: Instant, until: ServiceDate, unsettled: readonly string[]): Promise<QueryCost>;
  count(date: ServiceDate): Promise<QueryCost>;
  /** Visits of the date from a time of day on. */
  byTime(date: ServiceDate, from: string): Promise<QueryCost>;
  digest(date: ServiceDate): Promise<QueryCost>;
  close(): Promise<void>;
}

type Costs = (sql: string, parameters: readonly unknown[]) => Promise<QueryCost>;

/** The schema must be there before the first query. */
export async function onMariaDb(url: string): Promise<Watched> {
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4', dateStrings: true });
  await connection.query('SET SESSION profiling = 1, profiling_history_size = 1');
  const costs: Costs = async (sql, parameters) => {
    await connection.query('FLUSH STATUS');
    await connection.execute(sql, [...parameters] as string[]);
    const [[profile]] = await connection.query<RowDataPacket[]>('SHOW PROFILES');
    const [handlers] = await connection.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
    return {
      ms: Number(profile?.Duration) * 1000,
      rowsRead: handlers.reduce((sum, row) => sum + Number(row.Value), 0),
    };
  };
  return watched(url, mysqlDialect, costs, () => connection.end());
}

export async function onPostgres(url: string): Promise<Watched> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const costs: Costs = async (sql, parameters) => {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`, [...parameters]);
    const [explained] = (rows[0] as { 'QUERY PLAN': [Explained] })['QUERY PLAN'];
    return {
      ms: explained['Planning Time'] + explained['Execution Time'],
      rowsRead: rowsOf(explained.Plan),
    };
  };
  return watched(url, postgresDialect, costs, () => client.end());
}

interface Explained {
  Plan: PlanNode;
  'Planning Time': number;
  'Execution Time': number;
}

interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: PlanNode[];
}

/** Rows that the scans of a plan have looked at; the counts in a plan are those of one loop. */
function rowsOf(node: PlanNode): number {
  const below = (node.Plans ?? []).reduce((sum, plan) => sum + rowsOf(plan), 0);
  if (!node['Node Type'].includes('Scan')) return below;
  return below + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
}

function watched(url: string, dialect: SqlDialect, costs: Costs, end: () => Promise<void>): Watched {
  let query: Promise<VisitQuery> | undefined;
  const costOf = async (of: (query: VisitQuery) => SqlText): Promise<QueryCost> => {
    query ??= visitQuery(url, dialect);
    const { sql, parameters } = dialect.compile(of(await query));
    return costs(sql, parameters);
  };
  return {
    async poll(from, until, unsettled) {
      const numbers = await costOf((q) => q.numbers(from, until));
      const rows = await costOf((q) => q.byKeys(unsettled));
      return { ms: numbers.ms + rows.ms, rowsRead: numbers.rowsRead + rows.rowsRead };
    },
    count: (date) => costOf((q) => q.count(date)),
    byTime: (date, from) => costOf((q) => q.ofDay(date, from)),
    digest: (date) => costOf((q) => q.digests(date)[0] ?? q.count(date)),
    close: end,
  };
}

async function visitQuery(url: string, dialect: SqlDialect): Promise<VisitQuery> {
  const db = openSql({ url, connections: 1, statementTimeoutMs: 30_000 });
  try {
    return new VisitQuery(await readLayout(db, 'auth_code'), dialect);
  } finally {
    await db.close();
  }
}
