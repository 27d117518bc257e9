/** How long work has been waiting: the figure by which a watchdog sees that nobody works any more. */

import type { Job } from 'bullmq';
import type { BullQueue, JobData } from './backends/backend.ts';
import { longestDelayMs, type RetryOptions } from './backoff.ts';

/**
 * How long the next job in line has been due, ms; 0 when none is. A delayed job counts from when it was due, since it
 * is the workers that bring delayed jobs forward. No longer than since this process last took a job (`takenAt`, epoch
 * ms; 0 when it takes none): a backlog that is being worked off is no silence.
 */
export async function waitedMs(queue: BullQueue, takenAt: number, retry: RetryOptions): Promise<number> {
  const [waiting, prioritized, delayed] = await Promise.all([
    queue.getJobs(['wait'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, 0, true),
    queue.getJobs(['delayed'], 0, 0, true),
  ]);
  const dues = [
    ...[...waiting, ...prioritized].map((job) => dueWhenWaiting(job, retry)),
    ...delayed.map((job) => (job.processedOn ?? job.timestamp) + job.delay),
  ];
  if (dues.length === 0) return 0;
  return Math.max(0, Date.now() - Math.max(Math.min(...dues), takenAt));
}

/** The server forgets how long a job was held back before its second try, so the longest that it can have been is taken. */
function dueWhenWaiting(job: Job<JobData>, retry: RetryOptions): number {
  if (job.processedOn === undefined) return job.timestamp + (job.opts.delay ?? 0);
  return job.processedOn + (job.attemptsMade === 0 ? 0 : longestDelayMs(job.attemptsMade, retry));
}
