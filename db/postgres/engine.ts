/** The ledger on PostgreSQL: a small pool, one connection a transaction. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type CompiledQuery, Kysely, PostgresDialect, type QueryResult } from 'kysely';
import { Pool, type PoolClient } from 'pg';
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
  readonly #url: string;
  readonly #options: PostgresOptions;
  readonly #pool: Pool;
  #closing: Promise<void> | null = null;

  constructor(url: string, options: PostgresOptions) {
    this.#url = url;
    this.#options = options;
    this.#pool = new Pool(poolSettings(url, options));
    // a connection that dies while it is idle is replaced at the next query, which then tells if there is trouble
    this.#pool.on('error', () => undefined);
    this.db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) });
  }

  async read<O>(query: CompiledQuery<O>): Promise<O[]> {
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
    const pool = new Pool({ ...poolSettings(this.#url, this.#options), max: 2, ...NO_TIME_LIMIT });
    pool.on('error', () => undefined);
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
      await client.query('begin');
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

const NO_TIME_LIMIT = { statement_timeout: 0, query_timeout: 0, idle_in_transaction_session_timeout: 0 };

async function drive<T>(client: PoolClient, script: Script<T>): Promise<T> {
  let turn = script.next();
  while (!turn.done) {
    const { rows, rowCount } = await client.query(asStatement(turn.value));
    const result: QueryResult<unknown> = { rows, numAffectedRows: BigInt(rowCount ?? 0) };
    turn = script.next(result);
  }
  return turn.value;
}

function asStatement(query: CompiledQuery) {
  const name = nameOf(query);
  return { text: query.sql, values: [...query.parameters], ...(name === undefined ? {} : { name }) };
}
