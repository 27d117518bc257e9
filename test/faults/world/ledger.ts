/** Where the bridge keeps its ledger, and how it can be hurt: a locked file, a full disk, a cut line. */

import { mkdirSync, statfsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import type { Started } from '../../support/services/start.ts';
import { type FreshDatabase, freshPostgres } from '../../support/services.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import type { Setup } from '../setup.ts';
import { canMount, unmount } from './disk.ts';

export interface LedgerPlace {
  /** The bridge's `store`. */
  store: string;
  /** For the judge: by no proxy. */
  direct: string;
  proxy: TcpProxy | null;
  /** What a backup or an administrator does; returns what lets go. */
  lock(): Promise<() => Promise<void>>;
  /** Null where there is no disk of its own. */
  fillDisk: (() => Promise<() => Promise<void>>) | null;
  close(): Promise<void>;
}

export function openLedgerPlace(
  kind: Setup['ledger'],
  folder: string,
  postgres: Started,
): Promise<LedgerPlace> {
  return kind === 'sqlite' ? onDisk(folder) : onPostgres(postgres);
}

async function onDisk(folder: string): Promise<LedgerPlace> {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const isMounted = canMount(disk);
  const file = join(disk, 'bridge.db');
  const filler = join(disk, 'filler');
  return {
    store: `sqlite:${file}`,
    direct: `sqlite:${file}`,
    proxy: null,
    async lock() {
      const db = new Database(file, { timeout: 5_000 });
      db.exec('BEGIN IMMEDIATE');
      return async () => void db.close();
    },
    fillDisk: !isMounted
      ? null
      : async () => {
          const { bavail, bsize } = statfsSync(disk);
          const room = Buffer.alloc(Math.max(0, bavail * bsize));
          await writeFile(filler, room).catch((error: NodeJS.ErrnoException) => {
            // the ledger was quicker to take the rest: all the better
            if (error.code !== 'ENOSPC') throw error;
          });
          return () => rm(filler, { force: true });
        },
    async close() {
      if (isMounted) unmount(disk);
    },
  };
}

async function onPostgres(server: Started): Promise<LedgerPlace> {
  const database: FreshDatabase = await freshPostgres(server.url);
  const proxy = await TcpProxy.to(database.url);
  return {
    store: proxy.through(database.url),
    direct: database.url,
    proxy,
    async lock() {
      const client = new pg.Client({ connectionString: database.url });
      client.on('error', () => undefined); // the server may be killed while the lock is held
      await client.connect();
      await client.query('BEGIN');
      await client.query('LOCK TABLE authen_bridge.cases IN ACCESS EXCLUSIVE MODE');
      return () => client.end();
    },
    fillDisk: null,
    async close() {
      await proxy.close();
      await database.drop();
    },
  };
}
