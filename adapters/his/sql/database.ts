/**
 * A HIS's SQL database as the adapters use it: one statement at a time, parameters bound, errors of the bridge's own
 * family. Kysely only writes the SQL (`sql` templates, compiled for the engine); the drivers are called here, because
 * three things must be in our hands: limits of the session, a deadline that also holds on a half-open connection, and
 * the number of rows that an UPDATE met.
 *
 * `mysql.ts`, `postgres.ts`, `mssql.ts` and `pglite.ts` are sisters. SQL Server (`mssql.ts`) serves the `query` kind alone: a request
 * time-out on this side limits a statement, `LOCK_TIMEOUT` the wait for a lock; it refuses a value that is too long.
 *
 * | | MariaDB, MySQL | PostgreSQL | PGlite (in process) |
 * |---|---|---|---|
 * | limit of a statement | `max_statement_time` / `max_execution_time` | `statement_timeout` | none |
 * | limit of waiting for a lock | `lock_wait_timeout`, `innodb_lock_wait_timeout` | `lock_timeout` | single connection |
 * | transactions | not on MyISAM: never relied on | yes; autocommit is used | as PostgreSQL |
 * | a value too long for its column | refused (strict mode is set for the session) | refused | refused |
 */

import type { CompiledSql, SqlDialect, SqlText } from './dialect.ts';

export type SqlRow = Record<string, unknown>;

export interface SqlResult {
  rows: SqlRow[];
  /** Rows that an UPDATE or INSERT met. */
  affected: number;
  /** Names of a SELECT's columns in their order, also when there is no row. Every server tells them. */
  columns?: readonly string[];
}

/** `run` throws BridgeError `his-unreachable`, `his-timeout`, `his-denied` or `his-schema`. */
export interface SqlDatabase {
  readonly dialect: SqlDialect;
  run(statement: SqlText | CompiledSql): Promise<SqlResult>;
  close(): Promise<void>;
}

/** A server with transactions, as far as its tables know them. */
export interface SqlServer extends SqlDatabase {
  /**
   * As `run`, for one statement that changes rows: undone as a whole when `isRight` says no to the number of rows that it met (not
   * on MyISAM, which has no transactions).
   */
  runIf(
    statement: SqlText | CompiledSql,
    isRight: (affected: number) => boolean,
    options?: TransactionOptions,
  ): Promise<SqlResult>;
}

export interface TransactionOptions {
  /** What it has looked at is still so when it is committed; else `his-timeout`, and the same may be tried again. */
  isSerializable?: boolean;
}

export interface SqlOptions {
  url: string;
  /** Most connections at a time. */
  connections: number;
  /** A statement that takes longer is given up. */
  statementTimeoutMs: number;
}

/**
 * How much longer than the server's own limit the bridge waits before it takes the connection for dead: a half-open
 * TCP connection never answers, so nothing but a clock on this side notices.
 */
export const DEADLINE_GRACE_MS = 1_000;

/** How long a new connection may take. */
export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Rejects with what `expired` returns when `work` has not ended in time. The time is counted in ticks, so that a
 * process that was itself too busy to look (or a laptop that slept) does not take it for the database's silence.
 */
export async function withDeadline<T>(ms: number, work: Promise<T>, expired: () => Error): Promise<T> {
  const ticks = 10;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    let passed = 0;
    timer = setInterval(() => {
      passed++;
      if (passed === ticks) reject(expired());
    }, ms / ticks);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearInterval(timer);
  }
}
