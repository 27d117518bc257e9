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

/** How a look is made. */
export interface Look {
  /** Something has changed in the HIS, and it need not show in the numbers: the day's rows are counted as well. */
  isRung?: boolean;
  /** Asked when there is a day that is over and still to be read: it can wait for the next look. */
  mayReadPastDay?: () => boolean;
}

export interface LookedAt {
  /** How long the HIS took to tell what is new, ms; null when it has not been asked, or has not told. */
  tookMs: number | null;
  /** The HIS did not answer as it should. What else has failed (the ledger) says nothing of it. */
  isAway: boolean;
  /** True when anything in the visits that were read was new. */
  isNews: boolean;
}

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
  #trouble: { why: string; since: Instant } | null = null;
  /** Of the look that is under way. */
  #tookMs: number | null = null;
  #isNews = false;
  readonly #share: number;

  /** `share` (0…1): its counts and digests come so much of their time later, lest those of a hundred sites all come at once. */
  constructor(house: House, site: Site, kick: () => void, share = 0) {
    this.#house = house;
    this.#site = site;
    this.#share = share;
    this.#takeIn = new TakeIn(house, site, kick);
    this.#pastDays = new PastDays(house, site, (date) => this.#readDay(date, { remember: false }));
  }

  /** When the HIS last answered, and what is wrong, since when, if it does not. */
  get health(): { lastSuccess: Instant | null; trouble: { why: string; since: Instant } | null } {
    return { lastSuccess: this.#lastSuccess, trouble: this.#trouble };
  }

  /**
   * One poll. When the HIS or the ledger is away that is said once, and the next poll takes up all that was missed;
   * only a fault of ours is thrown.
   */
  async poll({ isRung = false, mayReadPastDay = () => true }: Look = {}): Promise<LookedAt> {
    const { clock, metrics } = this.#house;
    const site = this.#site.hcode;
    const now = clock.now();
    const isDigestTurn = isTurn(now, this.#digestAt, this.#site.settings.digestMs);
    const begun = performance.now();
    const kind = isDigestTurn ? 'digest' : 'visits';
    this.#tookMs = null;
    this.#isNews = false;
    try {
      if (this.#polledTo !== null) await this.#look(this.#polledTo, now, isRung);
      if (isDigestTurn) {
        await this.#compareDay(now);
        await this.#pastDays.recountOne();
      }
      await this.#pastDays.readOne(serviceDateOf(now), mayReadPastDay);
      this.#polledTo = now;
      this.#lastSuccess = now;
      if (this.#trouble !== null) this.#house.log.info({ site }, 'the HIS can be polled again');
      this.#trouble = null;
      metrics.set('last-poll', Math.floor(now / 1000), { site });
      metrics.observe('poll', (performance.now() - begun) / 1000, { site, kind, outcome: 'ok' });
      return { tookMs: this.#tookMs, isAway: false, isNews: this.#isNews };
    } catch (error) {
      const outcome = isBridgeError(error) ? error.code : 'error';
      metrics.observe('poll', (performance.now() - begun) / 1000, { site, kind, outcome });
      this.#troubled(error);
      if (!isBridgeError(error)) throw error;
      return { tookMs: this.#tookMs, isAway: error.code.startsWith('his-'), isNews: this.#isNews };
    }
  }

  #troubled(error: unknown): void {
    const why = isBridgeError(error) ? error.message : 'unexpected error';
    if (why !== this.#trouble?.why) {
      const next =
        'new visits are not seen; the poll goes on trying, "npm run doctor" says what may be wrong';
      this.#house.log.warn({ site: this.#site.hcode, why }, `the HIS cannot be polled: ${next}`);
    }
    this.#trouble = { why, since: this.#trouble?.since ?? this.#house.clock.now() };
  }

  async #look(polledTo: Instant, now: Instant, isRung: boolean): Promise<void> {
    const { overlapMs } = this.#site.settings;
    // what came in on days that are over is found when they are read
    const from = Math.max(polledTo, startOfServiceDate(serviceDateOf(now))) - overlapMs;
    const begun = performance.now();
    const visits = await this.#site.his.newVisits(from, now, (vn) => this.#takeIn.isSettled(vn));
    this.#tookMs = performance.now() - begun;
    this.#note(await this.#takeIn.take(visits));
    if (isRung || isTurn(now, this.#countedAt, COUNT_MS)) await this.#count(from, now);
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
    this.#isNews ||= isNews;
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
    // the first time all sites are compared at once, and each at its own time from then on
    const early = before === null ? this.#share : 0;
    this.#digestAt = now - early * this.#site.settings.digestMs;
    if (before === null) this.#countedAt = now - early * COUNT_MS;
  }

  async #readDay(date: ServiceDate, options: { remember?: boolean } = {}): Promise<void> {
    const { his, hcode } = this.#site;
    const visits = await his.visitsOn(date);
    this.#isNews = (await this.#takeIn.take(visits, options)).isNews || this.#isNews;
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
