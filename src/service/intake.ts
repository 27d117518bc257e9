/**
 * Intake: from the HIS's visits to cases. A poll looks at the window since the last one, with an overlap in which rows
 * that were committed late still turn up; a digest of the day shows edits, removals and rows that came later still,
 * and then the whole day is read. What is already known costs nothing but the comparison.
 */

import { addDays, type Instant, type ServiceDate, serviceDateOf } from '../domain/bangkok.ts';
import { isBridgeError } from '../domain/bridge-error.ts';
import type { Case } from '../domain/case.ts';
import { isTakenOut, openCase, toStaff, visitGone, visitSeen } from '../domain/machine/facts.ts';
import type { Change } from '../domain/machine/transition.ts';
import type { Visit } from '../domain/visit.ts';
import { pairPerson } from './pair.ts';
import type { CaseChange } from './ports/ledger.ts';
import type { House, Site } from './site.ts';
import { vnAt } from './steps/step.ts';
import { countChange, toCaseChange, updateCase } from './update.ts';

const BATCH = 500;
/** People paired at a time: they share the ledger's commits. */
const TOGETHER = 50;

export class Intake {
  readonly #house: House;
  readonly #site: Site;
  readonly #kick: () => void;
  /** What was last committed of each visit, so that an unchanged row is not looked up in the ledger again. */
  #seen = new Map<string, string>();
  #digest: { date: ServiceDate; value: string } | null = null;
  #digestAt: Instant = 0;
  #polledTo: Instant | null = null;
  #lastSuccess: Instant | null = null;
  #trouble: string | null = null;

  constructor(house: House, site: Site, kick: () => void) {
    this.#house = house;
    this.#site = site;
    this.#kick = kick;
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
    // either way: a clock that was set back must not put it off
    const isDigestTurn = Math.abs(now - this.#digestAt) >= this.#site.settings.digestMs;
    const begun = performance.now();
    const kind = isDigestTurn ? 'digest' : 'visits';
    try {
      if (this.#polledTo !== null) await this.#window(this.#polledTo, now);
      if (isDigestTurn) await this.#compareDay(now);
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

  async #window(polledTo: Instant, now: Instant): Promise<void> {
    const from = polledTo - this.#site.settings.overlapMs;
    await this.#take(await this.#site.his.visitsFrom(from, now));
  }

  /** Reads the whole day when its digest has moved; after midnight (and at the start) the day before once more. */
  async #compareDay(now: Instant): Promise<void> {
    const today = serviceDateOf(now);
    const before = this.#digest;
    if (before?.date !== today) {
      await this.#readDay(before?.date ?? addDays(today, -1));
      // a new day has begun: what is remembered of older ones is not needed any more
      this.#seen.clear();
    }
    // the digest is taken first: what changes while the day is read moves it again
    const value = await this.#site.his.digestOf(today);
    if (before?.date !== today || before.value !== value) await this.#readDay(today);
    this.#digest = { date: today, value };
    this.#digestAt = now;
  }

  async #readDay(date: ServiceDate): Promise<void> {
    const visits = await this.#site.his.visitsOn(date);
    await this.#take(visits);
    const standing = new Set(visits.map((v) => v.vn));
    for (const known of await this.#house.ledger.caseKeysOn(this.#site.hcode, date)) {
      if (standing.has(known.vn) || known.visitGone) continue;
      // asked for by itself before it is believed: a row may have come back, or moved to another day
      const visit = await this.#site.his.visit(known.vn);
      if (visit === null) await this.#gone(known.vn);
      else await this.#take([visit]);
    }
  }

  async #gone(vn: string): Promise<void> {
    const key = { hcode: this.#site.hcode, vn };
    await updateCase(this.#house, key, (c) => visitGone(c, this.#house.clock.now()));
    this.#seen.delete(vn);
    this.#kick();
  }

  async #take(visits: readonly Visit[]): Promise<void> {
    const fresh = visits.filter((v) => this.#seen.get(v.vn) !== fingerprint(v));
    for (let i = 0; i < fresh.length; i += BATCH) {
      const batch = fresh.slice(i, i + BATCH);
      const changed = await this.#commitBatch(batch);
      for (const visit of batch) this.#seen.set(visit.vn, fingerprint(visit));
      await this.#pair(changed);
      if (changed.length > 0) this.#kick();
    }
  }

  async #commitBatch(batch: readonly Visit[]): Promise<Case[]> {
    const keys = batch.map((v) => ({ hcode: v.hcode, vn: v.vn }));
    const known = new Map((await this.#house.ledger.cases(keys)).map((c) => [c.vn, c]));
    const changes: CaseChange[] = [];
    for (const visit of batch) {
      const current = known.get(visit.vn) ?? null;
      const change = await this.#decide(visit, current);
      if (change !== null) changes.push(toCaseChange(current, change));
    }
    if (changes.length === 0) return [];
    try {
      await this.#house.ledger.commit(changes);
      for (const c of changes) countChange(this.#house, known.get(c.next.vn) ?? null, c.next);
      return changes.map((c) => c.next);
    } catch (error) {
      if (!isBridgeError(error, 'conflict', 'code-held', 'already-asked', 'bad-input')) throw error;
      // one of them stands in the way of the rest: one by one, each with its own end
      const done = await Promise.all(batch.map((visit) => this.#commitOne(visit)));
      return done.filter((c) => c !== null);
    }
  }

  async #commitOne(visit: Visit): Promise<Case | null> {
    for (;;) {
      const current = await this.#house.ledger.case(visit);
      const change = await this.#decide(visit, current);
      if (change === null) return null;
      try {
        await this.#house.ledger.commit([toCaseChange(current, change)]);
        countChange(this.#house, current, change.next);
        return change.next;
      } catch (error) {
        if (isBridgeError(error, 'conflict')) continue;
        if (isBridgeError(error, 'bad-input')) {
          // the one row that the ledger cannot hold stops no other
          this.#house.log.error({ site: this.#site.hcode, why: error.message }, 'a visit cannot be taken in');
          return null;
        }
        if (!isBridgeError(error, 'code-held')) throw error;
        return this.#holdBack(current, change);
      }
    }
  }

  /** The HIS holds one code on two visits: the second goes to a person. */
  async #holdBack(current: Case | null, change: Change): Promise<Case> {
    const claimCode = change.next.code?.claimCode ?? '';
    const holder = await this.#house.ledger.holderOfCode(claimCode);
    const otherVn = vnAt(this.#site.hcode, holder);
    const cause = { event: 'code-held', at: this.#house.clock.now(), detail: { claimCode, otherVn } };
    const without = { ...change.next, version: current?.version ?? 0, code: null, writtenAt: null };
    const staff = toStaff(
      without,
      'code-held',
      otherVn === null ? claimCode : `${claimCode} → ${otherVn}`,
      cause,
    );
    await this.#house.ledger.commit([
      toCaseChange(current, { next: staff.next, history: [...change.history, ...staff.history] }),
    ]);
    countChange(this.#house, current, staff.next);
    return staff.next;
  }

  async #decide(visit: Visit, current: Case | null): Promise<Change | null> {
    const now = this.#house.clock.now();
    if (current === null) return openCase(visit, this.#site.policy, now);
    const read = current.readId === null ? null : await this.#house.ledger.cardRead(current.readId);
    // the row may have been read just before the code was written; the case says it was, so now it must show
    const told = isTakenOut(current, visit) ? await this.#site.his.visit(visit.vn) : visit;
    if (told === null) return null;
    return visitSeen(current, told, read, this.#site.policy, now);
  }

  async #pair(changed: readonly Case[]): Promise<void> {
    const dates = new Set(changed.filter((c) => c.pid !== null).map((c) => c.serviceDate));
    for (const date of dates) {
      const withReads = new Set(await this.#house.ledger.pidsWithUnpairedReads(this.#site.hcode, date));
      const people = new Set(changed.filter((c) => c.serviceDate === date).map((c) => c.pid));
      const toPair = [...people].filter((pid) => pid !== null && withReads.has(pid));
      for (let i = 0; i < toPair.length; i += TOGETHER) {
        const some = toPair.slice(i, i + TOGETHER);
        await Promise.all(
          some.map((pid) => pid !== null && pairPerson(this.#house, this.#site.hcode, pid, date)),
        );
      }
    }
  }
}

function fingerprint(visit: Visit): string {
  return JSON.stringify(visit);
}
