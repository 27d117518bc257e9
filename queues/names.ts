/** Names on the queue: queues, job ids, priorities. Pure, so that two processes always agree about them. */

import { DAY_MS, startOfServiceDate } from '../src/domain/bangkok.ts';
import { STEPS, type Step } from '../src/domain/case.ts';
import type { StepJob } from '../src/service/ports/work-queue.ts';

/** Recurring work. Its jobs come from BullMQ's job schedulers, never from `add`. */
export const SCHEDULES_QUEUE = 'schedules';

/** One queue a step, so that a slow step cannot hold up another, and recurring work apart from them all. */
export const QUEUE_NAMES = [...STEPS, SCHEDULES_QUEUE] as const;
export type QueueName = Step | typeof SCHEDULES_QUEUE;

/**
 * The job's id: `confirm.10978.691120081500.3`. It follows from the case and its step alone (rule 6), so that the same
 * work is on the queue once, whoever adds it. BullMQ takes neither an id of digits only (which a HOSxP visit number is)
 * nor one with a colon; whatever a HIS may write in a visit number is escaped so that two never become one.
 */
export function jobIdOf(job: Pick<StepJob, 'step' | 'hcode' | 'vn' | 'stepSeq'>): string {
  return `${job.step}.${escaped(job.hcode)}.${escaped(job.vn)}.${job.stepSeq}`;
}

function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, (char) => `~${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const HIGHEST_PRIORITY = 1;
const LOWEST_PRIORITY = 2_097_151;

/**
 * BullMQ's priority of a job: what is urgent, then by the day number of the service date, since a lower number goes first and the
 * oldest date shall. Every job has one: a job without priority would go before all others.
 */
export function priorityOf({ serviceDate, isUrgent }: Pick<StepJob, 'serviceDate' | 'isUrgent'>): number {
  if (isUrgent === true) return HIGHEST_PRIORITY;
  const day = Math.floor(startOfServiceDate(serviceDate) / DAY_MS) + 1;
  return Math.min(Math.max(day, HIGHEST_PRIORITY + 1), LOWEST_PRIORITY);
}
