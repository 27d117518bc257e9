/**
 * A copy of a SQLite ledger, also of one that a bridge works on: SQLite's online backup. The copy is one plain file that
 * bears a mark of what it is, so that a bridge that is started on it, however it got there, knows what it cannot know.
 */

import { closeSync, existsSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Instant } from '../../src/domain/bangkok.ts';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import { LINEAGE, type Lineage, parseLineage } from '../lineage.ts';
import { allMigrations } from '../migrations/all.ts';
import { isDamage, sqliteError } from './errors.ts';

export interface Copied {
  cases: number;
  /** The copy knows everything up to here. */
  knownTo: Instant;
}

/** Pages copied between two looks at the event loop: 4 MB. */
const PAGES = 1_000;

export interface CopyOptions {
  /** Now, for a ledger that is in use; null for a file that is no more: its newest line of history tells. */
  at: Instant | null;
  /** Told of how much is done, 0 to 1. */
  onProgress?: (share: number) => void;
}

/**
 * Copies the ledger at `path` to `part`, which must not exist, and checks the copy. The caller brings it to the disk and
 * gives it its name; when this throws, `part` may be there and is worth nothing.
 */
export async function copyLedger(path: string, part: string, options: CopyOptions): Promise<Copied> {
  if (!existsSync(path)) throw unfit(path, 'there is no such file');
  try {
    await copyPages(path, part, options.onProgress);
    return checkCopy(path, part, options.at);
  } catch (error) {
    throw told(error, path, part);
  }
}

function told(error: unknown, path: string, part: string): unknown {
  if (isDamage(error)) return unfit(path, 'it is no SQLite database, or a damaged one');
  const { code } = error as { code?: unknown };
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return unfit(part, 'the disk is full');
  const isFile = typeof code === 'string' && /^E[A-Z]+$/.test(code);
  return isFile ? unfit(part, `cannot be written (${code})`) : sqliteError(error);
}

async function copyPages(path: string, part: string, onProgress?: (share: number) => void): Promise<void> {
  // before SQLite makes it readable by all
  closeSync(openSync(part, 'wx', 0o600));
  const source = new Database(path, { fileMustExist: true, timeout: 5_000 });
  try {
    // one moment of the ledger, however long it takes: without this SQLite begins anew whenever the bridge writes
    source.exec('begin');
    source.prepare('select count(*) from sqlite_schema').get();
    await source.backup(part, {
      progress: ({ totalPages, remainingPages }) => {
        onProgress?.(totalPages === 0 ? 0 : 1 - remainingPages / totalPages);
        return PAGES;
      },
    });
    onProgress?.(1);
  } finally {
    source.close();
  }
}

function checkCopy(path: string, part: string, at: Instant | null): Copied {
  const copy = new Database(part);
  try {
    // one file, without a log beside it: it may lie on a disk that cannot be written
    copy.pragma('journal_mode = DELETE');
    const said = copy.pragma('integrity_check(1)', { simple: true });
    if (said !== 'ok') throw unfit(path, `it is damaged: ${String(said)}`);
    checkMigrations(copy, path);
    const knownTo = mark(copy, at);
    const cases = copy.prepare('select count(*) from visit_case').pluck().get() as number;
    return { cases, knownTo };
  } finally {
    copy.close();
  }
}

function checkMigrations(copy: Database.Database, path: string): void {
  const isLedger = copy.prepare(`select 1 from sqlite_schema where name = 'kysely_migration'`).get();
  if (isLedger === undefined) throw unfit(path, 'it is no ledger of the bridge');
  const known = Object.keys(allMigrations('sqlite'));
  const had = copy.prepare('select name from kysely_migration order by name').pluck().all() as string[];
  const newer = had.filter((name) => !known.includes(name));
  if (newer.length > 0) throw unfit(path, `a newer version of the bridge made it (${newer.join(', ')})`);
}

/** A copy of a copy knows no more than the first. */
function mark(copy: Database.Database, at: Instant | null): Instant {
  const recall = copy.prepare('select value from memory where name = ?').pluck();
  const kept = parseLineage((recall.get(LINEAGE) as string | undefined) ?? null);
  const newest = copy.prepare('select at from history order by seq desc limit 1').pluck();
  const knownTo = kept.backupAt ?? at ?? (newest.get() as number | undefined) ?? 0;
  remember(copy, { ...kept, backupAt: knownTo, setAsideAt: null });
  return knownTo;
}

/** Marks a ledger that another one replaces (null: not after all): a bridge that is started on it sees that. */
export function markSetAside(ledger: Database.Database, at: Instant | null): void {
  const hasMemory = ledger.prepare(`select 1 from sqlite_schema where name = 'memory'`).get() !== undefined;
  if (!hasMemory) return;
  const recall = ledger.prepare('select value from memory where name = ?').pluck();
  const kept = parseLineage((recall.get(LINEAGE) as string | undefined) ?? null);
  remember(ledger, { ...kept, setAsideAt: at });
}

function remember(ledger: Database.Database, lineage: Lineage): void {
  ledger
    .prepare(
      'insert into memory (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
    )
    .run(LINEAGE, JSON.stringify(lineage));
}

function unfit(path: string, why: string): BridgeError {
  return new BridgeError('bad-input', `${path}: ${why}`, { retry: 'no' });
}
