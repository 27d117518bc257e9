/**
 * From visits that the HIS told of to cases: each is compared with what the ledger holds of it, and committed when that
 * changes something. What this process took in itself and nobody has changed since costs only a comparison in memory.
 */

import type { Instant } from '../domain/bangkok.ts';
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
/** A clerk is still at work on a visit that is new or was changed so lately: it is read at each poll. */
const SETTLES_MS = 120_000;
/** Of those at most so many, the newest: when thousands come at once, reading them all at each poll holds up their codes. */
const UNSETTLED = 500;

/** In the place of a version: the ledger must be asked. */
const STALE = -1;

/** A visit as this process last took it in. */
interface Seen {
  fingerprint: string;
  /** Of the case, after that; 0 while there is none. When the ledger has another one, somebody else may know better. */
  version: number;
  at: Instant;
  /** How many had been met before it. */
  nth: number;
}

export interface Taken {
  /** Those whose number this process had not met. */
  unmet: readonly Visit[];
  /** True when anything in them was new. */
  isNews: boolean;
}

export class TakeIn {
  readonly #house: House;
  readonly #site: Site;
  readonly #kick: () => void;
  readonly #seen = new Map<string, Seen>();
  #met = 0;

  constructor(house: House, site: Site, kick: () => void) {
    this.#house = house;
    this.#site = site;
    this.#kick = kick;
  }

  /** True while nothing is known to go on at the visit's row; a later change shows in the day's digest. */
  isSettled(vn: string): boolean {
    const seen = this.#seen.get(vn);
    if (seen === undefined) return false;
    return Math.abs(this.#house.clock.now() - seen.at) >= SETTLES_MS || seen.nth < this.#met - UNSETTLED;
  }

  /** `remember` is false for days that are over. */
  async take(visits: readonly Visit[], { remember = true } = {}): Promise<Taken> {
    const unmet = visits.filter((v) => !this.#seen.has(v.vn));
    const fresh = visits.filter((v) => {
      const seen = this.#seen.get(v.vn);
      return seen?.fingerprint !== fingerprint(v) || seen.version === STALE;
    });
    for (let i = 0; i < fresh.length; i += BATCH) {
      const batch = fresh.slice(i, i + BATCH);
      const { changed, versions } = await this.#commitBatch(batch);
      if (remember) for (const visit of batch) this.#remember(visit, versions.get(visit.vn) ?? 0);
      await this.#pair(changed);
      if (changed.length > 0) this.#kick();
    }
    return { unmet, isNews: fresh.length > 0 };
  }

  #remember(visit: Visit, version: number): void {
    const before = this.#seen.get(visit.vn);
    const now = fingerprint(visit);
    const at = before?.fingerprint === now ? before.at : this.#house.clock.now();
    this.#seen.set(visit.vn, { fingerprint: now, version, at, nth: before?.nth ?? this.#met++ });
  }

  /** The HIS no longer has the visit. */
  async gone(vn: string): Promise<void> {
    const key = { hcode: this.#site.hcode, vn };
    await updateCase(this.#house, key, (c) => visitGone(c, this.#house.clock.now()));
    this.#seen.delete(vn);
    this.#kick();
  }

  /**
   * The cases that have changed since this process took their visits in: by a step, a person, or another bridge that saw
   * something else in the HIS. Each is compared with the ledger when its visit comes next.
   */
  forgetChanged(standing: readonly { vn: string; version: number; visitGone: boolean }[]): number {
    let count = 0;
    for (const { vn, version, visitGone: isGone } of standing) {
      const seen = this.#seen.get(vn);
      if (seen === undefined ? isGone : seen.version === version) continue;
      if (seen !== undefined) seen.version = STALE;
      count++;
    }
    return count;
  }

  /** A new day has begun: what is remembered of older ones is not needed any more. */
  forgetAll(): void {
    this.#seen.clear();
  }

  async #commitBatch(
    batch: readonly Visit[],
  ): Promise<{ changed: readonly Case[]; versions: ReadonlyMap<string, number> }> {
    const keys = batch.map((v) => ({ hcode: v.hcode, vn: v.vn }));
    const known = new Map((await this.#house.ledger.cases(keys)).map((c) => [c.vn, c]));
    const changes: CaseChange[] = [];
    for (const visit of batch) {
      const current = known.get(visit.vn) ?? null;
      const change = await this.#decide(visit, current);
      if (change !== null) changes.push(toCaseChange(current, change));
    }
    const versions = new Map([...known].map(([vn, c]) => [vn, c.version]));
    const changed = changes.length === 0 ? [] : await this.#commit(batch, known, changes);
    for (const c of changed) versions.set(c.vn, c.version);
    return { changed, versions };
  }

  async #commit(
    batch: readonly Visit[],
    known: ReadonlyMap<string, Case>,
    changes: readonly CaseChange[],
  ): Promise<Case[]> {
    try {
      await this.#house.ledger.commit(changes);
      for (const c of changes) countChange(this.#house, known.get(c.next.vn) ?? null, c.next);
      return changes.map((c) => c.next);
    } catch (error) {
      if (!isBridgeError(error, 'conflict', 'code-held', 'already-asked', 'bad-input')) throw error;
      // one of them stands in the way of the rest: one by one, each with its own end; of two with one code the first keeps it
      const done: Case[] = [];
      for (const visit of batch) {
        const changed = await this.#commitOne(visit);
        if (changed !== null) done.push(changed);
      }
      return done;
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
