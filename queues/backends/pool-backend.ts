/** What the PostgreSQL and the embedded back-end have in common: BullMQ over one pool of connections. */

import { createPostgresBackend, type PgPool, Queue, Worker } from 'bullmq';
import type { Finding } from '../../src/service/ports/finding.ts';
import type { ErrorSink } from '../error-log.ts';
import type { QueueName } from '../names.ts';
import { MAX_STALLED, type Settings } from '../options.ts';
import type { Backend, BullQueue } from './backend.ts';

/** The queues live in the pool's `bullmq` schema, which must exist. `prefix` goes into their names. */
export function poolBackend(
  pool: PgPool,
  settings: Settings,
  report: ErrorSink,
  own: { check(): Promise<Finding[]>; end(): Promise<void> },
): Backend {
  const nameOf = (name: QueueName): string => `${settings.prefix}.${name}`;
  const queues = new Map<QueueName, BullQueue>();
  return {
    queue(name) {
      const known = queues.get(name);
      if (known !== undefined) return known;
      const queue = new Queue(nameOf(name), { connection: pool }, createPostgresBackend);
      queue.on('error', (error) => report(`queue ${name}`, error));
      queues.set(name, queue);
      return queue;
    },
    worker(name, processor, options) {
      return new Worker(
        nameOf(name),
        processor,
        {
          connection: pool,
          autorun: false,
          concurrency: options.concurrency,
          lockDuration: options.lockMs,
          stalledInterval: options.stalledMs,
          maxStalledCount: MAX_STALLED,
          runRetryDelay: settings.reconnectMs,
          ...(options.backoff === undefined ? {} : { settings: { backoffStrategy: options.backoff } }),
        },
        createPostgresBackend,
      );
    },
    isConnected: () => true, // a pool has no standing connection; each call finds out
    check: own.check,
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await own.end();
    },
  };
}
