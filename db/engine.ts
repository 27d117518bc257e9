/**
 * What the ledger asks of a database engine. Queries are built once with Kysely and run unchanged on both.
 *
 * A transaction is a **script**: a generator that yields queries and is handed their results. PostgreSQL's engine awaits
 * each answer; SQLite's runs the whole script without letting go of the event loop, so that a transaction is never open
 * while other code of the process runs, and many scripts share one fsync.
 */

import type { CompiledQuery, Expression, Kysely, QueryResult } from 'kysely';
import type { Instant } from '../src/domain/bangkok.ts';
import type { Finding } from '../src/service/ports/finding.ts';
import type { Tables } from './tables.ts';

/** Yields queries that need no answer of each other, and is handed their results. */
export type Script<T> = Generator<readonly CompiledQuery[], T, readonly QueryResult<unknown>[]>;

export interface Beside {
  /** 0 when there is none. */
  read(): Promise<number>;
  write(value: number): Promise<void>;
}

export interface Engine {
  /** Builds queries. It is not to be executed directly: `read` and `write` map errors and keep transactions short. */
  readonly db: Kysely<Tables>;
  read<O>(query: CompiledQuery<O>): Promise<O[]>;
  /** Runs a script in one transaction of its own; it may be run more than once, so it must have no side effects. */
  write<T>(script: () => Script<T>): Promise<T>;
  migrate(): Promise<void>;
  /** Names of the migrations that the store has not had yet. */
  pendingMigrations(): Promise<string[]>;
  /** Names where the tables stand, in a word that another copy of them, or the same made anew from a dump, does not bear. */
  place(): Promise<string>;
  /** A number kept beside the store, which does not come back with a backup of it; null where there is no such thing. */
  readonly beside: Beside | null;
  /**
   * The present, for a query that compares instants of several processes, epoch ms: a server's own clock, which all of them
   * share; where there is no server, and all share a machine, the caller's.
   */
  now(at: Instant): Expression<number>;
  /** Findings of this engine alone; what both share is in `check.ts`. */
  check(): Promise<Finding[]>;
  close(): Promise<void>;
}

/**
 * Runs queries inside a script, in their order; all their rows. PostgreSQL's engine sends them together and waits once.
 */
export function* ask<O>(queries: readonly CompiledQuery<O>[]): Script<O[]> {
  if (queries.length === 0) return [];
  return (yield queries).flatMap((result) => result.rows as O[]);
}

/** Runs queries inside a script, in their order; how many rows each has changed. */
export function* change(queries: readonly CompiledQuery[]): Script<number[]> {
  if (queries.length === 0) return [];
  return (yield queries).map((result) => Number(result.numAffectedRows ?? 0n));
}

/** A script of one changing query; how many rows it has changed. */
export function* changeOne(query: CompiledQuery): Script<number> {
  return (yield* change([query]))[0] ?? 0;
}
