/** An adapter's own queries, run where the server counts what they cost. */

import mysql, { type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';
import {
  mysqlDialect,
  postgresDialect,
  type SqlDialect,
  type SqlText,
} from '../../adapters/his/sql/dialect.ts';
import type { Layout } from '../../adapters/his/sql/layout.ts';
import { openSql } from '../../adapters/his/sql/open.ts';
import type { HisTables, VisitQueries } from '../../adapters/his/sql/tables.ts';
import type { Instant, ServiceDate } from '../../src/domain/bangkok.ts';

export interface QueryCost {
  /** The server's own time for the statement. */
  ms: number;
  /** Rows that it has looked at, in tables and indexes. */
  rowsRead: number;
}

export interface PollCost extends QueryCost {
  /** Of the two statements together; of the first one alone: entries it has looked at beyond those that it found. */
  beyond: number;
}

export interface Watched {
  /** The keys of what is new since `from`. */
  newKeys(from: Instant, until: ServiceDate): Promise<string[]>;
  /** What every poll asks: the numbers since `from`, and the visits of those that are not settled. */
  poll(from: Instant, until: ServiceDate, unsettled: readonly string[]): Promise<PollCost>;
  count(date: ServiceDate): Promise<QueryCost>;
  /** Visits of the date from a time of day on. */
  byTime(date: ServiceDate, from: string): Promise<QueryCost>;
  /** All statements of it together. */
  digest(date: ServiceDate): Promise<QueryCost>;
  close(): Promise<void>;
}

/** One server, where it is told what a statement costs. */
interface Meter {
  dialect: SqlDialect;
  cost(sql: string, parameters: readonly unknown[]): Promise<QueryCost>;
  rows(sql: string, parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  end(): Promise<void>;
}

/** The schema must be there before the first query. */
export async function watchQueries<L extends Layout>(url: string, tables: HisTables<L>): Promise<Watched> {
  const meter = /^(mysql|mariadb):/.test(url) ? await onMariaDb(url) : await onPostgres(url);
  let known: Promise<VisitQueries> | undefined;
  const compiled = async (of: (queries: VisitQueries) => SqlText) => {
    known ??= queriesOf(url, tables, meter.dialect);
    return meter.dialect.compile(of(await known));
  };
  const cost = async (of: (queries: VisitQueries) => SqlText): Promise<QueryCost> => {
    const { sql, parameters } = await compiled(of);
    return meter.cost(sql, parameters);
  };
  const newRows = async (from: Instant, until: ServiceDate) => {
    const { sql, parameters } = await compiled((q) => q.numbers(from, until));
    return meter.rows(sql, parameters);
  };
  return {
    newKeys: async (from, until) => (await newRows(from, until)).map((row) => String(row.key ?? row.vn)),
    async poll(from, until, unsettled) {
      const found = (await newRows(from, until)).length;
      const numbers = await cost((q) => q.numbers(from, until));
      const visits = unsettled.length === 0 ? NOTHING : await cost((q) => q.byKeys(unsettled));
      return { ...sum([numbers, visits]), beyond: numbers.rowsRead - found };
    },
    count: (date) => cost((q) => q.count(date)),
    byTime: (date, from) => cost((q) => q.ofDay(date, from)),
    async digest(date) {
      known ??= queriesOf(url, tables, meter.dialect);
      const costs: QueryCost[] = [];
      for (const statement of (await known).digests(date)) costs.push(await cost(() => statement));
      return sum(costs);
    },
    close: () => meter.end(),
  };
}

const NOTHING: QueryCost = { ms: 0, rowsRead: 0 };

function sum(costs: readonly QueryCost[]): QueryCost {
  return costs.reduce((a, b) => ({ ms: a.ms + b.ms, rowsRead: a.rowsRead + b.rowsRead }), NOTHING);
}

async function queriesOf<L extends Layout>(
  url: string,
  tables: HisTables<L>,
  dialect: SqlDialect,
): Promise<VisitQueries> {
  const db = openSql({ url, connections: 1, statementTimeoutMs: 30_000 });
  try {
    return tables.queries(await tables.readLayout(db), dialect);
  } finally {
    await db.close();
  }
}

async function onMariaDb(url: string): Promise<Meter> {
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4', dateStrings: true });
  await connection.query('SET SESSION profiling = 1, profiling_history_size = 1');
  const rows: Meter['rows'] = async (sql, parameters) => {
    const [found] = await connection.execute<RowDataPacket[]>(sql, [...parameters] as string[]);
    return found;
  };
  return {
    dialect: mysqlDialect,
    rows,
    async cost(sql, parameters) {
      await connection.query('FLUSH STATUS');
      await rows(sql, parameters);
      const [[profile]] = await connection.query<RowDataPacket[]>('SHOW PROFILES');
      const [handlers] = await connection.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
      return {
        ms: Number(profile?.Duration) * 1000,
        rowsRead: handlers.reduce((total, row) => total + Number(row.Value), 0),
      };
    },
    end: () => connection.end(),
  };
}

async function onPostgres(url: string): Promise<Meter> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    dialect: postgresDialect,
    rows: async (sql, parameters) => (await client.query(sql, [...parameters])).rows,
    async cost(sql, parameters) {
      const { rows } = await client.query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`, [
        ...parameters,
      ]);
      const [explained] = (rows[0] as { 'QUERY PLAN': [Explained] })['QUERY PLAN'];
      return {
        ms: explained['Planning Time'] + explained['Execution Time'],
        rowsRead: rowsOf(explained.Plan),
      };
    },
    end: () => client.end(),
  };
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
  const below = (node.Plans ?? []).reduce((total, plan) => total + rowsOf(plan), 0);
  if (!node['Node Type'].includes('Scan')) return below;
  return below + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
}
