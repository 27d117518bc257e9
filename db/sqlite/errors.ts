/** better-sqlite3's errors in the bridge's words. */

import { isBridgeError } from '../../src/domain/bridge-error.ts';
import { ledgerUnavailable, notUnique, unfitValue } from '../errors.ts';

/** By SQLite's primary result code; an extended code begins with it. */
const UNAVAILABLE: readonly [code: string, what: string][] = [
  ['SQLITE_BUSY', 'is locked by another process'],
  ['SQLITE_LOCKED', 'is locked by another process'],
  ['SQLITE_FULL', 'cannot grow: the disk is full'],
  ['SQLITE_IOERR', 'cannot be read or written: disk error'],
  ['SQLITE_READONLY', 'is read-only'],
  ['SQLITE_CANTOPEN', 'cannot be opened'],
  ['SQLITE_PERM', 'cannot be opened: permission denied'],
  ['SQLITE_AUTH', 'cannot be opened: permission denied'],
  ['SQLITE_CORRUPT', 'is damaged: restore it from a backup'],
  ['SQLITE_NOTADB', 'is not a SQLite database'],
  ['SQLITE_NOMEM', 'is out of memory'],
  ['SQLITE_PROTOCOL', 'is locked by another process'],
];

/** No error of the driver leaves as it is; what is no driver's error (a fault of ours) comes back untouched. */
export function sqliteError(error: unknown): unknown {
  if (isBridgeError(error) || !(error instanceof Error)) return error;
  const code = (error as Error & { code?: unknown }).code;
  if (code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') {
    return notUnique(/UNIQUE constraint failed: (.*)$/.exec(error.message)?.[1] ?? '');
  }
  if (typeof code === 'string') {
    if (code.startsWith('SQLITE_CONSTRAINT')) return unfitValue(error);
    const known = UNAVAILABLE.find(([prefix]) => code.startsWith(prefix));
    if (known !== undefined) return ledgerUnavailable(known[1], error);
    if (/no such table/.test(error.message)) return ledgerUnavailable('has not been migrated yet', error);
    if (code.startsWith('SQLITE_')) return ledgerUnavailable(`refuses a query (${code})`, error);
  }
  if (/database connection is not open/.test(error.message)) return ledgerUnavailable('is closed', error);
  return error;
}

export function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'));
}

/** The file is no database any more, or a broken one. */
export function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB');
}
