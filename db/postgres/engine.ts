/** The ledger on PostgreSQL: a small pool, one connection a transaction. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type CompiledQuery, type Expression, Kysely, PostgresDialect, type QueryResult, sql } from 'kysely';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import type { Finding } from '../../src/service/ports/finding.ts';
import type { Engine, Script } from '../engine.ts';
import { ledgerUnavailable } from '../errors.ts';
import { pendingMigrations, runMigrations } from '../migrate.ts';
import { nameOf } from '../prepared.ts';
import type { Tables } from '../tables.ts';
import { checkServer } from './check.ts';
import { postgresError, stoodInTheWay } from './errors.ts';
import { type PostgresOptions, poolSettings } from './pool.ts';

/** Two writers that lock the same rows in a different order: the server undoes one of them, which then tries again. */
const TRIES = 5;

export class PostgresEngine implements Engine {
  readonly db: Kysely<Tables>;
  readonly beside = null;
  readonly #url: string;
  readonly #options: PostgresOptions;
  readonly #pool: Pool;
  #closing: Promise<void> | null = null;

  constructor(url: string, options: PostgresOptions) {
    this.#url = url;
    this.#options = options;
    this.#pool = openPool(poolSettings(url, options));
    this.db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) });
  }

  async read<O>(query: CompiledQuery<O>): Promise<O[]> {
    if (this.#closing !== null) throw ledgerUnavailable('is closed');
    try {
      const { rows } = await this.#pool.query(asStatement(query));
      return rows as O[];
    } catch (error) {
      throw postgresError(error);
    }
  }

  async write<T>(script: () => Script<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transaction(script);
      } catch (error) {
        if (!stoodInTheWay(error) || attempt === TRIES) throw postgresError(error);
        await sleep(Math.random() * 10 * 2 ** attempt);
      }
    }
  }

  async migrate(): Promise<void> {
    // connections of its own: building an index on a large table may take longer than the ledger's time limits
    const pool = openPool({ ...poolSettings(this.#url, this.#options), max: 2, ...NO_TIME_LIMIT });
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
    try {
      await runMigrations(db, 'postgres', this.#options.schema);
    } catch (error) {
      throw postgresError(error);
    } finally {
      await db.destroy();
    }
  }

  async pendingMigrations(): Promise<string[]> {
    try {
      return await pendingMigrations(this.db, 'postgres', this.#options.schema);
    } catch (error) {
      throw postgresError(error);
    }
  }

  /**
   * Tables that are made anew, from a dump or elsewhere, get another number; it stays when they are altered. A server that
   * was set back to a moment, or a replica that was made the primary, begins another timeline.
   */
  async place(): Promise<string> {
    const oid = sql<string>`'visit_case'::regclass::oid::text`;
    // some who run servers for others keep it to themselves
    const timeline = sql<string | null>`case when has_function_privilege('pg_control_checkpoint()', 'execute')
      then (select timeline_id::text from pg_control_checkpoint()) end`;
    const query = this.db.selectNoFrom([oid.as('oid'), timeline.as('timeline')]);
    const [row] = await this.read(query.compile());
    return `${row?.oid ?? ''}/${row?.timeline ?? ''}`;
  }

  /** Not the start of the transaction: the statement may have waited for a lock since. */
  now(): Expression<number> {
    return sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
  }

  async check(): Promise<Finding[]> {
    return checkServer(this.#pool);
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    return this.#closing;
  }

  async #transaction<T>(script: () => Script<T>): Promise<T> {
    if (this.#closing !== null) throw ledgerUnavailable('is closed');
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      const value = await drive(client, script());
      await client.query('commit');
      return value;
    } catch (error) {
      // when not even this works, the connection is thrown away and the server undoes the transaction by itself
      await client.query('rollback').catch((cause: Error) => {
        broken = cause;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/**
 * A connection that dies is replaced at the next query; the query on it, if there is one, tells. The event beside it,
 * unheard, would end the process: the pool hears it of idle connections only.
 */
function openPool(settings: PoolConfig): Pool {
  const pool = new Pool(settings);
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const NO_TIME_LIMIT = { statement_timeout: 0, query_timeout: 0, idle_in_transaction_session_timeout: 0 };

/** `begin` goes out with the first queries: one wait less. */
async function drive<T>(client: PoolClient, script: Script<T>): Promise<T> {
  let turn = script.next();
  let begun: Promise<unknown> = client.query('begin');
  while (!turn.done) {
    const [, ...results] = await together([begun, ...send(client, turn.value)]);
    begun = NOTHING;
    turn = script.next(results as QueryResult<unknown>[]);
  }
  await begun;
  return turn.value;
}

const NOTHING = Promise.resolve();

/**
 * Waits for all, also when one fails: those sent behind it fail as well ("transaction is aborted"), and the first is
 * the one that tells why.
 */
async function together(sent: readonly Promise<unknown>[]): Promise<unknown[]> {
  const ended = await Promise.allSettled(sent);
  return ended.map((e) => {
    if (e.status === 'rejected') throw e.reason;
    return e.value;
  });
}

/** Prepared queries that a connection has been told by name. */
const told = new WeakMap<PoolClient, Set<string>>();

/** The connection is pipelined: all of these are on their way before the first is answered. */
function send(client: PoolClient, queries: readonly CompiledQuery[]): Promise<QueryResult<unknown>>[] {
  const known = told.get(client) ?? new Set();
  told.set(client, known);
  const telling = new Set<string>();
  return queries.map(async (query) => {
    const statement = asStatement(query);
    const { name } = statement;
    // a name that is on its way to the server for the first time cannot be used again before it has arrived
    if (name !== undefined && telling.has(name)) delete statement.name;
    else if (name !== undefined && !known.has(name)) telling.add(name);
    const { rows, rowCount } = await client.query(statement);
    if (statement.name !== undefined) known.add(statement.name);
    return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
  });
}

function asStatement(query: CompiledQuery): { text: string; values: unknown[]; name?: string } {
  const name = nameOf(query);
  return { text: query.sql, values: [...query.parameters], ...(name === undefined ? {} : { name }) };
}
