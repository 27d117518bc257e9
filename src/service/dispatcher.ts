/**
 * From the outbox to the queue. A step is written to the outbox in the transaction that made it necessary; here it is
 * put on the queue and then taken off the outbox. Dying between the two does no harm: a job id exists once, and a
 * handler looks at the case before it does anything.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../domain/bangkok.ts';
import { isBridgeError } from '../domain/bridge-error.ts';
import { isForTodayOnly } from '../domain/machine/obtain.ts';
import type { OutboxEntry } from './ports/ledger.ts';
import type { StepJob } from './ports/work-queue.ts';
import type { House } from './site.ts';

const BATCH = 500;
/** While much is being done, steps are gathered for so long: ten jobs in one call cost the queue little more than one. */
const GATHER_MS = 4;

export class Dispatcher {
  readonly #house: Pick<House, 'ledger' | 'queue' | 'clock' | 'log'>;
  #running: Promise<void> | null = null;
  #again = false;
  #failing = false;

  constructor(house: Pick<House, 'ledger' | 'queue' | 'clock' | 'log'>) {
    this.#house = house;
  }

  /** Something was written to the outbox. Never throws: what could not be queued stays there for the next kick. */
  kick(): void {
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Waits until the kick that is under way has ended. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        while ((await this.#batch()) === BATCH);
        if (this.#again) await sleep(GATHER_MS);
      }
      this.#failing = false;
    } catch (error) {
      const fields = { code: isBridgeError(error) ? error.code : 'error', error };
      if (!this.#failing) this.#house.log.warn(fields, 'steps could not be queued; they stay in the outbox');
      this.#failing = true;
    } finally {
      // in the same breath as the last look at `#again`: a kick in between would be lost
      this.#running = null;
    }
  }

  async #batch(): Promise<number> {
    const entries = await this.#house.ledger.outbox(BATCH);
    if (entries.length === 0) return 0;
    const now = this.#house.clock.now();
    await this.#house.queue.add(entries.map((entry) => toStepJob(entry, now)));
    await this.#house.ledger.removeFromOutbox(entries.map((e) => e.id));
    return entries.length;
  }
}

export function toStepJob(entry: OutboxEntry, now: Instant): StepJob {
  const { step, hcode, vn, stepSeq, serviceDate, dueAt } = entry;
  return { step, hcode, vn, stepSeq, serviceDate, isUrgent: isForTodayOnly(entry, now), dueAt };
}
