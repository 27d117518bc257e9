/** The work queue, as the service sees it. Implementation: `queues/` (BullMQ on Redis, PostgreSQL or embedded). */

import type { Instant, ServiceDate } from '../../domain/bangkok.ts';
import type { Step } from '../../domain/case.ts';
import type { Finding } from './finding.ts';

/** One step of one case. Ids only: job data rests unencrypted in Redis. */
export interface StepJob {
  step: Step;
  hcode: string;
  vn: string;
  /** The case's `stepSeq`; with the rest it makes the job id, so that a job exists once. */
  stepSeq: number;
  /** Decides who goes first: the oldest service date … */
  serviceDate: ServiceDate;
  /** … but before all of these whatever can be done only while its service day lasts. */
  isUrgent?: boolean;
  /** Not before this instant; absent or past: now. */
  dueAt?: Instant;
}

export interface JobContext {
  /** 1 for the first try. */
  attempt: number;
  /** No further try follows if this one fails. */
  isLast: boolean;
  /** Another process had it in hand and fell silent, dead most likely, or had no way to do it. */
  isTakenOver: boolean;
}

/**
 * Does one step. A thrown BridgeError with `retry: 'yes'` is tried again with exponential back-off and jitter; any
 * other is not, but for {@link NoWayFromHere}. A handler must bear being called twice for the same job.
 */
export type StepHandler = (job: StepJob, context: JobContext) => Promise<void>;

/**
 * Thrown by a handler whose process has no way to do the step, where another may have one. Nothing was done. Within seconds the job
 * is taken up again by whichever process comes first, as often as need be; no try is counted.
 */
export class NoWayFromHere extends Error {
  override readonly name = 'NoWayFromHere';
}

/** Something done again and again, by one process at a time. */
export interface Schedule {
  /** Unique, kebab-case: `keep-house`. */
  id: string;
  /** Either every so many milliseconds, or a cron pattern in Asia/Bangkok. */
  every?: number;
  cron?: string;
  /** `plannedAt`: the instant for which the tick was planned, whichever process takes it and however late. */
  run: (plannedAt: Instant) => Promise<void>;
}

export interface QueueHandlers {
  steps: Record<Step, StepHandler>;
  schedules: readonly Schedule[];
  /** Ids of schedules that earlier versions had. Such a one is removed, also when one that still runs has put it back. */
  retired?: RegExp;
  /** The queue was seen to have lost what it held: adds all jobs again. Called again when it fails. */
  refill: () => Promise<void>;
}

export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
}

export interface WorkQueue {
  /** Adds jobs; one that is already there stays as it is. Throws `queue-unavailable` (retry yes). */
  add(jobs: readonly StepJob[]): Promise<void>;
  /** Begins to work. */
  start(handlers: QueueHandlers): Promise<void>;
  counts(): Promise<Record<Step, QueueCounts>>;
  /**
   * How long the job that is next in line of any step has been due, ms; 0 when none is. A backlog that this process is
   * working off does not count: the figure tells a worker that has fallen silent for ever.
   */
  oldestWaitMs(): Promise<number>;
  check(): Promise<Finding[]>;
  /** Finishes the jobs in hand (or hands them back after `graceMs`) and lets go of everything. */
  close(graceMs?: number): Promise<void>;
}
