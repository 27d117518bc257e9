/** What the PostgreSQL and the embedded back-end have in common: BullMQ over one pool of connections. */

import { createPostgresBackend, type PgPool, Queue, Worker } from 'bullmq';
import type { Finding } from '../../src/service/ports/finding.ts';
import type { ErrorSink } from '../error-log.ts';
import { QUEUE_NAMES, type QueueName } from '../names.ts';
import { MAX_STALLED, type Settings } from '../options.ts';
import type { Backend, BullQueue } from './backend.ts';
import { putTimesRight } from './pool-clock.ts';

/** One job that nobody takes: it is gone when the jobs are. */
interface Mark {
  count: number;
}

type MarkQueue = Pick<Queue<Mark, void, string>, 'add' | 'getJob' | 'close'>;

const MARK = 'mark';

/** The longest sleep of an idle worker, ms; as long as BullMQ has it on Redis. */
const LONGEST_SLEEP_MS = 10_000;

/**
 * An idle worker sleeps until the next job falls due, by its clock, which BullMQ allows on PostgreSQL for up to an hour: one
 * whose clock was an hour behind when it lay down overslept the job by that hour, and the ticks of the sweep with it.
 */
const createWorkerBackend: typeof createPostgresBackend = (...args) =>
  Object.defineProperty(createPostgresBackend(...args), 'maximumBlockTimeout', {
    value: LONGEST_SLEEP_MS / 1000,
  });

function markQueue(pool: PgPool, name: string, report: ErrorSink): MarkQueue {
  const queue = new Queue(name, { connection: pool }, createPostgresBackend);
  queue.on('error', (error) => report('queue mark', error));
  return queue;
}

/** Two processes may count at the same time and get the same figure: each compares it with its own last one. */
async function countUp(marks: MarkQueue): Promise<number> {
  const mark = await marks.getJob(MARK);
  const count = (mark?.data.count ?? 0) + 1;
  if (mark === undefined) await marks.add(MARK, { count }, { jobId: MARK });
  else await mark.updateData({ count });
  return count;
}

/** The queues live in the pool's `bullmq` schema, which must exist. `prefix` goes into their names. */
export function poolBackend(
  pool: PgPool,
  settings: Settings,
  report: ErrorSink,
  own: { check(): Promise<Finding[]>; end(): Promise<void>; canLose: boolean },
): Backend {
  const nameOf = (name: QueueName): string => `${settings.prefix}.${name}`;
  const queues = new Map<QueueName, BullQueue>();
  const marks = own.canLose ? markQueue(pool, `${settings.prefix}.mark`, report) : null;
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
        createWorkerBackend,
      );
    },
    isConnected: () => true, // a pool has no standing connection; each call finds out
    putTimesRight: () => putTimesRight(pool, QUEUE_NAMES.map(nameOf), Date.now(), settings.lockMs),
    countUp: marks === null ? null : () => countUp(marks),
    check: own.check,
    async close() {
      await Promise.all(
        [...queues.values(), ...(marks === null ? [] : [marks])].map((queue) => queue.close()),
      );
      await own.end();
    },
  };
}
