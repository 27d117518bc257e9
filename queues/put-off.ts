/**
 * A clock that was ahead when a job failed has put its next try off by as much: once the clock is right, the job would
 * wait for an hour, and adding it again does nothing, since it is there. Such jobs are brought forward.
 */

import type { Job } from 'bullmq';
import type { BullQueue, JobData } from './backends/backend.ts';

/** Looked at a time, from the far end; usually the first shows that there is nothing to do. */
const PAGE = 100;

/** `longestMs`: more than any next try is ever put off on purpose. Returns how many were brought forward. */
export async function bringForward(queue: BullQueue, longestMs: number): Promise<number> {
  let count = 0;
  for (;;) {
    const farthest = await queue.getJobs(['delayed'], 0, PAGE - 1, false);
    const putOff = farthest.filter((job) => nextTryAt(job) > Date.now() + longestMs);
    // one that another process has brought forward at the same moment is no longer delayed: all the better
    const done = await Promise.allSettled(putOff.map((job) => job.promote()));
    const moved = done.filter((d) => d.status === 'fulfilled').length;
    count += moved;
    if (moved === 0 || putOff.length < PAGE) return count;
  }
}

/** Epoch ms, by the clock of the process that put it off; 0 for a job that has not been tried. */
function nextTryAt(job: Job<JobData>): number {
  return job.processedOn === undefined ? 0 : job.processedOn + job.delay;
}
