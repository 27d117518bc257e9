/** PostgreSQL. */

import type { Pool, PoolClient } from 'pg';
import type { BridgeError } from '../../../src/domain/bridge-error.ts';
import {
  CONNECT_TIMEOUT_MS,
  DEADLINE_GRACE_MS,
  type SqlDatabase,
  type SqlOptions,
  type SqlResult,
  withDeadline,
} from './database.ts';
import { type CompiledSql, postgresDialect, type SqlText } from './dialect.ts';
import { factsOf, hisError, isConnectionError, VALUE_TOO_LONG } from './errors.ts';

/** Wrong password, no such role, no privilege, read-only server. */
const ACCESS_DENIED = /^(28|42501|25006)/;
/** Statement or lock wait too long, deadlock, serialisation. */
const TOO_SLOW = /^(57014|55P03|40)/;
/** Connection gone, going down, starting up, out of room, trouble inside. */
const NOT_NOW = /^(08|57P|53|58|XX)/;
const TOO_LONG = '22001';

export function openPostgres(options: SqlOptions): SqlDatabase {
  return new PostgresDatabase(options);
}

class PostgresDatabase implements SqlDatabase {
  readonly dialect = postgresDialect;
  readonly #options: SqlOptions;
  readonly #timeoutMs: number;
  readonly #prepared = new WeakSet<PoolClient>();
  #pool: Promise<Pool> | null = null;

  constructor(options: SqlOptions) {
    this.#options = options;
    this.#timeoutMs = options.statementTimeoutMs;
  }

  async run(statement: SqlText | CompiledSql): Promise<SqlResult> {
    const { sql, parameters } = this.dialect.compile(statement);
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
      const work = this.#prepare(client).then(() => client.query(sql, [...parameters]));
      const { rows, rowCount } = await withDeadline(this.#timeoutMs + DEADLINE_GRACE_MS, work, tooLate);
      keep = true;
      return { rows, affected: rowCount ?? 0 };
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

/** The driver is loaded when it is wanted: whose HIS is a MariaDB need not keep it in memory. */
async function openPool({ url, connections }: SqlOptions): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'authen-bridge',
  });
  // A connection that the server closes is dropped from the pool, and the statement on it, if any, rejects; but
  // the event, unheard, would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
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
  if (ACCESS_DENIED.test(code)) return hisError('his-denied', code, message);
  if (TOO_SLOW.test(code)) return hisError('his-timeout', code, message);
  if (NOT_NOW.test(code) || isConnectionError(code, message))
    return hisError('his-unreachable', code, message);
  return hisError('his-schema', code, message);
}
