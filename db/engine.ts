/**
 * What the ledger asks of a database engine. Queries are built once with Kysely and run unchanged on both.
 *
 * A transaction is a **script**: a generator that yields queries and is handed their results. PostgreSQL's engine awaits
 * each answer; SQLite's runs the whole script without letting go of the event loop, so that a transaction is never open
 * while other code of the process runs, and many scripts share one fsync.
 */

import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Finding } from '../src/service/ports/finding.ts';
import type { Tables } from './tables.ts';

// biome-ignore lint/suspicious/noExplicitAny: the result of a yielded query is typed by `ask`
export type Script<T> = Generator<CompiledQuery, T, QueryResult<any>>;

export interface Engine {
  /** Builds queries. It is not to be executed directly: `read` and `write` map errors and keep transactions short. */
  readonly db: Kysely<Tables>;
  read<O>(query: CompiledQuery<O>): Promise<O[]>;
  /** Runs a script in one transaction of its own; it may be run more than once, so it must have no side effects. */
  write<T>(script: () => Script<T>): Promise<T>;
  migrate(): Promise<void>;
  /** Names of the migrations that the store has not had yet. */
  pendingMigrations(): Promise<string[]>;
  /** Findings of this engine alone; what both share is in `check.ts`. */
  check(): Promise<Finding[]>;
  close(): Promise<void>;
}

/** Runs one query inside a script. */
export function* ask<O>(query: CompiledQuery<O>): Script<QueryResult<O>> {
  return yield query;
}

/** Runs one query inside a script; how many rows it changed. */
export function* change(query: CompiledQuery): Script<number> {
  const result = yield query;
  return Number(result.numAffectedRows ?? 0n);
}
