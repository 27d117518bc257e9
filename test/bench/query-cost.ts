/** An adapter's own queries, run where the server counts what they cost. */

import mysql, { type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';
import type { QueryOptions } from '../../adapters/his/options.ts';
import { dayValues, stylesOf } from '../../adapters/his/query/day-values.ts';
import { readStatements } from '../../adapters/his/query/statements.ts';
import {
  type CompiledSql,
  mysqlDialect,
  postgresDialect,
  type SqlDialect,
  type SqlText,
} from '../../adapters/his/sql/dialect.ts';
import type { Layout } from '../../adapters/his/sql/layout.ts';
import { openSql } from '../../adapters/his/sql/open.ts';
import type { HisTables, VisitQueries } from '../../adapters/his/sql/tables.ts';
import { type Instant, type ServiceDate, serviceDateOf } from '../../src/domain/bangkok.ts';

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
  /** Reads the day whole, as the bridge does at its start; before the first poll. */
  learn(date: ServiceDate): Promise<void>;
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

/** The statements of an adapter's looks, with their values. */
interface Asked {
  numbers(from: Instant, until: ServiceDate): CompiledSql[];
  visits(keys: readonly string[]): CompiledSql[];
  count(date: ServiceDate): CompiledSql[];
  byTime(date: ServiceDate, from: string): CompiledSql[];
  digest(date: ServiceDate): CompiledSql[];
}

/** The schema must be there before the first query. */
export async function watchQueries<L extends Layout>(url: string, tables: HisTables<L>): Promise<Watched> {
  const meter = await meterOf(url);
  const queries = await queriesOf(url, tables, meter.dialect);
  const compiled = (...statements: readonly SqlText[]) => statements.map((one) => meter.dialect.compile(one));
  // as the bridge does at its start: what an adapter remembers of a day it learns there
  const learn = async (date: ServiceDate): Promise<void> => {
    for (const { sql, parameters } of compiled(queries.ofDay(date))) {
      tables.toVisits([...(await meter.rows(sql, parameters))], date);
    }
  };
  return watched(
    meter,
    {
      numbers: (from, until) => compiled(queries.numbers(from, until)),
      visits: (keys) => (keys.length === 0 ? [] : compiled(queries.byKeys(keys))),
      count: (date) => compiled(queries.count(date)),
      byTime: (date, from) => compiled(queries.ofDay(date, from)),
      digest: (date) => compiled(...queries.digests(date)),
    },
    learn,
  );
}

/** The SQL texts of a `query` configuration: each visit is looked at by itself. */
export async function watchStatements(options: QueryOptions): Promise<Watched> {
  const { newer, visit, visits } = readStatements(options);
  if (newer === null) throw new Error('expected a configuration with "newer"');
  const styles = stylesOf(options.dates);
  const at = (from: Instant) => dayValues(styles, serviceDateOf(from), from);
  return watched(await meterOf(options.url), {
    numbers: (from) => [newer.bind(at(from))],
    visits: (keys) => keys.map((vn) => visit.bind({ vn })),
    count: (date) => [visits.within(dayValues(styles, date), (q) => `select count(*) as n from ${q}`)],
    byTime: (date) => [visits.bind(dayValues(styles, date))],
    digest: (date) => [visits.bind(dayValues(styles, date))],
  });
}

function meterOf(url: string): Promise<Meter> {
  return /^(mysql|mariadb):/.test(url) ? onMariaDb(url) : onPostgres(url);
}

function watched(
  meter: Meter,
  asked: Asked,
  learn: (date: ServiceDate) => Promise<void> = async () => undefined,
): Watched {
  const cost = async (statements: readonly CompiledSql[]): Promise<QueryCost> => {
    const costs: QueryCost[] = [];
    for (const { sql, parameters } of statements) costs.push(await meter.cost(sql, parameters));
    return sum(costs);
  };
  const newRows = async (from: Instant, until: ServiceDate) => {
    const rows: Record<string, unknown>[] = [];
    for (const { sql, parameters } of asked.numbers(from, until))
      rows.push(...(await meter.rows(sql, parameters)));
    return rows;
  };
  return {
    learn,
    newKeys: async (from, until) => (await newRows(from, until)).map((row) => String(row.key ?? row.vn)),
    async poll(from, until, unsettled) {
      const found = (await newRows(from, until)).length;
      const numbers = await cost(asked.numbers(from, until));
      const visits = await cost(asked.visits(unsettled));
      return { ...sum([numbers, visits]), beyond: numbers.rowsRead - found };
    },
    count: (date) => cost(asked.count(date)),
    byTime: (date, from) => cost(asked.byTime(date, from)),
    digest: (date) => cost(asked.digest(date)),
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
  // what a bitmap's index names, its heap scan reads: once is enough
  if (!node['Node Type'].includes('Scan') || node['Node Type'] === 'Bitmap Index Scan') return below;
  return below + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
}
