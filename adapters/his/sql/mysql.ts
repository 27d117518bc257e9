/** MariaDB and MySQL. */

import type { FieldPacket, Pool, PoolConnection, QueryError, ResultSetHeader, RowDataPacket } from 'mysql2';
import type { BridgeError } from '../../../src/domain/bridge-error.ts';
import {
  CONNECT_TIMEOUT_MS,
  DEADLINE_GRACE_MS,
  type SqlOptions,
  type SqlResult,
  type SqlServer,
  type TransactionOptions,
  withDeadline,
} from './database.ts';
import { type CompiledSql, mysqlDialect, type SqlText } from './dialect.ts';
import { DUPLICATE_KEY, factsOf, hisError, isConnectionError, VALUE_TOO_LONG } from './errors.ts';

const UNKNOWN_VARIABLE = 1193;
const ACCESS_DENIED = [1044, 1045, 1130, 1142, 1143, 1227, 1251, 1290, 1370, 1698, 1836];
/** Statement or lock wait too long, deadlock (1467: while it waited for the table's next AUTO_INCREMENT), interrupted. */
const TOO_SLOW = [1205, 1213, 1317, 1467, 1969, 3024];
/** Going down, too many connections, killed, no room, blocked for a while. */
const NOT_NOW = [
  1021, 1030, 1037, 1038, 1040, 1041, 1053, 1114, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 1927, 4031,
];
const TOO_LONG = 1406;
const DUPLICATE = [1062, 1169, 1586];

export function openMysql(options: SqlOptions): SqlServer {
  return new MysqlDatabase(options);
}

class MysqlDatabase implements SqlServer {
  readonly dialect = mysqlDialect;
  readonly #options: SqlOptions;
  readonly #timeoutMs: number;
  /** The driver's connections whose session has its limits. */
  readonly #prepared = new WeakSet<object>();
  #pool: Promise<Pool> | null = null;

  constructor(options: SqlOptions) {
    this.#options = options;
    this.#timeoutMs = options.statementTimeoutMs;
  }

  run(statement: SqlText | CompiledSql): Promise<SqlResult> {
    const { sql, parameters } = this.dialect.compile(statement);
    return this.#with((connection) => execute(connection, sql, parameters));
  }

  runIf(
    statement: SqlText | CompiledSql,
    isRight: (affected: number) => boolean,
    { isSerializable = false }: TransactionOptions = {},
  ): Promise<SqlResult> {
    const { sql, parameters } = this.dialect.compile(statement);
    return this.#with(async (connection) => {
      if (isSerializable) await execute(connection, 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', []);
      await execute(connection, 'START TRANSACTION', []);
      try {
        const result = await execute(connection, sql, parameters);
        await execute(connection, isRight(result.affected) ? 'COMMIT' : 'ROLLBACK', []);
        return result;
      } catch (error) {
        // of a connection that is gone, or that its deadline has taken, this says nothing new
        await execute(connection, 'ROLLBACK', []).catch(() => undefined);
        throw error;
      }
    });
  }

  async #with(use: (connection: PoolConnection) => Promise<SqlResult>): Promise<SqlResult> {
    const connection = await this.#connection();
    let keep = false;
    try {
      const work = this.#prepared.has(connection)
        ? use(connection)
        : this.#prepare(connection).then(() => use(connection));
      const result = await withDeadline(this.#timeoutMs + DEADLINE_GRACE_MS, work, tooLate);
      keep = true;
      return result;
    } catch (error) {
      const { errno } = factsOf(error);
      keep = errno > 0 && !NOT_NOW.includes(errno);
      throw mysqlError(error);
    } finally {
      if (keep) connection.release();
      else connection.destroy();
    }
  }

  async close(): Promise<void> {
    const pool = await this.#pool;
    if (pool !== undefined && pool !== null) await new Promise((resolve) => pool.end(resolve));
  }

  async #connection(): Promise<PoolConnection> {
    this.#pool ??= openPool(this.#options);
    const pool = await this.#pool;
    const pending = new Promise<PoolConnection>((resolve, reject) =>
      pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error))),
    );
    try {
      // a server that accepts the connection and then says nothing outlasts the driver's own time-out
      return await withDeadline(CONNECT_TIMEOUT_MS + this.#timeoutMs, pending, tooLate);
    } catch (error) {
      // one that comes after the deadline goes back to the pool; one that fails after it has been told of already
      pending.then(
        (late) => late.release(),
        () => undefined,
      );
      throw mysqlError(error);
    }
  }

  async #prepare(connection: PoolConnection): Promise<void> {
    const seconds = Math.max(1, Math.ceil(this.#timeoutMs / 1000));
    await execute(connection, 'SET SESSION autocommit = 1', []);
    await execute(connection, 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', []);
    // a code that is too long is refused rather than cut off, on MyISAM too; zero dates may be compared with
    await execute(connection, "SET SESSION sql_mode = 'STRICT_ALL_TABLES'", []);
    await execute(
      connection,
      `SET SESSION lock_wait_timeout = ${seconds}, innodb_lock_wait_timeout = ${seconds}`,
      [],
    );
    try {
      await execute(connection, `SET SESSION max_statement_time = ${this.#timeoutMs / 1000}`, []);
    } catch (error) {
      if (factsOf(error).errno !== UNKNOWN_VARIABLE) throw error;
      // MySQL has another name for it, and only for SELECT
      await execute(connection, `SET SESSION max_execution_time = ${this.#timeoutMs}`, []);
    }
    this.#prepared.add(connection);
  }
}

/** The driver is loaded when it is wanted: whose HIS is a PostgreSQL need not keep it in memory. */
async function openPool({ url, connections }: SqlOptions): Promise<Pool> {
  const { default: mysql } = await import('mysql2');
  return mysql.createPool({
    uri: url,
    charset: 'utf8mb4',
    dateStrings: true,
    connectionLimit: connections,
    maxIdle: connections,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
  });
}

/** EXPLAIN and SHOW cannot be prepared on older servers; what has no parameters goes as plain text. */
function execute(
  connection: PoolConnection,
  sql: string,
  parameters: readonly unknown[],
): Promise<SqlResult> {
  return new Promise((resolve, reject) => {
    const done = (
      error: QueryError | null,
      answer: RowDataPacket[] | ResultSetHeader,
      fields?: FieldPacket[],
    ): void => {
      if (error !== null) reject(error);
      else if (!Array.isArray(answer)) resolve({ rows: [], affected: answer.affectedRows, columns: [] });
      else resolve({ rows: answer, affected: 0, columns: fields?.map((field) => field.name) ?? [] });
    };
    if (parameters.length === 0) connection.query(sql, done);
    else connection.execute(sql, [...parameters] as (string | null)[], done);
  });
}

function tooLate(): Error {
  return Object.assign(new Error('no answer within the time limit'), { code: 'DEADLINE' });
}

function mysqlError(error: unknown): BridgeError {
  const { code, errno, message } = factsOf(error);
  if (code === 'DEADLINE') return hisError('his-timeout', code, message);
  if (errno === TOO_LONG) return hisError('his-schema', VALUE_TOO_LONG, message);
  if (DUPLICATE.includes(errno)) return hisError('his-schema', DUPLICATE_KEY, message);
  if (ACCESS_DENIED.includes(errno)) return hisError('his-denied', code, message);
  if (TOO_SLOW.includes(errno)) return hisError('his-timeout', code, message);
  if (NOT_NOW.includes(errno) || isConnectionError(code, message)) {
    return hisError('his-unreachable', code, message);
  }
  return hisError('his-schema', code, message);
}
