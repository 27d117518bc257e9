/**
 * What the files have said so far: one row a visit, the newest file's word. It is this bridge's own, on a local disk, and may be
 * lost: it is made again from the files. Each bridge on the folder has one; since a file's date decides, not when it was
 * read, all come to the same.
 */

import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type Instant, type ServiceDate, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Visit } from '../../../src/domain/visit.ts';

/** The order of files: the newer one wins, and of two of one moment the one whose name comes later. */
export interface FileOrder {
  /** When the file was last written, UTC epoch ms. */
  at: number;
  name: string;
}

/** A visit as the files tell of it: `code` is what the HIS has said, not what the bridge gave. Or that there is none any more. */
export type Told = { visit: Visit; hasTime: boolean } | { removed: string };

/** When a visit was last told of. */
export interface TellingOf {
  vn: string;
  toldAt: Instant;
}

interface Stored {
  json: string;
}

const VERSION = 1;
/** In the place of a visit. */
const REMOVED = '';

export class VisitIndex {
  readonly #file: string;
  readonly #db: Database.Database;
  readonly #sql: ReturnType<typeof statements>;

  /** Throws BridgeError `config` when the file cannot be used. One that is damaged, or of another version, is begun anew. */
  constructor(file: string) {
    this.#file = file;
    this.#db = open(file);
    this.#sql = statements(this.#db);
  }

  get file(): string {
    return this.#file;
  }

  /** The folder that the index is of: its name, and where it was; null while it is new. */
  get folder(): { id: string; path: string } | null {
    const { id, path } = this.#sql.folder.get() as { id: string | null; path: string | null };
    return id === null || path === null ? null : { id, path };
  }

  /** Keeps what it holds when only the place is another one, else forgets all. */
  begin({ id, path }: { id: string; path: string }): void {
    const isSame = this.folder?.id === id;
    this.#db.transaction(() => {
      if (!isSame) this.#db.exec('DELETE FROM visits; DELETE FROM files');
      this.#sql.about.run('folder', id);
      this.#sql.about.run('path', path);
    })();
  }

  hasRead(key: string): boolean {
    return this.#sql.hasRead.get(key) !== undefined;
  }

  /** `outcome`: `read` or `refused`. */
  markRead(key: string, outcome: string, now: Instant): void {
    this.#sql.markRead.run(key, outcome, now);
  }

  /** When a file was last read, and how many have been. */
  lastRead(): { files: number; at: Instant | null } {
    const row = this.#sql.lastRead.get() as { files: number; at: number | null };
    return row;
  }

  /**
   * Takes in rows of one file, in their order. A row of an older file than the one that spoke last changes nothing, nor does one
   * that says the same. Returns how many visits are new or changed.
   */
  put(rows: readonly Told[], order: FileOrder, now: Instant): number {
    return this.#db.transaction(() => {
      let changed = 0;
      for (const row of rows) {
        const visit = 'visit' in row ? row.visit : null;
        const vn = 'visit' in row ? row.visit.vn : row.removed;
        const json = visit === null ? REMOVED : JSON.stringify(visit);
        const known = this.#sql.known.get(vn) as
          | { json: string; file_at: number; file_name: string }
          | undefined;
        if (known !== undefined && isOlder(order, { at: known.file_at, name: known.file_name })) continue;
        if (known?.json === json) {
          this.#sql.confirm.run(order.at, order.name, vn);
          continue;
        }
        const { revision } = this.#sql.nextRevision.get() as { revision: number };
        this.#sql.put.run({
          vn,
          // of no day; kept so that an older file does not bring it back
          date: visit?.serviceDate ?? `${serviceDateOf(now)} removed`,
          started: visit?.startedAt ?? 0,
          timed: 'visit' in row && row.hasTime ? 1 : 0,
          json,
          at: order.at,
          name: order.name,
          revision,
          now,
        });
        changed++;
      }
      return changed;
    })();
  }

  visit(vn: string): Visit | null {
    const row = this.#sql.known.get(vn) as Stored | undefined;
    return row === undefined || row.json === REMOVED ? null : (JSON.parse(row.json) as Visit);
  }

  count(date: ServiceDate): number {
    return (this.#sql.count.get(date) as { n: number }).n;
  }

  /** Moves with every change of the day's visits. */
  digest(date: ServiceDate): string {
    const { n, newest } = this.#sql.digest.get(date) as { n: number; newest: number | null };
    return `${n}/${newest ?? 0}`;
  }

  /** A page of the day's visits in order of time, beginning after the one given. */
  page(date: ServiceDate, after: { startedAt: Instant; vn: string } | null, size: number): Visit[] {
    const rows = this.#sql.page.all({
      date,
      started: after?.startedAt ?? Number.MIN_SAFE_INTEGER,
      vn: after?.vn ?? '',
      size,
    }) as Stored[];
    return rows.map((row) => JSON.parse(row.json) as Visit);
  }

  /** As `page`, of those that began at or after `from`, or have no time. */
  pageFrom(
    date: ServiceDate,
    from: Instant,
    after: { startedAt: Instant; vn: string } | null,
    size: number,
  ): Visit[] {
    const rows = this.#sql.pageFrom.all({
      date,
      from,
      started: after?.startedAt ?? Number.MIN_SAFE_INTEGER,
      vn: after?.vn ?? '',
      size,
    }) as Stored[];
    return rows.map((row) => JSON.parse(row.json) as Visit);
  }

  /** A page of the numbers of visits of the day that were told of, or changed, at or after `from`: from an index alone. */
  toldSince(date: ServiceDate, from: Instant, after: TellingOf | null, size: number): TellingOf[] {
    return this.#sql.toldSince.all({
      ...{ date, from, size },
      ...{ told: after?.toldAt ?? Number.MIN_SAFE_INTEGER, vn: after?.vn ?? '' },
    }) as TellingOf[];
  }

  /** Lets go of visits before the date, and of the names of files read before the instant. */
  forget(before: ServiceDate, readBefore: Instant): void {
    this.#sql.forgetVisits.run(before);
    this.#sql.forgetFiles.run(readBefore);
  }

  close(): void {
    this.#db.close();
  }
}

function isOlder(a: FileOrder, b: FileOrder): boolean {
  return a.at < b.at || (a.at === b.at && a.name < b.name);
}

function open(file: string): Database.Database {
  try {
    return prepare(file);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'SQLITE_CORRUPT' && code !== 'SQLITE_NOTADB') throw unusable(file, error);
  }
  try {
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    return prepare(file);
  } catch (error) {
    throw unusable(file, error);
  }
}

function prepare(file: string): Database.Database {
  const db = new Database(file, { timeout: 5_000 });
  try {
    db.pragma('journal_mode = WAL');
    // what a power cut takes is read again from the files
    db.pragma('synchronous = NORMAL');
    if (db.pragma('user_version', { simple: true }) !== VERSION) {
      db.exec(`
        BEGIN IMMEDIATE;
        DROP TABLE IF EXISTS visits;
        DROP TABLE IF EXISTS files;
        DROP TABLE IF EXISTS about;
        CREATE TABLE visits (
          vn TEXT PRIMARY KEY, date TEXT NOT NULL, started INTEGER NOT NULL, timed INTEGER NOT NULL, json TEXT NOT NULL,
          file_at REAL NOT NULL, file_name TEXT NOT NULL, revision INTEGER NOT NULL, told_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX visits_of_day ON visits (date, started, vn);
        CREATE INDEX visits_told ON visits (date, told_at);
        CREATE INDEX visits_changed ON visits (date, revision);
        CREATE INDEX visits_newest ON visits (revision);
        CREATE TABLE files (key TEXT PRIMARY KEY, outcome TEXT NOT NULL, read_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        PRAGMA user_version = 1;
        COMMIT;
      `);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function statements(db: Database.Database) {
  return {
    folder: db.prepare(
      "SELECT (SELECT value FROM about WHERE name = 'folder') AS id, (SELECT value FROM about WHERE name = 'path') AS path",
    ),
    about: db.prepare(
      'INSERT INTO about (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    ),
    hasRead: db.prepare('SELECT 1 FROM files WHERE key = ?'),
    markRead: db.prepare(
      'INSERT INTO files (key, outcome, read_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET outcome = excluded.outcome',
    ),
    lastRead: db.prepare('SELECT count(*) AS files, max(read_at) AS at FROM files'),
    known: db.prepare('SELECT json, file_at, file_name FROM visits WHERE vn = ?'),
    confirm: db.prepare('UPDATE visits SET file_at = ?, file_name = ? WHERE vn = ?'),
    nextRevision: db.prepare('SELECT coalesce(max(revision), 0) + 1 AS revision FROM visits'),
    put: db.prepare(
      `INSERT INTO visits (vn, date, started, timed, json, file_at, file_name, revision, told_at)
       VALUES (@vn, @date, @started, @timed, @json, @at, @name, @revision, @now)
       ON CONFLICT (vn) DO UPDATE SET date = excluded.date, started = excluded.started, timed = excluded.timed,
         json = excluded.json, file_at = excluded.file_at, file_name = excluded.file_name,
         revision = excluded.revision, told_at = excluded.told_at`,
    ),
    count: db.prepare('SELECT count(*) AS n FROM visits WHERE date = ?'),
    digest: db.prepare('SELECT count(*) AS n, max(revision) AS newest FROM visits WHERE date = ?'),
    page: db.prepare(
      'SELECT json FROM visits WHERE date = @date AND (started, vn) > (@started, @vn) ORDER BY started, vn LIMIT @size',
    ),
    pageFrom: db.prepare(
      `SELECT json FROM visits WHERE date = @date AND (started, vn) > (@started, @vn)
         AND (started >= @from OR timed = 0) ORDER BY started, vn LIMIT @size`,
    ),
    toldSince: db.prepare(
      `SELECT vn, told_at AS toldAt FROM visits WHERE date = @date AND told_at >= @from AND (told_at, vn) > (@told, @vn)
         ORDER BY told_at, vn LIMIT @size`,
    ),
    forgetVisits: db.prepare('DELETE FROM visits WHERE date < ?'),
    forgetFiles: db.prepare('DELETE FROM files WHERE read_at < ?'),
  };
}

function unusable(file: string, cause: unknown): BridgeError {
  const why = (cause as { code?: string }).code ?? 'unexpected error';
  const next = 'his.index must be a folder on a local disk in which the bridge may write';
  return new BridgeError('config', `the index ${file} cannot be used (${why}): ${next}`, { retry: 'no' });
}
