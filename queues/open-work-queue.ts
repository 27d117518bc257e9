/** Opens the work queue on the server that the configuration names. */

import { BridgeError, isBridgeError } from '../src/domain/bridge-error.ts';
import type { Finding } from '../src/service/ports/finding.ts';
import type { WorkQueue } from '../src/service/ports/work-queue.ts';
import type { OpenBackend } from './backends/backend.ts';
import { BullWorkQueue } from './bull-work-queue.ts';
import { errorSink, secretsOf } from './error-log.ts';
import { QUEUE_NAMES } from './names.ts';
import { settingsOf, type WorkQueueOptions } from './options.ts';

/** The back-ends by the URL's scheme. Loaded when wanted: the embedded one alone brings a database of 20 MB. */
const BACKENDS: ReadonlyMap<string, () => Promise<OpenBackend>> = new Map([
  ['redis:', async () => (await import('./backends/redis.ts')).openRedis],
  ['rediss:', async () => (await import('./backends/redis.ts')).openRedis],
  ['postgres:', async () => (await import('./backends/postgres.ts')).openPostgres],
  ['postgresql:', async () => (await import('./backends/postgres.ts')).openPostgres],
  ['embedded', async () => (await import('./backends/embedded.ts')).openEmbedded],
]);

/**
 * @param url `embedded`, `redis://…`, `rediss://…` or `postgres://…`
 * @throws BridgeError `queue-unavailable` (retry yes) when the server does not answer; `config` (retry no) when the URL
 *   is none of these or the server would lose jobs, with the next step in its message
 */
export async function openWorkQueue(url: string, options: WorkQueueOptions): Promise<WorkQueue> {
  const load = BACKENDS.get(schemeOf(url));
  if (load === undefined) {
    throw new BridgeError('config', 'queue: expected "embedded", redis://…, rediss://… or postgres://…', {
      retry: 'no',
    });
  }
  const settings = settingsOf(options);
  const report = errorSink(settings.log, url === 'embedded' ? [] : secretsOf(url));
  const open = await load();
  const backend = await open(url, settings, report);
  try {
    // Now, not when first used: a queue that is opened while the server is away waits until it is back.
    await Promise.all(QUEUE_NAMES.map((name) => backend.queue(name).waitUntilReady()));
  } catch (cause) {
    await backend.close();
    throw new BridgeError('queue-unavailable', 'The work queue broke off while it was opened', {
      retry: 'yes',
      cause,
    });
  }
  return new BullWorkQueue(backend, settings, report);
}

/** For `doctor`: what openWorkQueue would find, as findings instead of an error. Takes no work. */
export async function checkWorkQueue(url: string, options: WorkQueueOptions): Promise<Finding[]> {
  try {
    const queue = await openWorkQueue(url, options);
    try {
      return await queue.check();
    } finally {
      await queue.close();
    }
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const check = typeof error.detail.check === 'string' ? error.detail.check : 'queue-reachable';
    return [{ check, level: 'fail', message: error.message }];
  }
}

function schemeOf(url: string): string {
  if (url === 'embedded') return url;
  return URL.canParse(url) ? new URL(url).protocol : '';
}
