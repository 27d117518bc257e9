/** What can be wrong with a SQLite file and the disk under it. */

import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import type { Finding } from '../../src/service/ports/finding.ts';
import { IN_MEMORY } from './open-file.ts';

const MB = 1024 * 1024;
/** Months of visits; below this somebody should look. */
const LOW_DISK = 500 * MB;
const NO_DISK = 20 * MB;
/** Past this size `quick_check`, which reads the whole file and holds the process meanwhile (≈ 1 s), is left out. */
const QUICK_CHECK_UP_TO = 256 * MB;

/** What may change while the process runs. */
export async function checkDisk(path: string): Promise<Finding[]> {
  if (path === IN_MEMORY) return [];
  return [await diskSpace(path), privacy(path, statSync(path).mode)];
}

/** Whether the file is whole. */
export function checkIntegrity(db: Database.Database, path: string): Finding[] {
  if (path !== IN_MEMORY && statSync(path).size > QUICK_CHECK_UP_TO) return [];
  const said = db.pragma('quick_check(1)', { simple: true });
  if (said === 'ok') {
    return [{ check: 'ledger-integrity', level: 'ok', message: 'the ledger’s file is whole' }];
  }
  return [
    {
      check: 'ledger-integrity',
      level: 'fail',
      message: `the ledger’s file is damaged: ${String(said)}`,
      fix: 'stop the bridge, keep the damaged file, and restore the last backup',
    },
  ];
}

async function diskSpace(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(dirname(resolve(path)));
  const free = bavail * bsize;
  const message = `${Math.floor(free / MB).toLocaleString('en')} MB free where the ledger lies`;
  if (free >= LOW_DISK) return { check: 'ledger-disk', level: 'ok', message };
  return {
    check: 'ledger-disk',
    level: free < NO_DISK ? 'fail' : 'warn',
    message,
    fix: 'make room on the disk',
  };
}

function privacy(path: string, mode: number): Finding {
  if (process.platform === 'win32' || (mode & 0o077) === 0) {
    return {
      check: 'ledger-private',
      level: 'ok',
      message: 'the ledger’s file can be read by its owner alone',
    };
  }
  return {
    check: 'ledger-private',
    level: 'warn',
    message: 'other users of this machine can read the ledger’s file, which holds citizen ids',
    fix: `chmod 600 ${path}*`,
  };
}
