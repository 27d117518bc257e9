/** Kysely's SQLite dialect, with prepared statements kept and transactions that take the write lock at once. */

import type Database from 'better-sqlite3';
import { SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';

/** Lists of changing length make statements without end; past this many the oldest are forgotten. */
const KEPT = 300;

/** Preparing costs more than most queries do. */
export class StatementCache implements SqliteDatabase {
  readonly #file: Database.Database;
  readonly #kept = new Map<string, SqliteStatement>();

  constructor(file: Database.Database) {
    this.#file = file;
  }

  prepare(sql: string): SqliteStatement {
    const kept = this.#kept.get(sql);
    if (kept !== undefined) return kept;
    // a transaction that begins as a reader fails at once, without waiting, when it turns writer behind another one
    const statement: SqliteStatement = this.#file.prepare(sql === 'begin' ? 'begin immediate' : sql);
    this.#kept.set(sql, statement);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return statement;
  }

  clear(): void {
    this.#kept.clear();
  }

  close(): void {
    this.clear();
    this.#file.close();
  }
}

/** SQLite can undo DDL; Kysely's own adapter says that it cannot, and would migrate outside a transaction. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

export class LedgerSqliteDialect extends SqliteDialect {
  constructor(database: SqliteDatabase) {
    super({ database });
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}
