/**
 * BullMQ's own PostgreSQL back-end, for a hospital that has a PostgreSQL to look after but no Redis. All queues and
 * workers share one pool; each worker keeps one connection of it to hear of new jobs.
 */

import { MINIMUM_POSTGRES_VERSION, type PgPool, runMigrations } from 'bullmq';
import pg from 'pg';
import { BridgeError, errorText } from '../../src/domain/bridge-error.ts';
import type { Finding } from '../../src/service/ports/finding.ts';
import { type ErrorSink, secretsOf, withoutSecrets } from '../error-log.ts';
import { QUEUE_NAMES } from '../names.ts';
import type { Settings } from '../options.ts';
import { within } from '../within.ts';
import type { Backend } from './backend.ts';
import { notReached } from './not-reached.ts';
import { poolBackend } from './pool-backend.ts';

/** Where BullMQ keeps its tables. */
const SCHEMA = 'bullmq';
/** Connections beside those that listen. More bring no more jobs a second, they wait for each other's commits. */
const WORKING_CONNECTIONS = 8;
/** A connection that says nothing for this long while a query waits is dead (a cable, a firewall), ms. */
const SILENCE_MS = 30_000;

/** How long connections may take to be given back at the end, ms. */
const LETTING_GO_MS = 2_000;

/** SQLSTATE: wrong password, not let in by pg_hba.conf, no such database. */
const REFUSALS: ReadonlySet<string> = new Set(['28P01', '28000', '3D000']);

/** See `OpenBackend`. `url`: `postgres://` or `postgresql://`. */
export async function openPostgres(url: string, settings: Settings, report: ErrorSink): Promise<Backend> {
  const pool = new pg.Pool({
    connectionString: url,
    max: QUEUE_NAMES.length + WORKING_CONNECTIONS,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    keepAlive: true,
    query_timeout: SILENCE_MS,
    options: `-c search_path=${SCHEMA}`,
    application_name: 'authen-bridge queue',
  });
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => {
    clients.add(client);
    // one that dies in the middle of a query: the query tells; the event beside it, unheard, would end the process
    client.on('error', () => undefined);
  });
  pool.on('remove', (client) => clients.delete(client));
  pool.setMaxListeners(0); // every queue and worker listens for its errors
  pool.on('error', (error) => report('postgres', error));
  try {
    await prepare(pool, url);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return poolBackend(pool as PgPool, settings, report, {
    check: () => findings(pool),
    end: () => endPool(pool, clients),
    canLose: true,
  });
}

/** A worker that was closed while it was still connecting never gives its connection back, so it is taken away. */
async function endPool(pool: pg.Pool, clients: ReadonlySet<pg.PoolClient>): Promise<void> {
  const ended = pool.end();
  if (await within(LETTING_GO_MS, ended)) return;
  await within(LETTING_GO_MS, Promise.all([...clients].map((client) => client.end())));
}

/** Makes or renews BullMQ's tables; processes that start together wait for each other. */
async function prepare(pool: pg.Pool, url: string): Promise<void> {
  const host = new URL(url).host;
  const plain = (error: unknown): string => withoutSecrets(errorText(error), secretsOf(url));
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (cause) {
    throw notReached('PostgreSQL', url, plain(cause), REFUSALS.has(String(Object(cause).code)), cause);
  }
  try {
    await runMigrations(client, SCHEMA);
  } catch (cause) {
    throw new BridgeError(
      'config',
      `The queue's tables cannot be made in PostgreSQL at ${host}: ${plain(cause)}. ` +
        `PostgreSQL ${MINIMUM_POSTGRES_VERSION} or newer is needed, and the right: GRANT CREATE ON DATABASE <database> TO <user>`,
      { retry: 'no', cause, detail: { check: 'queue-schema' } },
    );
  } finally {
    client.release();
  }
}

async function findings(pool: pg.Pool): Promise<Finding[]> {
  try {
    const { rows } = await pool.query<{ version: string; fsync: string }>(
      `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync`,
    );
    const [server] = rows;
    return [
      { check: 'queue-reachable', level: 'ok', message: `PostgreSQL ${server?.version ?? ''} answers.` },
      server?.fsync === 'on'
        ? { check: 'queue-persistence', level: 'ok', message: 'PostgreSQL keeps the jobs over a restart.' }
        : {
            check: 'queue-persistence',
            level: 'warn',
            message: 'PostgreSQL runs without fsync and may lose jobs with the power.',
            fix: 'Set "fsync = on" in postgresql.conf.',
          },
    ];
  } catch (error) {
    return [
      {
        check: 'queue-reachable',
        level: 'fail',
        message: `PostgreSQL does not answer: ${errorText(error)}.`,
        fix: 'Start PostgreSQL, or correct "queue" in the configuration.',
      },
    ];
  }
}
