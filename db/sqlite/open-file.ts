/** Opens the SQLite file with the settings that the ledger depends on. */

import { closeSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { ledgerUnavailable } from '../errors.ts';
import { makeFolder } from '../files.ts';

/**
 * How long SQLite itself may wait for another process's lock, ms. It waits without letting go of the event loop, so
 * this is short; the engine tries again and again, and lets others go on in between.
 */
const BUSY_TIMEOUT_MS = 50;

export const IN_MEMORY = ':memory:';

/**
 * `path` is a file (made with its folder when absent, readable by its owner alone: it holds citizen ids) or `:memory:`.
 * Throws BridgeError `ledger-unavailable`.
 */
export function openFile(path: string): Database.Database {
  try {
    if (path !== IN_MEMORY) makePrivate(resolve(path));
    const db = new Database(path);
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.pragma('journal_mode = WAL');
    // a commit that was answered has reached the disk, also when the power goes: `wal-disk.ts` sees to it
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    // a photo that was deleted is not to be had out of the free pages, nor out of a backup made later
    db.pragma('secure_delete = ON');
    db.pragma('journal_size_limit = 67108864');
    return db;
  } catch (cause) {
    throw ledgerUnavailable(`cannot be opened at ${path}`, cause);
  }
}

function makePrivate(path: string): void {
  makeFolder(dirname(path));
  // SQLite gives its -wal and -shm files the mode of the main file
  closeSync(openSync(path, 'a', 0o600));
}
