/** The ledger on SQLite: one connection, one file, scripts run in groups that share a transaction and its way to the disk. */

import { setTimeout as sleep } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { type CompiledQuery, type Expression, Kysely, type QueryResult, sql } from 'kysely';
import type { Instant } from '../../src/domain/bangkok.ts';
import type { Finding } from '../../src/service/ports/finding.ts';
import type { Beside, Engine, Script } from '../engine.ts';
import { ledgerUnavailable } from '../errors.ts';
import { pendingMigrations, runMigrations } from '../migrate.ts';
import type { Tables } from '../tables.ts';
import { besideFile } from './beside.ts';
import { checkDisk, checkIntegrity } from './check.ts';
import { LedgerSqliteDialect, StatementCache } from './dialect.ts';
import { isBusy, sqliteError } from './errors.ts';
import { IN_MEMORY, openFile } from './open-file.ts';
import { WalDisk } from './wal-disk.ts';

const LOCK_WAIT_MS = 10_000;
/** Scripts in one transaction: enough to share an fsync among all who wait, few enough (≈ 5 ms) to keep the loop free. */
const GROUP = 64;

interface Waiting {
  script: () => Script<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export class SqliteEngine implements Engine {
  readonly db: Kysely<Tables>;
  readonly beside: Beside | null;
  readonly #path: string;
  readonly #lockWaitMs: number;
  readonly #file: Database.Database;
  readonly #statements: StatementCache;
  /** Null in memory. */
  readonly #disk: WalDisk | null;
  #waiting: Waiting[] = [];
  #draining: Promise<void> | null = null;
  #closed = false;
  #integrity: readonly Finding[] | null = null;

  /** `lockWaitMs`: how long a write waits for another process that holds the file. */
  constructor(path: string, lockWaitMs = LOCK_WAIT_MS) {
    this.#path = path;
    this.#lockWaitMs = lockWaitMs;
    this.#file = openFile(path);
    this.#statements = new StatementCache(this.#file);
    this.#disk = path === IN_MEMORY ? null : new WalDisk(this.#file, path);
    this.beside = path === IN_MEMORY ? null : besideFile(path);
    this.db = new Kysely<Tables>({ dialect: new LedgerSqliteDialect(this.#statements) });
  }

  async read<O>(query: CompiledQuery<O>): Promise<O[]> {
    return this.#safely(() => this.#run(query).rows as O[]);
  }

  /**
   * Scripts that come in during one turn of the event loop run in one transaction. The one that fails is undone alone
   * and gets its own error.
   */
  write<T>(script: () => Script<T>): Promise<T> {
    if (this.#closed) return Promise.reject(ledgerUnavailable('is closed'));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ script, resolve: resolve as (value: unknown) => void, reject });
      this.#draining ??= this.#drain();
    });
  }

  async migrate(): Promise<void> {
    await this.#draining;
    // writes that come in now queue up behind the migration
    const migration = this.#retryWhileBusy(() => runMigrations(this.db, 'sqlite', null)).then(() =>
      this.#disk?.toDisk(),
    );
    const quiet = migration.catch(() => undefined);
    this.#draining = quiet.then(() => this.#drain());
    try {
      await migration;
    } catch (error) {
      throw sqliteError(error);
    }
  }

  async pendingMigrations(): Promise<string[]> {
    try {
      return await pendingMigrations(this.db, 'sqlite', null);
    } catch (error) {
      throw sqliteError(error);
    }
  }

  /** A file knows nothing of where it lies: what is kept beside it tells copies apart. */
  place(): Promise<string> {
    return Promise.resolve('');
  }

  now(at: Instant): Expression<number> {
    return sql.val(at);
  }

  async check(): Promise<Finding[]> {
    // once a process: it takes a while, and readiness asks every few seconds
    this.#integrity ??= checkIntegrity(this.#file, this.#path);
    return [...this.#integrity, ...(await checkDisk(this.#path))];
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#draining;
    this.#statements.clear();
    this.#disk?.close();
    this.#file.close();
  }

  async #drain(): Promise<void> {
    // what the rest of this turn has to write joins the group
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP);
      try {
        const settle = await this.#retryWhileBusy(() => this.#together(group));
        await this.#disk?.toDisk();
        for (const tell of settle) tell();
      } catch (error) {
        const shown = sqliteError(error);
        for (const one of group) one.reject(shown);
      }
      if (this.#waiting.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#draining = null;
  }

  /** One transaction, from begin to commit without a pause. What each caller is told, to be told after the commit. */
  #together(group: readonly Waiting[]): (() => void)[] {
    this.#do('begin immediate');
    try {
      const settle = this.#allOf(group) ?? group.map((one) => this.#attemptAlone(one));
      this.#do('commit');
      return settle;
    } catch (error) {
      if (this.#file.inTransaction) this.#do('rollback');
      throw error;
    }
  }

  /**
   * Without the savepoints, for which SQLite copies every page that is touched: hardly a group has one that fails. Null
   * when this one has; then nothing of it is done.
   */
  #allOf(group: readonly Waiting[]): (() => void)[] | null {
    try {
      return group.map((one) => this.#attempt(one));
    } catch (error) {
      if (!this.#file.inTransaction) throw error;
      this.#do('rollback');
      this.#do('begin immediate');
      return null;
    }
  }

  #attempt(one: Waiting): () => void {
    const value = this.#drive(one.script());
    return () => one.resolve(value);
  }

  #attemptAlone(one: Waiting): () => void {
    this.#do('savepoint one');
    try {
      const settle = this.#attempt(one);
      this.#do('release one');
      return settle;
    } catch (error) {
      // a full disk ends the whole transaction, and with it everybody's work
      if (!this.#file.inTransaction) throw error;
      this.#do('rollback to one');
      this.#do('release one');
      return () => one.reject(sqliteError(error));
    }
  }

  #do(sql: string): void {
    this.#statements.prepare(sql).run([]);
  }

  #drive<T>(script: Script<T>): T {
    let turn = script.next();
    while (!turn.done) turn = script.next(turn.value.map((query) => this.#run(query)));
    return turn.value;
  }

  #run(query: CompiledQuery): QueryResult<unknown> {
    const statement = this.#statements.prepare(query.sql);
    if (statement.reader) return { rows: statement.all(query.parameters) };
    return { rows: [], numAffectedRows: BigInt(statement.run(query.parameters).changes) };
  }

  async #retryWhileBusy<T>(work: () => T | Promise<T>): Promise<T> {
    const until = Date.now() + this.#lockWaitMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isBusy(error) || Date.now() > until) throw error;
        await sleep(5 + Math.random() * 20);
      }
    }
  }

  #safely<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error);
    }
  }
}
