/** A store of a test's own, on either engine, that several ledgers may be opened on. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import type { Engine } from '../../../db/engine.ts';
import { ledgerOn } from '../../../db/ledger.ts';
import { type LedgerOptions, openLedger } from '../../../db/open-ledger.ts';
import { PostgresEngine } from '../../../db/postgres/engine.ts';
import type { Secrets } from '../../../db/secrets/secrets.ts';
import { SqliteEngine } from '../../../db/sqlite/engine.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import { freshPostgres } from '../../support/services.ts';

export interface TestStore {
  readonly store: string;
  /** One more ledger on the store, with its tables up to date; closed by `drop`. */
  open(options?: LedgerOptions): Promise<Ledger>;
  /** The same, with keys that a test hands out as it likes. */
  openWith(secrets: Secrets): Promise<Ledger>;
  /** Runs a statement behind the ledger's back. */
  sql<R>(text: string): Promise<R[]>;
  drop(): Promise<void>;
}

export type MakeStore = () => Promise<TestStore>;

export async function sqliteStore(): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  const path = join(folder, 'data', 'bridge.db');
  return storeOf(
    `sqlite:${path}`,
    () => new SqliteEngine(path),
    async (text) => {
      const db = new Database(path);
      try {
        const statement = db.prepare(text);
        if (statement.reader) return statement.all();
        statement.run();
        return [];
      } finally {
        db.close();
      }
    },
    async () => rmSync(folder, { recursive: true, force: true }),
  );
}

export function postgresStore(adminUrl: string): MakeStore {
  return async () => {
    const fresh = await freshPostgres(adminUrl);
    return storeOf(
      fresh.url,
      () => new PostgresEngine(fresh.url, { schema: 'authen_bridge', connections: 2 }),
      async (text) => {
        const client = new pg.Client({ connectionString: fresh.url });
        await client.connect();
        try {
          await client.query('set search_path to authen_bridge');
          return (await client.query(text)).rows;
        } finally {
          await client.end();
        }
      },
      () => fresh.drop(),
    );
  };
}

function storeOf(
  store: string,
  engine: () => Engine,
  sql: (text: string) => Promise<unknown[]>,
  remove: () => Promise<void>,
): TestStore {
  const opened: Ledger[] = [];
  const keep = async (ledger: Ledger): Promise<Ledger> => {
    opened.push(ledger);
    await ledger.migrate();
    return ledger;
  };
  return {
    store,
    open: async (options) => keep(await openLedger(store, options)),
    openWith: (secrets) => keep(ledgerOn(engine(), secrets)),
    sql: async <R>(text: string) => (await sql(text)) as R[],
    async drop() {
      await Promise.all(opened.map((ledger) => ledger.close()));
      await remove();
    },
  };
}
