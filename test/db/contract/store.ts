/** A store of a test's own, on either engine, that several ledgers may be opened on. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { type LedgerOptions, openLedger } from '../../../db/open-ledger.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import { freshPostgres } from '../../support/services.ts';

export interface TestStore {
  readonly store: string;
  /** One more ledger on the store, with its tables up to date; closed by `drop`. */
  open(options?: LedgerOptions): Promise<Ledger>;
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
  sql: (text: string) => Promise<unknown[]>,
  remove: () => Promise<void>,
): TestStore {
  const opened: Ledger[] = [];
  return {
    store,
    async open(options) {
      const ledger = await openLedger(store, options);
      opened.push(ledger);
      await ledger.migrate();
      return ledger;
    },
    sql: async <R>(text: string) => (await sql(text)) as R[],
    async drop() {
      await Promise.all(opened.map((ledger) => ledger.close()));
      await remove();
    },
  };
}
