/** What a back-end gives: queues and workers on one server, and its word on the server's health. */

import type { Processor, Queue } from 'bullmq';
import type { ServiceDate } from '../../src/domain/bangkok.ts';
import type { Finding } from '../../src/service/ports/finding.ts';
import type { ErrorSink } from '../error-log.ts';
import type { QueueName } from '../names.ts';
import type { Settings } from '../options.ts';

/** What rests on the server for a job: ids and a date, nothing of the person. Empty for a schedule's tick. */
export interface JobData {
  hcode: string;
  vn: string;
  stepSeq: number;
  serviceDate: ServiceDate;
}

/** The part of BullMQ's Queue that we use, whatever the server behind it. */
export type BullQueue = Pick<
  Queue<JobData, void, string>,
  | 'addBulk'
  | 'getJobCounts'
  | 'getDelayedCount'
  | 'getJobs'
  | 'getActive'
  | 'upsertJobScheduler'
  | 'getJobSchedulers'
  | 'removeJobScheduler'
  | 'waitUntilReady'
  | 'close'
>;

/** The part of BullMQ's Worker that we use. Written out, because its own type names the server's connection. */
export interface BullWorker {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<void>;
  run(): Promise<void>;
  pause(doNotWaitActive: boolean): Promise<void>;
  close(force: boolean): Promise<void>;
}

export type BullProcessor = Processor<JobData, void, string>;

export interface WorkerSettings {
  concurrency: number;
  lockMs: number;
  stalledMs: number;
  backoff?: (attemptsMade: number) => number;
}

export interface Backend {
  /** Opened when first asked for; the same one afterwards. */
  queue(name: QueueName): BullQueue;
  /** Takes no jobs before its `run`. */
  worker(name: QueueName, processor: BullProcessor, settings: WorkerSettings): BullWorker;
  /** False while the connection is broken; workers then close without the server's part in it. */
  isConnected(): boolean;
  /**
   * Counts a figure up that rests on the server beside the jobs, and returns it: one that is not above the last one tells that
   * the server has lost what it held. Null where nothing can be lost without this process.
   */
  countUp: (() => Promise<number>) | null;
  /**
   * Puts right what a process whose clock was ahead has left on the server, and returns how many jobs it would have kept from
   * the others. Null where the server goes by its own clock.
   */
  putTimesRight: (() => Promise<number>) | null;
  /** Looks at the server; never throws. */
  check(): Promise<Finding[]>;
  /** Lets go of the connections, after queues and workers have been closed. */
  close(): Promise<void>;
}

/**
 * Connects and refuses a server that cannot do the job: BridgeError `queue-unavailable` (retry yes) when it does not
 * answer, `config` (retry no) when it would lose jobs.
 */
export type OpenBackend = (url: string, settings: Settings, report: ErrorSink) => Promise<Backend>;
