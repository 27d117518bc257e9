/**
 * SQL Server. It has been tried against no real server: what is certain of it is in `test/adapters/his/mssql.test.ts`.
 *
 * Reads are READ COMMITTED; where the database has READ_COMMITTED_SNAPSHOT they lock nothing, else they may wait for a
 * writer, as long as `LOCK_TIMEOUT` permits.
 */

import type { ConnectionPool, config, IRecordSet, IResult, ISqlType, Request, Transaction } from 'mssql';
import type { BridgeError } from '../../../src/domain/bridge-error.ts';
import {
  CONNECT_TIMEOUT_MS,
  DEADLINE_GRACE_MS,
  type SqlOptions,
  type SqlResult,
  type SqlRow,
  type SqlServer,
  type TransactionOptions,
  withDeadline,
} from './database.ts';
import { type CompiledSql, mssqlDialect, type SqlText } from './dialect.ts';
import { DUPLICATE_KEY, factsOf, hisError, isConnectionError, VALUE_TOO_LONG } from './errors.ts';

/** Login failed, no such database for it, no permission, read-only, password expired. */
const ACCESS_DENIED = [
  229, 230, 262, 297, 300, 916, 3906, 4060, 4064, 18452, 18456, 18470, 18486, 18487, 18488,
];
/** Deadlock, lock wait, snapshot conflict. */
const TOO_SLOW = [1204, 1205, 1222, 3960];
/** Out of room or memory, going down, starting up, not now. */
const NOT_NOW = [
  701, 802, 904, 921, 922, 923, 927, 1101, 1105, 6005, 9002, 10928, 10929, 17809, 18401, 40501, 40613,
];
/** Would be cut off. */
const TOO_LONG = [2628, 8152];
const DUPLICATE = [2601, 2627];

export function openMssql(options: SqlOptions): SqlServer {
  return new MssqlDatabase(options);
}

type Driver = typeof import('mssql');

class MssqlDatabase implements SqlServer {
  readonly dialect = mssqlDialect;
  readonly #options: SqlOptions;
  readonly #timeoutMs: number;
  #pool: Promise<{ driver: Driver; pool: ConnectionPool }> | null = null;

  constructor(options: SqlOptions) {
    this.#options = options;
    this.#timeoutMs = options.statementTimeoutMs;
  }

  run(statement: SqlText | CompiledSql): Promise<SqlResult> {
    return this.#inTime(async () => {
      const { driver, pool } = await this.#open();
      return this.#execute(driver, pool.request(), statement);
    });
  }

  runIf(
    statement: SqlText | CompiledSql,
    isRight: (affected: number) => boolean,
    { isSerializable = false }: TransactionOptions = {},
  ): Promise<SqlResult> {
    return this.#inTime(async () => {
      const { driver, pool } = await this.#open();
      const transaction: Transaction = pool.transaction();
      await (isSerializable ? transaction.begin(driver.ISOLATION_LEVEL.SERIALIZABLE) : transaction.begin());
      try {
        const result = await this.#execute(driver, transaction.request(), statement);
        await (isRight(result.affected) ? transaction.commit() : transaction.rollback());
        return result;
      } catch (error) {
        await transaction.rollback().catch(() => undefined);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    const opened = await this.#pool?.catch(() => null);
    await opened?.pool.close();
  }

  async #execute(driver: Driver, request: Request, statement: SqlText | CompiledSql): Promise<SqlResult> {
    const { sql, parameters } = this.dialect.compile(statement);
    parameters.forEach((value, i) => {
      request.input(String(i + 1), typeOf(driver, value), value);
    });
    // in the statement's own batch: a connection of the pool keeps no setting
    const result = (await request.query(`SET LOCK_TIMEOUT ${this.#timeoutMs}; ${sql}`)) as IResult<SqlRow>;
    const rows = result.recordset as IRecordSet<SqlRow> | undefined;
    return {
      rows: rows === undefined ? [] : rowsOf(driver, rows),
      affected: result.rowsAffected.at(-1) ?? 0,
      columns: rows === undefined ? [] : Object.keys(rows.columns),
    };
  }

  /** A failed attempt is forgotten, so that the next statement tries anew. */
  #open(): Promise<{ driver: Driver; pool: ConnectionPool }> {
    this.#pool ??= openPool(this.#options).catch((error: unknown) => {
      this.#pool = null;
      throw error;
    });
    return this.#pool;
  }

  async #inTime(work: () => Promise<SqlResult>): Promise<SqlResult> {
    try {
      return await withDeadline(CONNECT_TIMEOUT_MS + this.#timeoutMs + DEADLINE_GRACE_MS, work(), tooLate);
    } catch (error) {
      throw mssqlError(error);
    }
  }
}

/** The driver is loaded when it is wanted: whose HIS stands elsewhere need not keep it in memory. */
async function openPool(options: SqlOptions): Promise<{ driver: Driver; pool: ConnectionPool }> {
  const { default: driver } = await import('mssql');
  const pool = new driver.ConnectionPool(mssqlConfig(options));
  // a connection that the server closes would end the process, unheard
  pool.on('error', () => undefined);
  await pool.connect();
  return { driver, pool };
}

/**
 * `mssql://user:password@host:1433/database`, with `?encrypt=false` for servers without TLS 1.2, `?trustServerCertificate=true` for
 * one that has signed its certificate itself, `?instance=NAME` in the place of the port.
 */
export function mssqlConfig({ url, connections, statementTimeoutMs }: SqlOptions): config {
  const at = new URL(url);
  const is = (name: string, byDefault: boolean): boolean =>
    at.searchParams.has(name) ? at.searchParams.get(name) === 'true' : byDefault;
  const instanceName = at.searchParams.get('instance');
  return {
    server: at.hostname.replace(/^\[|\]$/g, ''),
    ...(at.port === '' ? {} : { port: Number(at.port) }),
    user: decodeURIComponent(at.username),
    password: decodeURIComponent(at.password),
    database: decodeURIComponent(at.pathname.slice(1)),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: statementTimeoutMs,
    pool: { max: connections, min: 0 },
    options: {
      encrypt: is('encrypt', true),
      trustServerCertificate: is('trustServerCertificate', false),
      ...(instanceName === null ? {} : { instanceName }),
      appName: 'authen-bridge',
      // a text such as 2026-11-28 is a date whatever language the login has
      dateFormat: 'ymd',
      useUTC: true,
      enableArithAbort: true,
      abortTransactionOnError: true,
    },
  };
}

/** Thai text travels as NVARCHAR. All else as VARCHAR: an index over a VARCHAR column is of no use to an NVARCHAR value. */
function typeOf(driver: Driver, value: unknown): ISqlType {
  return typeof value === 'string' && /[^\0-\x7f]/.test(value) ? driver.NVarChar(4000) : driver.VarChar(8000);
}

/** Dates and times as ISO text; the driver has read the wall clock of the server as if it were UTC. */
function rowsOf(driver: Driver, rows: IRecordSet<SqlRow>): SqlRow[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        if (!(value instanceof Date)) return [name, value];
        const iso = value.toISOString().replace('Z', '');
        const type = rows.columns[name]?.type;
        if (type === driver.Date) return [name, iso.slice(0, 10)];
        if (type === driver.Time) return [name, iso.slice(11)];
        return [name, `${iso.replace('T', ' ')}${type === driver.DateTimeOffset ? 'Z' : ''}`];
      }),
    ),
  );
}

function tooLate(): Error {
  return Object.assign(new Error('no answer within the time limit'), { code: 'DEADLINE' });
}

export function mssqlError(error: unknown): BridgeError {
  const { code, message } = factsOf(error);
  const number = numberOf(error);
  if (code === 'DEADLINE' || code === 'ETIMEOUT') return hisError('his-timeout', code, message);
  if (TOO_LONG.includes(number)) return hisError('his-schema', VALUE_TOO_LONG, message);
  if (DUPLICATE.includes(number)) return hisError('his-schema', DUPLICATE_KEY, message);
  if (ACCESS_DENIED.includes(number) || code === 'ELOGIN')
    return hisError('his-denied', String(number || code), message);
  if (TOO_SLOW.includes(number)) return hisError('his-timeout', String(number), message);
  if (
    NOT_NOW.includes(number) ||
    /^(ESOCKET|EINSTLOOKUP|ECONNCLOSED|ENOTOPEN|ENOCONN)$/.test(code) ||
    isConnectionError(code, message)
  ) {
    return hisError('his-unreachable', code, message);
  }
  return hisError('his-schema', String(number || code), message);
}

/** SQL Server's own number; of a failed login it stands on the error within. */
function numberOf(error: unknown): number {
  const { number, originalError } = error as { number?: unknown; originalError?: unknown };
  if (typeof number === 'number') return number;
  const within = originalError as { number?: unknown } | null | undefined;
  return typeof within?.number === 'number' ? within.number : 0;
}
