/**
 * Rule 6: the queue is disposable. The sweep puts on the queue whatever the ledger says is to be done: all of it at
 * the start, every minute and when NHSO comes back; between, only what has just fallen due.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../domain/bangkok.ts';
import { toStepJob } from './dispatcher.ts';
import type { House } from './site.ts';

const BATCH = 1000;
/**
 * Between two batches the steps have the process for this share of what the last one took: with the embedded queue, whose work is done
 * within the call, not one of them would come to its end before the whole backlog is on the queue.
 */
const SHARE_OF_STEPS = 0.1;

export interface SweepOptions {
  /** Only work that fell due after this instant. */
  dueAfter?: Instant;
  hcode?: string;
  /** Sites whose work is held back. */
  except: ReadonlySet<string>;
}

/** Returns how many steps were put on the queue (those that were there already included). */
export async function sweep(
  house: Pick<House, 'ledger' | 'queue' | 'clock'>,
  options: SweepOptions,
): Promise<number> {
  const dueBy = house.clock.now();
  let after: string | undefined;
  let count = 0;
  do {
    const begun = performance.now();
    const page = await house.ledger.casesWithWork({
      dueBy,
      limit: BATCH,
      ...(options.dueAfter === undefined ? {} : { dueAfter: options.dueAfter }),
      ...(options.hcode === undefined ? {} : { hcode: options.hcode }),
      ...(after === undefined ? {} : { after }),
    });
    const jobs = page.items
      .filter((e) => e.step === 'write-back' || !options.except.has(e.hcode))
      .map((entry) => toStepJob(entry, dueBy));
    if (jobs.length > 0) await house.queue.add(jobs);
    count += jobs.length;
    after = page.next ?? undefined;
    if (after !== undefined) await sleep(SHARE_OF_STEPS * (performance.now() - begun));
  } while (after !== undefined);
  return count;
}
