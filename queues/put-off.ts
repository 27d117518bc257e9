/**
 * A clock that was ahead when a job failed has put its next try off by as much: once the clock is right, the job would
 * wait for an hour, and adding it again does nothing, since it is there. Such jobs are brought forward.
 */

import type { BullQueue } from './backends/backend.ts';

/** Looked at a time. */
const PAGE = 100;

/**
 * `longestMs`: more than any next try is ever put off on purpose. Returns how many were brought forward. Until when a job
 * waits only the server says: the job itself knows when it was taken and how long it was to wait, but not how far the
 * clock jumped while it was in hand.
 */
export async function bringForward(queue: BullQueue, longestMs: number): Promise<number> {
  const farthest = Date.now() + longestMs;
  // a job that is put off, or falls due, while they are counted must not look like one that lies beyond
  const before = await queue.getDelayedCount(farthest);
  const all = await queue.getDelayedCount();
  const after = await queue.getDelayedCount(farthest);
  const beyond = all - Math.max(before, after);
  const putOff: { promote(): Promise<void> }[] = [];
  for (let at = 0; at < beyond; at += PAGE) {
    const page = await queue.getJobs(['delayed'], at, Math.min(at + PAGE, beyond) - 1, false);
    // one that has not been tried yet waits for a moment that the ledger says
    putOff.push(...page.filter((job) => job.processedOn !== undefined));
  }
  // one that another process has brought forward at the same moment is no longer delayed: all the better
  const done = await Promise.allSettled(putOff.map((job) => job.promote()));
  return done.filter((d) => d.status === 'fulfilled').length;
}
