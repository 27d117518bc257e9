/**
 * Days that are over. Each is read once more when a new day begins, and with it the days before: a visit may be entered
 * for an earlier day, and the bridge may have been off. The ledger remembers how far that has been done, so that it is
 * done once, whichever bridge does it, and so that nothing is skipped after a stop of days.
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
  /** What is remembered once they have been. */
  then: Memory;
}

export class PastDays {
  readonly #house: House;
  readonly #site: Site;
  readonly #readDay: (date: ServiceDate) => Promise<void>;
  #plan: Plan | null = null;

  constructor(house: House, site: Site, readDay: (date: ServiceDate) => Promise<void>) {
    this.#house = house;
    this.#site = site;
    this.#readDay = readDay;
  }

  /** Reads one day of those that are to be read: the next poll, which the counters wait for, is not held up by the rest. */
  async readOne(today: ServiceDate): Promise<void> {
    if (this.#plan?.today !== today) this.#plan = await this.#planFor(today);
    const { dates, then } = this.#plan;
    const [date] = dates;
    if (date === undefined) return;
    await this.#readDay(date);
    if (dates.length === 1) await this.#house.ledger.remember(this.#name, JSON.stringify(then));
    dates.shift();
  }

  get #name(): string {
    return `past-days/${this.#site.hcode}`;
  }

  async #planFor(today: ServiceDate): Promise<Plan> {
    const yesterday = addDays(today, -1);
    const kept = await this.#house.ledger.recall(this.#name);
    const memory = kept === null ? null : (JSON.parse(kept) as Memory);
    const since = memory?.since ?? yesterday;
    const then = { since, to: yesterday };
    // a clock that was set back leaves `to` in the future, and nothing to do
    if (memory !== null && memory.to >= yesterday) return { today, dates: [], then };
    const earliest = addDays(today, -this.#site.settings.catchUpDays);
    if (memory !== null && addDays(memory.to, 1) < earliest) this.#tellUnread(memory.to, earliest);
    const dates: ServiceDate[] = [];
    for (let date = earliest; date < today; date = addDays(date, 1)) {
      if (date >= since) dates.push(date);
    }
    return { today, dates, then };
  }

  #tellUnread(to: ServiceDate, earliest: ServiceDate): void {
    const fields = { site: this.#site.hcode, from: addDays(to, 1), to: addDays(earliest, -1) };
    this.#house.log.warn(
      fields,
      'the bridge was off for longer than his.catchUpDays: the visits of these days are not taken in',
    );
  }
}
