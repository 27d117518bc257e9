/**
 * Intake: when the HIS is looked at, and how closely. Each poll looks for new numbers, back to an overlap in which rows
 * that were committed late still turn up. Now and then the day's rows are counted: that shows the visit whose number or
 * time is out of the ordinary. A digest of the day shows edits, and then the whole day is read. Days that are over are
 * read by `past-days.ts`; what becomes of a visit that was found, says `take-in.ts`.
 */

import { type Instant, type ServiceDate, serviceDateOf, startOfServiceDate } from '../domain/bangkok.ts';
import { isBridgeError } from '../domain/bridge-error.ts';
import { PastDays } from './past-days.ts';
import type { House, Site } from './site.ts';
import { TakeIn, type Taken } from './take-in.ts';

/** How often the day's rows are counted; the digest is taken at least as often as it is configured. */
const COUNT_MS = 10_000;

export class Intake {
  readonly #house: House;
  readonly #site: Site;
  readonly #takeIn: TakeIn;
  readonly #pastDays: PastDays;
  /** The day as it last stood in the HIS; `rows` grows with what is found of it since. No digest: read it in any case. */
  #day: { date: ServiceDate; digest: string | null; rows: number } | null = null;
  #digestAt: Instant = 0;
  #countedAt: Instant = 0;
  #polledTo: Instant | null = null;
  #lastSuccess: Instant | null = null;
  #trouble: string | null = null;

  constructor(house: House, site: Site, kick: () => void) {
    this.#house = house;
    this.#site = site;
    this.#takeIn = new TakeIn(house, site, kick);
    this.#pastDays = new PastDays(house, site, (date) => this.#readDay(date, { remember: false }));
  }

  /** When the HIS last answered, and what is wrong if it does not. */
  get health(): { lastSuccess: Instant | null; trouble: string | null } {
    return { lastSuccess: this.#lastSuccess, trouble: this.#trouble };
  }

  /**
   * One poll. When the HIS or the ledger is away that is said once, and the next poll takes up all that was missed;
   * only a fault of ours is thrown.
   */
  async poll(): Promise<void> {
    const { clock, metrics } = this.#house;
    const site = this.#site.hcode;
    const now = clock.now();
    const isDigestTurn = isTurn(now, this.#digestAt, this.#site.settings.digestMs);
    const begun = performance.now();
    const kind = isDigestTurn ? 'digest' : 'visits';
    try {
      if (this.#polledTo !== null) await this.#look(this.#polledTo, now);
      if (isDigestTurn) {
        await this.#compareDay(now);
        await this.#pastDays.recountOne();
      }
      await this.#pastDays.readOne(serviceDateOf(now));
      this.#polledTo = now;
      this.#lastSuccess = now;
      if (this.#trouble !== null) this.#house.log.info({ site }, 'the HIS can be polled again');
      this.#trouble = null;
      metrics.set('last-poll', Math.floor(now / 1000), { site });
      metrics.observe('poll', (performance.now() - begun) / 1000, { site, kind, outcome: 'ok' });
    } catch (error) {
      const outcome = isBridgeError(error) ? error.code : 'error';
      metrics.observe('poll', (performance.now() - begun) / 1000, { site, kind, outcome });
      this.#troubled(error);
      if (!isBridgeError(error)) throw error;
    }
  }

  #troubled(error: unknown): void {
    const why = isBridgeError(error) ? error.message : 'unexpected error';
    if (why !== this.#trouble) {
      const next =
        'new visits are not seen; the poll goes on trying, "npm run doctor" says what may be wrong';
      this.#house.log.warn({ site: this.#site.hcode, why }, `the HIS cannot be polled: ${next}`);
    }
    this.#trouble = why;
  }

  async #look(polledTo: Instant, now: Instant): Promise<void> {
    const { overlapMs } = this.#site.settings;
    // what came in on days that are over is found when they are read
    const from = Math.max(polledTo, startOfServiceDate(serviceDateOf(now))) - overlapMs;
    const { his } = this.#site;
    this.#note(await this.#takeIn.take(await his.newVisits(from, now, (vn) => this.#takeIn.isSettled(vn))));
    if (isTurn(now, this.#countedAt, COUNT_MS)) await this.#count(from, now);
  }

  /** Finds the visits that their numbers do not show, and those that are gone, without reading the day. */
  async #count(from: Instant, now: Instant): Promise<void> {
    const rows = await this.#site.his.countOn(serviceDateOf(now));
    const isAsBefore = (): boolean => this.#day?.date === serviceDateOf(now) && this.#day.rows === rows;
    this.#countedAt = now;
    if (isAsBefore()) return;
    const found = await this.#takeIn.take(await this.#site.his.visitsFrom(from, now));
    this.#note(found);
    if (!isAsBefore()) await this.#compareDay(now);
    // numbers here do not tell the time, or not always: count again at the next poll
    if (found.unmet.length > 0) this.#countedAt = 0;
  }

  #note({ unmet, isNews }: Taken): void {
    const day = this.#day;
    if (day === null) return;
    day.rows += unmet.filter((v) => v.serviceDate === day.date).length;
    // should the HIS take it back before the next digest, that would be the one of before
    if (isNews) day.digest = null;
  }

  /** Reads the whole day when its digest has moved, or when the ledger has been changed by anybody but this process. */
  async #compareDay(now: Instant): Promise<void> {
    const { his, hcode } = this.#site;
    const date = serviceDateOf(now);
    const before = this.#day;
    if (before?.date !== date) this.#takeIn.forgetAll();
    // taken first: what changes while the day is read shows the next time
    const rows = await his.countOn(date);
    const digest = await his.digestOf(date);
    const standing = await this.#house.ledger.caseKeysOn(hcode, date);
    const isAsBefore = before?.date === date && before.digest === digest;
    const changed = this.#takeIn.forgetChanged(standing);
    if (!isAsBefore || changed > 0) await this.#readDay(date);
    this.#day = { date, digest, rows };
    this.#digestAt = now;
  }

  async #readDay(date: ServiceDate, options: { remember?: boolean } = {}): Promise<void> {
    const { his, hcode } = this.#site;
    const visits = await his.visitsOn(date);
    await this.#takeIn.take(visits, options);
    const standing = new Set(visits.map((v) => v.vn));
    for (const known of await this.#house.ledger.caseKeysOn(hcode, date)) {
      if (standing.has(known.vn) || known.visitGone) continue;
      // asked for by itself before it is believed: a row may have come back, or moved to another day
      const visit = await his.visit(known.vn);
      if (visit === null) await this.#takeIn.gone(known.vn);
      else await this.#takeIn.take([visit], options);
    }
  }
}

/** Either way: a clock that was set back must not put it off. */
function isTurn(now: Instant, last: Instant, everyMs: number): boolean {
  return Math.abs(now - last) >= everyMs;
}
