/** Puts a checked copy in the place of a SQLite ledger. What was there is kept under another name. */

import { closeSync, existsSync, openSync, readSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Instant } from '../../src/domain/bangkok.ts';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import { giveToOwnerOf } from '../files.ts';
import { markSetAside } from './backup.ts';
import { isBusy, isDamage, sqliteError } from './errors.ts';

/** SQLite's own files beside a ledger: left there, they would be taken for those of its successor. */
const COMPANIONS = ['', '-wal', '-shm', '-journal'];

/** What every SQLite file begins with. */
const HEAD = Buffer.from('SQLite format 3\0');

export interface PutInPlace {
  /** The copy, in the ledger's folder. */
  part: string;
  /** The ledger. */
  path: string;
  /** The name under which the present ledger is kept; nothing may stand there. */
  aside: string;
  at: Instant;
  /** Whether a bridge is at work, for a ledger that is too much damaged for SQLite to say who uses it. */
  isBridgeAtWork: () => Promise<boolean>;
}

/** Returns false when there was no ledger to keep. Throws BridgeError `conflict` while anybody uses the ledger. */
export async function putInPlace({ part, path, aside, at, isBridgeAtWork }: PutInPlace): Promise<boolean> {
  const present = existsSync(path) ? takeHold(path, at) : null;
  try {
    if (present === 'damaged' && (await isBridgeAtWork())) throw inUse(path);
    giveToOwnerOf(present === null ? dirname(path) : path, part);
    const kept = COMPANIONS.filter((end) => existsSync(path + end));
    try {
      for (const end of kept) renameSync(path + end, aside + end);
      renameSync(part, path);
    } catch (error) {
      for (const end of kept) if (existsSync(aside + end)) renameSync(aside + end, path + end);
      if (present instanceof Database) letGo(present);
      throw error;
    }
    return kept.length > 0;
  } finally {
    if (present instanceof Database) present.close();
  }
}

/**
 * The ledger, held so that nobody else can read or write it, and all of it in its one file. Only the last connection to a
 * ledger may end its log, so this tells truly whether another process has it open, be it asleep.
 */
function takeHold(path: string, at: Instant): Database.Database | 'damaged' {
  // SQLite would take its log away with a file that it does not know
  if (!isDatabase(path)) return 'damaged';
  let held: Database.Database | null = null;
  try {
    held = new Database(path, { fileMustExist: true, timeout: 1_000 });
    held.pragma('journal_mode = DELETE');
    markSetAside(held, at);
    held.exec('begin exclusive');
    return held;
  } catch (error) {
    held?.close();
    if (isBusy(error)) throw inUse(path);
    if (isDamage(error)) return 'damaged';
    throw sqliteError(error);
  }
}

function isDatabase(path: string): boolean {
  const head = Buffer.alloc(HEAD.length);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head);
  } finally {
    closeSync(fd);
  }
  return head.equals(HEAD);
}

/** It stays in use after all. */
function letGo(held: Database.Database): void {
  held.exec('rollback');
  markSetAside(held, null);
}

function inUse(path: string): BridgeError {
  const what = `${path} is in use: stop the bridge (and whatever else has it open), then restore again`;
  return new BridgeError('conflict', what, { retry: 'no' });
}
