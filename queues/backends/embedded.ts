/**
 * The default when nothing is configured: BullMQ's PostgreSQL back-end on a PGlite inside this process. No server to
 * install, no port. In memory only: PGlite knows neither fsync nor a lock on its folder, and the ledger rebuilds the
 * queue at start (rule 6).
 */

import type { PGlite } from '@electric-sql/pglite';
import { runMigrations } from 'bullmq';
import { errorText } from '../../src/domain/bridge-error.ts';
import type { Finding } from '../../src/service/ports/finding.ts';
import type { Log } from '../../src/service/ports/log.ts';
import type { ErrorSink } from '../error-log.ts';
import type { Settings } from '../options.ts';
import type { Backend } from './backend.ts';
import { pglitePool } from './pglite-pool.ts';
import { poolBackend } from './pool-backend.ts';
import { preparedFile, preparedPglite } from './prepared-pglite.ts';

const SCHEMA = 'bullmq';

/** A queue is small: PGlite's usual 128 MB of page cache would only be held, never used. */
const SETTINGS = ['shared_buffers=8MB', 'wal_buffers=256kB', 'maintenance_work_mem=8MB'];

/** See `OpenBackend`. The URL says nothing more than `embedded`. */
export async function openEmbedded(_url: string, settings: Settings, report: ErrorSink): Promise<Backend> {
  const db = await makeDatabase(settings.log);
  return backendOn(db, settings, report, () => db.close());
}

/**
 * A new database in memory with BullMQ's tables. What is the same each time is kept beside what Node has compiled, where that
 * is kept.
 */
export async function makeDatabase(log: Pick<Log, 'debug'>): Promise<PGlite> {
  const file = preparedFile('queue', ['@electric-sql/pglite', 'bullmq']);
  const db = await preparedPglite(file, { options: { postgresqlconf: SETTINGS }, prepare }, log);
  await db.exec(`SET search_path TO ${SCHEMA}, public`);
  return db;
}

async function prepare(db: PGlite): Promise<void> {
  await runMigrations(pglitePool(db), SCHEMA);
}

/** @param end lets go of the database */
export function backendOn(
  db: PGlite,
  settings: Settings,
  report: ErrorSink,
  end: () => Promise<void>,
): Backend {
  return poolBackend(pglitePool(db), settings, report, {
    check: () => findings(db),
    end,
    canLose: false,
  });
}

async function findings(db: PGlite): Promise<Finding[]> {
  try {
    await db.query('SELECT 1');
  } catch (error) {
    const message = `The embedded queue does not answer: ${errorText(error)}.`;
    return [{ check: 'queue-reachable', level: 'fail', message, fix: 'Start the bridge again.' }];
  }
  return [
    { check: 'queue-reachable', level: 'ok', message: 'The queue runs inside the bridge (embedded).' },
    {
      check: 'queue-persistence',
      level: 'ok',
      message: 'The queue is in memory; it is rebuilt from the ledger at every start.',
    },
  ];
}
