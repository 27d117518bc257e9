/** What can be set on the work queue, and what it is when nothing is set. */

import type { Log } from '../src/service/ports/log.ts';
import type { RetryOptions } from './backoff.ts';

export interface WorkQueueOptions {
  log: Log;
  /** Jobs of one step worked on at a time in this process. */
  concurrency: number;
  /** Keeps two installations apart on one server. It is in braces on Redis, so that a Cluster keeps a queue on one node. */
  prefix?: string;
  retry?: Partial<RetryOptions>;
  /** How long a job stays with a process that has fallen silent, ms. Renewed every half of it while the process lives. */
  lockMs?: number;
  /** How often jobs of processes that fell silent are looked for, ms. */
  stalledMs?: number;
  /** How often the schedules are checked, and put back if the server has lost them, ms. */
  scheduleCheckMs?: number;
  /** How often it is looked whether the server has lost what it held, ms. */
  lossCheckMs?: number;
  /** A scheduled run that takes longer is not waited for, ms. */
  runLimitMs?: number;
  /** How long a server may take to answer before it counts as not reachable, ms. */
  connectTimeoutMs?: number;
  /** The pause before a worker asks again after its connection broke, ms. */
  reconnectMs?: number;
}

export interface Settings {
  log: Log;
  concurrency: number;
  prefix: string;
  retry: RetryOptions;
  lockMs: number;
  stalledMs: number;
  scheduleCheckMs: number;
  runLimitMs: number;
  lossCheckMs: number;
  connectTimeoutMs: number;
  reconnectMs: number;
}

/**
 * A job is taken from a process that was killed after at most `lockMs` + 2 × `stalledMs`: 20 seconds. A process that is
 * only slow loses its job too, which does no harm: what it did stands in the ledger, and its commit comes too late.
 * BullMQ fails a job for good that was taken back more often than this, whatever its attempts; with its default of 1 two
 * crashes lose it.
 */
export const MAX_STALLED = 20;

/** Eight tries within about two minutes on average, four at most. */
const RETRY: RetryOptions = { attempts: 8, baseMs: 1_000, capMs: 120_000 };

export function settingsOf(options: WorkQueueOptions): Settings {
  return {
    log: options.log.child({ part: 'queue' }),
    concurrency: options.concurrency,
    prefix: options.prefix ?? 'bridge',
    retry: { ...RETRY, ...options.retry },
    lockMs: options.lockMs ?? 10_000,
    stalledMs: options.stalledMs ?? 5_000,
    scheduleCheckMs: options.scheduleCheckMs ?? 10_000,
    runLimitMs: options.runLimitMs ?? 120_000,
    lossCheckMs: options.lossCheckMs ?? 1_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    reconnectMs: options.reconnectMs ?? 1_000,
  };
}
