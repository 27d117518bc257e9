/**
 * Brings SQLite's log (WAL) to the disk beside the event loop. With `synchronous = FULL` SQLite would wait for the disk
 * inside each commit, and the whole process with it: a millisecond on a good disk, thirty on an old one. So it is set to
 * NORMAL, where a commit ends in the system's memory (it outlives `kill -9`, though not a power cut, and is never torn),
 * and nobody is told of his commit before `toDisk` has ended. While the disk is busy, the next group gathers.
 */

import fs from 'node:fs';
import type Database from 'better-sqlite3';
import { ledgerUnavailable } from '../errors.ts';

export class WalDisk {
  readonly #db: Database.Database;
  readonly #path: string;
  #fd: number | null = null;
  #inDoubt = false;

  /** `path`: of the database; its log stands beside it once something was read or written. */
  constructor(db: Database.Database, path: string) {
    this.#db = db;
    this.#path = `${path}-wal`;
  }

  /** Whatever was committed before the call is on the disk when it ends. Throws BridgeError `ledger-unavailable`. */
  async toDisk(): Promise<void> {
    if (this.#inDoubt) return this.#startAfresh();
    try {
      // one file as long as a connection is open; Windows wants the right to write for this
      this.#fd ??= fs.openSync(this.#path, 'r+');
      await dataSync(this.#fd);
    } catch (cause) {
      this.#inDoubt = true;
      const code = (cause as NodeJS.ErrnoException).code ?? 'error';
      throw ledgerUnavailable(`cannot be brought to the disk (${code})`, cause);
    }
  }

  /** Before the database is closed, which removes the file. */
  close(): void {
    if (this.#fd !== null) fs.closeSync(this.#fd);
    this.#fd = null;
  }

  /**
   * After a failure the system may have forgotten what it still had to write, and a hole in the log would cost all that
   * follows. So everything goes into the database itself, and the log begins anew.
   */
  #startAfresh(): void {
    const [done] = this.#db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    if (done?.busy !== 0) throw ledgerUnavailable('is locked by another process');
    this.#inDoubt = false;
  }
}

function dataSync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
  });
}
