/**
 * One process per spool: two would send the same reads and mix up their order.
 *
 * The lock is the operating system's, on a file in the folder, and it ends with its process, however that ends: there
 * is no stale lock to judge by process ids and clocks, and no race in taking one over. SQLite is what takes it, because
 * Node has no call for file locks and SQLite knows those of every system. The folder must be on a local disk.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { BridgeError } from '../../src/domain/bridge-error.ts';

const LOCK_FILE = 'lock';

/** Two that come at the same moment get in each other's way for an instant; neither must give up for that. */
const WAIT_MS = 500;

/** Locks in hand: one that nobody refers to would be closed by the garbage collector, and the lock with it. */
const held = new Set<Database.Database>();

/**
 * Takes the lock of a spool folder; the returned function gives it back. Throws BridgeError `conflict` (retry yes) while
 * another process holds it.
 */
export function lockSpool(folder: string): () => void {
  const file = open(path.join(folder, LOCK_FILE));
  try {
    // nothing is ever written to it: no journal, nothing to mend after a kill
    file.pragma('journal_mode = MEMORY');
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw unusable(folder, error);
    throw new BridgeError('conflict', `the spool ${folder} is in use by another reader on this machine`, {
      retry: 'yes',
      cause: error,
    });
  }
  held.add(file);
  return () => {
    held.delete(file);
    file.close();
  };
}

/**
 * Whether a process holds the lock now. Looking takes nothing away: a reader that starts at this very moment waits for an
 * instant at most. Throws BridgeError `config` when the folder may not be looked into.
 */
export function isSpoolLocked(folder: string): boolean {
  const name = path.join(folder, LOCK_FILE);
  if (!existsSync(name)) return false;
  let file: Database.Database | null = null;
  try {
    file = new Database(name, { readonly: true, fileMustExist: true, timeout: 0 });
    // any read of the file needs a lock that the holder's excludes
    file.pragma('schema_version');
    return false;
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return true;
    throw unusable(folder, error);
  } finally {
    file?.close();
  }
}

function open(file: string): Database.Database {
  try {
    return new Database(file, { timeout: WAIT_MS });
  } catch (error) {
    throw unusable(path.dirname(file), error);
  }
}

function unusable(folder: string, cause: unknown): BridgeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const next = `is it on a local disk, and may this user write there? If the file "${LOCK_FILE}" is damaged, remove it`;
  return new BridgeError('config', `the spool ${folder} cannot be locked (${why}): ${next}`, {
    retry: 'no',
    cause,
  });
}
