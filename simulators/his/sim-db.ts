/**
 * A simulated HIS's database, as little of one as the simulators need. Text is written once for every engine: `?`
 * stands for a parameter.
 */

import mysql from 'mysql2/promise';
import pg from 'pg';

export interface SimDb {
  readonly engine: 'mariadb' | 'postgres';
  /** Runs statements without parameters; several may stand in one text, parted by `;` at a line's end. */
  exec(sql: string): Promise<void>;
  query(sql: string, params?: readonly SimValue[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export type SimValue = string | number | null;

/** The part of an in-process PGlite that is used here. */
export interface PgliteLike {
  exec(sql: string): Promise<unknown>;
  query(sql: string, params?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Opens `mysql://`, `mariadb://` or `postgres://`, with the rights of the account in the URL. */
export async function openSimDb(url: string): Promise<SimDb> {
  return /^(mysql|mariadb):/.test(url) ? openMariaDb(url) : openPostgres(url);
}

/** Over a PGlite that somebody else opened, and closes. */
export function simDbOver(pglite: PgliteLike): SimDb {
  return {
    engine: 'postgres',
    exec: async (sql) => {
      await pglite.exec(sql);
    },
    query: async (sql, params = []) =>
      (await pglite.query(numbered(sql), [...params])).rows as Record<string, unknown>[],
    close: async () => undefined,
  };
}

async function openMariaDb(url: string): Promise<SimDb> {
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4', dateStrings: true });
  connection.on('error', () => undefined); // a server that goes away is told of by the next query
  // as HOSxP's own sessions: zero dates go in
  await connection.query("SET SESSION sql_mode = ''");
  return {
    engine: 'mariadb',
    exec: async (sql) => {
      for (const statement of sql.split(/;\s*$/m)) {
        if (statement.trim() !== '') await connection.query(statement);
      }
    },
    query: async (sql, params = []) => {
      const [rows] = await connection.query(sql, [...params]);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    },
    close: () => connection.end(),
  };
}

async function openPostgres(url: string): Promise<SimDb> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // a server that goes away is told of by the next query
  await client.connect();
  return {
    engine: 'postgres',
    exec: async (sql) => {
      await client.query(sql);
    },
    query: async (sql, params = []) => (await client.query(numbered(sql), [...params])).rows,
    close: () => client.end(),
  };
}

/** `?` as PostgreSQL wants it: `$1`, `$2`, … */
function numbered(sql: string): string {
  let n = 0;
  return sql.replace(/\?/g, () => `$${++n}`);
}
