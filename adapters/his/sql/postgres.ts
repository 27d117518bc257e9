/** PostgreSQL. */

import type { CustomTypesConfig, Pool, PoolClient } from 'pg';
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
import { type CompiledSql, postgresDialect, type SqlText } from './dialect.ts';
import { DUPLICATE_KEY, factsOf, hisError, isConnectionError, VALUE_TOO_LONG } from './errors.ts';

/** Wrong password, no such role, no privilege, read-only server. */
const ACCESS_DENIED = /^(28|42501|25006)/;
/** Statement or lock wait too long, deadlock, serialisation. */
const TOO_SLOW = /^(57014|55P03|40)/;
/** Connection gone, going down, starting up, out of room, trouble inside. */
const NOT_NOW = /^(08|57P|53|58|XX)/;
const TOO_LONG = '22001';
const DUPLICATE = '23505';
const BEGIN_SERIALIZABLE = 'BEGIN ISOLATION LEVEL SERIALIZABLE';

export function openPostgres(options: SqlOptions): SqlServer {
  return new PostgresDatabase(options);
}

class PostgresDatabase implements SqlServer {
  readonly dialect = postgresDialect;
  readonly #options: SqlOptions;
  readonly #timeoutMs: number;
  readonly #prepared = new WeakSet<PoolClient>();
  #pool: Promise<Pool> | null = null;

  constructor(options: SqlOptions) {
    this.#options = options;
    this.#timeoutMs = options.statementTimeoutMs;
  }

  run(statement: SqlText | CompiledSql): Promise<SqlResult> {
    const { sql, parameters } = this.dialect.compile(statement);
    return this.#with((client) => execute(client, sql, parameters));
  }

  runIf(
    statement: SqlText | CompiledSql,
    isRight: (affected: number) => boolean,
    { isSerializable = false }: TransactionOptions = {},
  ): Promise<SqlResult> {
    const { sql, parameters } = this.dialect.compile(statement);
    return this.#with(async (client) => {
      await client.query(isSerializable ? BEGIN_SERIALIZABLE : 'BEGIN');
      try {
        const result = await execute(client, sql, parameters);
        await client.query(isRight(result.affected) ? 'COMMIT' : 'ROLLBACK');
        return result;
      } catch (error) {
        // of a connection that is gone, or that its deadline has taken, this says nothing new
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  async #with(use: (client: PoolClient) => Promise<SqlResult>): Promise<SqlResult> {
    this.#pool ??= openPool(this.#options);
    let client: PoolClient;
    try {
      const pool = await this.#pool;
      client = await pool.connect();
    } catch (error) {
      throw postgresError(error);
    }
    let keep = false;
    try {
      const work = this.#prepare(client).then(() => use(client));
      const result = await withDeadline(this.#timeoutMs + DEADLINE_GRACE_MS, work, tooLate);
      keep = true;
      return result;
    } catch (error) {
      const { code } = factsOf(error);
      keep = /^[0-9A-Z]{5}$/.test(code) && !NOT_NOW.test(code);
      throw postgresError(error);
    } finally {
      client.release(!keep);
    }
  }

  async close(): Promise<void> {
    await (await this.#pool)?.end();
  }

  async #prepare(client: PoolClient): Promise<void> {
    if (this.#prepared.has(client)) return;
    for (const [name, value] of sessionSettings(this.#timeoutMs)) {
      await client.query('SELECT set_config($1, $2, false)', [name, value]);
    }
    this.#prepared.add(client);
  }
}

async function execute(client: PoolClient, sql: string, parameters: readonly unknown[]): Promise<SqlResult> {
  const { rows, rowCount, fields } = await client.query(sql, [...parameters]);
  return { rows, affected: rowCount ?? 0, columns: fields.map((field) => field.name) };
}

/** The driver is loaded when it is wanted: whose HIS is a MariaDB need not keep it in memory. */
async function openPool({ url, connections }: SqlOptions): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'authen-bridge',
    types: datesAsText(pg.types),
  });
  // A connection that the server closes is dropped from the pool, and the statement on it, if any, rejects; but
  // the event, unheard, would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** date, time, timestamp, timestamptz, timetz: the driver would make instants of them in this machine's zone. */
const DATES = [1082, 1083, 1114, 1184, 1266];

function datesAsText(types: CustomTypesConfig): CustomTypesConfig {
  return {
    getTypeParser: (oid, format) =>
      DATES.includes(oid) && format !== 'binary' ? (text: string) => text : types.getTypeParser(oid, format),
  };
}

/** Set by statement and not in the start-up packet, which connection poolers refuse. */
export function sessionSettings(timeoutMs: number): readonly (readonly [string, string])[] {
  return [
    ['statement_timeout', String(timeoutMs)],
    ['lock_timeout', String(timeoutMs)],
    ['default_transaction_isolation', 'read committed'],
    ['DateStyle', 'ISO'],
    // the day's rows are in memory; at the default of 4 a full read of the day scans the whole of `visit_pttype`
    ['random_page_cost', '1.1'],
  ];
}

function tooLate(): Error {
  return Object.assign(new Error('no answer within the time limit'), { code: 'DEADLINE' });
}

export function postgresError(error: unknown): BridgeError {
  const { code, message } = factsOf(error);
  if (code === 'DEADLINE') return hisError('his-timeout', code, message);
  if (code === TOO_LONG) return hisError('his-schema', VALUE_TOO_LONG, message);
  if (code === DUPLICATE) return hisError('his-schema', DUPLICATE_KEY, message);
  if (ACCESS_DENIED.test(code)) return hisError('his-denied', code, message);
  if (TOO_SLOW.test(code)) return hisError('his-timeout', code, message);
  if (NOT_NOW.test(code) || isConnectionError(code, message))
    return hisError('his-unreachable', code, message);
  return hisError('his-schema', code, message);
}
