/**
 * Days that are over. Each is read once more when a new day begins, and with it the days before: a visit may be entered
 * for an earlier day, and the bridge may have been off. The ledger remembers how far that has been done, so that it is
 * done once, whichever bridge does it, and so that nothing is skipped after a stop of days. Beside that their rows are
 * counted, one day after the other: a visit that is entered for an earlier day need not wait for the next one.
 */

import { addDays, type ServiceDate } from '../domain/bangkok.ts';
import type { House, Site } from './site.ts';

interface Memory {
  /** The first service date that the bridge took in: earlier ones are not its business. */
  since: ServiceDate;
  /** Every day up to this one has been read after it was over. */
  to: ServiceDate;
}

interface Plan {
  today: ServiceDate;
  /** Still to be read, oldest first. */
  dates: ServiceDate[];
  /** Days whose rows are counted. */
  week: readonly ServiceDate[];
  /** What was counted last, before the day was read. */
  rows: Map<ServiceDate, number>;
  /** What is remembered once they have been. */
  done: Memory;
}

export class PastDays {
  readonly #house: House;
  readonly #site: Site;
  readonly #readDay: (date: ServiceDate) => Promise<void>;
  #plan: Plan | null = null;
  #turn = 0;

  constructor(house: House, site: Site, readDay: (date: ServiceDate) => Promise<void>) {
    this.#house = house;
    this.#site = site;
    this.#readDay = readDay;
  }

  /**
   * Reads one day of those that are to be read: the next poll, which the counters wait for, is not held up by the rest. Nor is
   * that of another site: while `may` says no, the day waits.
   */
  async readOne(today: ServiceDate, may: () => boolean): Promise<void> {
    if (this.#plan?.today !== today) this.#plan = await this.#planFor(today);
    const { dates, rows, done } = this.#plan;
    const [date] = dates;
    if (date === undefined || !may()) return;
    rows.set(date, await this.#site.his.countOn(date));
    await this.#readDay(date);
    if (dates.length === 1) await this.#house.ledger.remember(this.#name, JSON.stringify(done));
    dates.shift();
  }

  /** Counts the rows of one day; another count than before has the day read again. */
  async recountOne(): Promise<void> {
    if (this.#plan === null || this.#plan.dates.length > 0) return;
    const { week, dates, rows } = this.#plan;
    const date = week[this.#turn++ % Math.max(1, week.length)];
    if (date === undefined) return;
    // the first time there is only the ledger to compare with: who read the day may be gone, and what came after it unseen
    const before = rows.get(date) ?? (await this.#standing(date));
    const now = await this.#site.his.countOn(date);
    rows.set(date, now);
    if (before !== now) dates.push(date);
  }

  /** Visits of the day that the HIS still had when it was last read, by whichever process. */
  async #standing(date: ServiceDate): Promise<number> {
    const cases = await this.#house.ledger.caseKeysOn(this.#site.hcode, date);
    return cases.filter((known) => !known.visitGone).length;
  }

  get #name(): string {
    return `past-days/${this.#site.hcode}`;
  }

  async #planFor(today: ServiceDate): Promise<Plan> {
    const yesterday = addDays(today, -1);
    const kept = await this.#house.ledger.recall(this.#name);
    const memory = kept === null ? null : (JSON.parse(kept) as Memory);
    // what was remembered while a clock was ahead is worth nothing once it is right
    const since = memory === null || memory.since > yesterday ? yesterday : memory.since;
    const done = { since, to: yesterday };
    const earliest = addDays(today, -this.#site.settings.catchUpDays);
    const week: ServiceDate[] = [];
    for (let date = earliest; date < today; date = addDays(date, 1)) {
      if (date >= since) week.push(date);
    }
    const rows = new Map<ServiceDate, number>();
    if (memory?.to === yesterday) return { today, dates: [], week, rows, done };
    if (memory !== null && addDays(memory.to, 1) < earliest) this.#tellUnread(memory.to, earliest);
    return { today, dates: [...week], week, rows, done };
  }

  #tellUnread(to: ServiceDate, earliest: ServiceDate): void {
    const fields = { site: this.#site.hcode, from: addDays(to, 1), to: addDays(earliest, -1) };
    this.#house.log.warn(
      fields,
      'the bridge was off for longer than his.catchUpDays: the visits of these days are not taken in',
    );
  }
}
