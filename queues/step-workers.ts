/** The workers of the steps: a job's data to its handler, a handler's error to try again or not. */

import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import { errorText, isBridgeError } from '../src/domain/bridge-error.ts';
import { STEPS, type Step } from '../src/domain/case.ts';
import { NoWayFromHere, type StepHandler, type StepJob } from '../src/service/ports/work-queue.ts';
import type { Backend, JobData } from './backends/backend.ts';
import { retryDelayMs } from './backoff.ts';
import type { ErrorSink } from './error-log.ts';
import { HeldWorker } from './held-worker.ts';
import type { Settings } from './options.ts';

/** Until a job is taken up again that this process had no way to do. Not long: somebody waits at the counter. */
const PASS_ON = { baseMs: 300, capMs: 5_000 };

/** One worker a step; they take nothing before their `run`. */
export function stepWorkers(
  backend: Backend,
  handlers: Readonly<Record<Step, StepHandler>>,
  settings: Settings,
  report: ErrorSink,
): Map<Step, HeldWorker> {
  const worker = (step: Step): HeldWorker =>
    new HeldWorker(
      backend,
      step,
      (job, token) => work(step, handlers[step], job, token, settings),
      {
        concurrency: settings.concurrency,
        lockMs: settings.lockMs,
        stalledMs: settings.stalledMs,
        backoff: (attemptsMade) => retryDelayMs(attemptsMade, settings.retry),
      },
      report,
    );
  return new Map(STEPS.map((step) => [step, worker(step)]));
}

async function work(
  step: Step,
  handler: StepHandler,
  job: Job<JobData>,
  token: string | undefined,
  settings: Settings,
): Promise<void> {
  const attempt = job.attemptsMade + 1;
  const isLast = attempt >= (job.opts.attempts ?? 1);
  const { hcode, vn, stepSeq, serviceDate } = job.data;
  const stepJob: StepJob = { step, hcode, vn, stepSeq, serviceDate };
  try {
    // begun more often than ended: somebody began and never said what became of it, or passed it on
    await handler(stepJob, { attempt, isLast, isTakenOver: job.attemptsStarted > attempt });
  } catch (error) {
    if (error instanceof NoWayFromHere) return passOn(job, token);
    throw judged(error, stepJob, attempt, isLast, settings);
  }
}

async function passOn(job: Job<JobData>, token: string | undefined): Promise<never> {
  const begunInVain = job.attemptsStarted - job.attemptsMade;
  await job.moveToDelayed(Date.now() + retryDelayMs(begunInVain, PASS_ON), token);
  throw new DelayedError();
}

/**
 * The error that BullMQ is to see: it decides between another try and none, and its text rests on the server, so it
 * carries no citizen id. A bug (an error outside the family) may well pass, so it is tried again, but loudly.
 */
function judged(error: unknown, job: StepJob, attempt: number, isLast: boolean, { log }: Settings): Error {
  const facts = { step: job.step, hcode: job.hcode, vn: job.vn, attempt };
  if (!isBridgeError(error)) {
    log.error({ ...facts, error }, 'A step failed with an unexpected error');
    return new Error(errorText(error));
  }
  const reason = { ...facts, code: error.code, reason: error.message };
  if (error.retry !== 'yes') {
    log.warn({ ...reason, retry: error.retry }, 'A step failed and is not tried again as it is');
    return new UnrecoverableError(error.message);
  }
  if (isLast) log.warn(reason, 'A step failed at every try; the sweep will put it on the queue again');
  else log.debug(reason, 'A step failed and is tried again');
  return error;
}
