/**
 * A hospital's day in the model: HIS, NHSO, ledger and the bridge's steps, driven through the real rules the way
 * `src/service` drives them. What the service does in one breath but a process may die in the midst of (announce, send,
 * answer; look up, commit; write, commit) is here cut into pieces with anything in between.
 */

import { expect } from 'vitest';
import type { SitePolicy } from '../../../../src/domain/assess.ts';
import { codesBeside, type Holder, type IssuedCode, matchCode } from '../../../../src/domain/authen-code.ts';
import { type Instant, serviceDateOf } from '../../../../src/domain/bangkok.ts';
import { isBridgeError } from '../../../../src/domain/bridge-error.ts';
import type { Case } from '../../../../src/domain/case.ts';
import { certifierOf, whyNotCertifier } from '../../../../src/domain/certifier.ts';
import { dayOver } from '../../../../src/domain/machine/day-end.ts';
import { cardPaired, openCase, toStaff, visitGone, visitSeen } from '../../../../src/domain/machine/facts.ts';
import { type LookupGrounds, lookedUp, lookupRefused } from '../../../../src/domain/machine/lookup.ts';
import * as obtain from '../../../../src/domain/machine/obtain.ts';
import { tellNotReadAgain } from '../../../../src/domain/machine/offline.ts';
import { putBack, seekFirst, seekWithoutCard } from '../../../../src/domain/machine/restored.ts';
import { lookedAtAgain } from '../../../../src/domain/machine/second-code.ts';
import { type Change, isRecheck } from '../../../../src/domain/machine/transition.ts';
import { type WriteBackResult, waitForHis, writtenBack } from '../../../../src/domain/machine/write-back.ts';
import { mobileOf } from '../../../../src/domain/mobile.ts';
import { pairReads } from '../../../../src/domain/pairing.ts';
import { DEFAULT_POLICY } from '../../../../src/domain/requirement.ts';
import type { Visit } from '../../../../src/domain/visit.ts';
import {
  SAMPLE_AT,
  SAMPLE_HCODE,
  sampleCertifiedRead,
  sampleCitizenId,
  samplePhotoRead,
  sampleRead,
  sampleVisit,
} from '../../../support/samples.ts';
import { LedgerModel } from './ledger.ts';
import { keyOf, type NhsoModel } from './nhso.ts';

const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const RECOVER_MS = 45 * SECOND;
export const SEND_WITHIN_MS = 3 * SECOND;
export const TIMES = {
  ...{ settleMs: 20 * SECOND, offlineMs: 10 * MINUTE },
  atWorkMs: RECOVER_MS,
};
const CALL_BACK = { afterMs: 30 * MINUTE, at: '15:00' };

export const POLICY: SitePolicy = {
  requirement: DEFAULT_POLICY,
  claimType: { default: 'PG0060001', rules: [{ departments: ['hd'], claimType: 'PG0130001' }] },
};

/** What becomes of a call to NHSO. */
/** `late`: the line breaks at once, and the agent goes on. */
export type Fate = 'answered' | 'lost' | 'late' | 'not-sent' | 'not-sent-there' | 'refused' | 'other-person';

/** Something that a process holds in its hands: it may be delivered late, or die with the process. */
type InHand = { deliver: () => void };

export class World {
  now: Instant = SAMPLE_AT;
  isHisUp = true;
  readonly nhso: NhsoModel;
  ledger = new LedgerModel();
  #backup: { ledger: LedgerModel; at: Instant } | null = null;
  /** Since when codes may stand nowhere, because the ledger that knew of them is lost; and until when. */
  readonly lost: { from: Instant; to: Instant }[] = [];
  readonly his = new Map<string, Visit>();
  inHand: InHand[] = [];
  #reads = 0;
  /** Whether a client of the agent API has asked in the place of this case; see `door.ts`. */
  askedByClient: (c: Case) => boolean = () => false;
  /** Look-ups at NHSO since the last confirm that was sent for the key. */
  readonly #lookupsSince = new Map<string, number>();

  constructor(nhso: NhsoModel) {
    this.nhso = nhso;
  }

  // the HIS, the counter

  register(vn: string, person: number, phones = ['0812345678']): void {
    if (this.his.has(vn) || this.ledger.cases.has(vn)) return;
    const visit = { vn, pid: sampleCitizenId(person), startedAt: this.now, phones };
    this.his.set(vn, sampleVisit({ ...visit, serviceDate: serviceDateOf(this.now) }));
  }

  edit(vn: string, news: Partial<Visit>): void {
    const visit = this.his.get(vn);
    if (visit !== undefined) this.his.set(vn, { ...visit, ...news });
  }

  showCard(person: number, kind: 'full' | 'card-only'): void {
    const id = `read-${++this.#reads}`;
    const isFull = kind === 'full' && this.nhso.isUp;
    const read = sampleRead({
      id,
      readAt: this.now,
      pid: sampleCitizenId(person),
      kind: isFull ? 'full' : 'card-only',
      correlationId: isFull ? `correlation-${id}` : null,
      claimTypes: [],
      pairedVn: null,
    });
    this.ledger.reads.set(id, read);
  }

  /** The person's presence is proved without their card; `certifier`'s own was read a moment before. */
  standIn(person: number, kind: 'certified' | 'photo', certifier: number): void {
    const at = {
      ...{ id: `read-${++this.#reads}`, readAt: this.now, pid: sampleCitizenId(person) },
      phone: `081234560${person}`,
    };
    if (kind === 'photo') {
      this.ledger.reads.set(at.id, samplePhotoRead({ ...at, serviceDate: serviceDateOf(this.now) }));
      return;
    }
    if (certifier === person) return;
    this.showCard(certifier, 'full');
    const card = this.ledger.reads.get(`read-${this.#reads}`);
    if (card === undefined) throw new Error('the card was read');
    const certified = { hcode: card.hcode, stationId: card.stationId, pid: at.pid, at: at.readAt };
    expect(whyNotCertifier(card, certified)).toBeNull();
    const stated = { role: 'guardian', relation: 'มารดา', reason: 'เด็กเล็ก' } as const;
    this.ledger.reads.set(at.id, sampleCertifiedRead({ ...at, certifier: certifierOf(card, stated) }));
  }

  // intake

  /** `rows`: what the HIS told, now or a while ago. */
  poll(rows: ReadonlyMap<string, Visit>, isFresh: boolean): void {
    for (const visit of rows.values()) {
      const current = this.ledger.cases.get(visit.vn) ?? null;
      const seen =
        current === null
          ? openCase(visit, POLICY, this.now)
          : visitSeen(current, visit, this.ledger.readOf(current), POLICY, this.now);
      if (seen !== null) this.#commitVisit(current, seen);
    }
    for (const known of this.ledger.cases.values()) {
      if (!isFresh || rows.has(known.vn)) continue;
      const gone = visitGone(known, this.now);
      if (gone !== null) this.ledger.commit(gone);
    }
  }

  #commitVisit(current: Case | null, seen: Change): void {
    try {
      this.ledger.commit(seen);
    } catch (error) {
      if (!isBridgeError(error, 'code-held')) throw error;
      const without = { ...seen.next, version: current?.version ?? 0, code: null, writtenAt: null };
      const claimCode = seen.next.code?.claimCode ?? '';
      const cause = { event: 'code-held', at: this.now, detail: { claimCode } };
      const staff = toStaff(without, 'code-held', claimCode, cause);
      this.ledger.commit({ next: staff.next, history: [...seen.history, ...staff.history] });
    }
  }

  pairAll(): void {
    const cases = [...this.ledger.cases.values()];
    const reads = [...this.ledger.reads.values()];
    for (const pid of new Set(reads.map((r) => r.pid))) {
      for (const date of new Set(reads.map((r) => r.serviceDate))) {
        const theirs = cases.filter((c) => c.pid === pid && c.serviceDate === date);
        const shown = reads.filter((r) => r.pid === pid && r.serviceDate === date);
        for (const { vn, readId } of pairReads(theirs, shown)) {
          const current = this.ledger.cases.get(vn);
          const read = this.ledger.reads.get(readId);
          if (current === undefined || read === undefined) throw new Error('a pair of strangers');
          this.ledger.pair(cardPaired(current, read, POLICY, this.now), readId);
        }
      }
    }
  }

  closeDays(): void {
    for (const c of this.ledger.cases.values()) {
      const isToday = c.serviceDate === serviceDateOf(this.now);
      const nhso = { status: this.nhso.isUp ? ('up' as const) : ('down' as const), backAt: null };
      const kept = isToday
        ? (seekWithoutCard(c, this.ledger.gap, this.now) ?? tellNotReadAgain(c, nhso, CALL_BACK, this.now))
        : dayOver(c, this.now);
      if (kept !== null) this.ledger.commit(kept);
    }
  }

  backUp(): void {
    this.#backup = { ledger: this.ledger.copy(), at: this.now };
  }

  /** The process is killed, the ledger lost, and its backup put in its place. */
  restore(): void {
    if (this.#backup === null) return;
    const { ledger, at } = this.#backup;
    this.inHand = [];
    this.ledger = ledger.copy();
    this.now += SECOND; // a script does it; the agent may still be at work on what the dead process sent
    this.ledger.gap = putBack(ledger.gap, at, this.now);
    this.lost.push({ from: at, to: this.now });
  }

  // the steps

  /** The next step of the visit, when it is due. */
  work(vn: string, fate: Fate): void {
    const c = this.ledger.cases.get(vn);
    if (c?.nextStep == null || (c.dueAt ?? 0) > this.now) return;
    if (c.nextStep === 'draft') this.#draft(c, fate);
    else if (c.nextStep === 'confirm') this.#confirm(c, fate);
    else if (c.nextStep === 'lookup') this.#lookup(c, fate);
    else this.#writeBack(c);
  }

  /** Lets the time pass until the next step of the visit is due. */
  waitFor(vn: string): void {
    this.now = Math.max(this.now, this.ledger.cases.get(vn)?.dueAt ?? 0);
  }

  #draft(c: Case, fate: Fate): void {
    if (!this.#mayAsk(c) || this.askedByClient(c)) return;
    const other = this.ledger.otherAsker(c);
    if (other !== null) this.ledger.commit(obtain.sameDayAsked(c, other, this.now));
    else if (!this.nhso.isUp) this.#try(obtain.waitForNhso(c, 'down', this.now));
    else if (fate === 'refused') this.ledger.commit(obtain.refused(c, 'refused', this.now));
    else if (fate === 'other-person') {
      this.ledger.commit(toStaff(c, 'person-mismatch', null, { event: 'person-mismatch', at: this.now }));
    } else this.ledger.commit(obtain.draftSaved(c, this.now));
  }

  /** Announces a confirm; what follows is in the process's hands. */
  #confirm(c: Case, fate: Fate): void {
    if (!this.#mayAsk(c)) return;
    let asked: Case;
    try {
      asked = this.ledger.commit(obtain.confirmSending(c, this.now + RECOVER_MS, this.now));
    } catch (error) {
      if (!isBridgeError(error, 'already-asked')) throw error;
      if (this.askedByClient(c)) return;
      this.ledger.commit(obtain.sameDayAsked(c, this.ledger.otherAsker(c) ?? '', this.now));
      return;
    }
    this.#expectMayBeAsked(asked);
    this.inHand.push({ deliver: () => this.#send(asked, fate) });
  }

  #send(asked: Case, fate: Fate): void {
    const { now } = this;
    if (now - (asked.askedAt ?? 0) > SEND_WITHIN_MS) {
      this.ifMine(asked, (c) =>
        obtain.confirmNotSent(c, this.grounds(c), 'held up', { step: 'confirm', dueAt: now }, now),
      );
      return;
    }
    if (fate === 'not-sent' || fate === 'not-sent-there') {
      const again =
        fate === 'not-sent'
          ? ({ step: 'confirm', dueAt: now + 15_000 } as const)
          : ({ step: 'draft', dueAt: now } as const);
      this.ifMine(asked, (c) => obtain.confirmNotSent(c, this.grounds(c), 'nobody there', again, now));
      return;
    }
    if (!this.nhso.isUp) {
      this.ifMine(asked, (c) => obtain.answerLost(c, 'down', now + 2_000, now));
      return;
    }
    this.expectAskedOnce(asked.pid ?? '', asked.claimType ?? '');
    if (fate === 'late') {
      this.nhso.confirmLate(asked.pid ?? '', asked.claimType ?? '', now);
      this.inHand.push({
        deliver: () => this.ifMine(asked, (c) => obtain.answerLost(c, 'cut', this.now + 2_000, this.now)),
      });
      return;
    }
    const answer = this.nhso.confirm(asked.pid ?? '', asked.claimType ?? '', now);
    if (fate === 'lost') {
      this.inHand.push({
        deliver: () => this.ifMine(asked, (c) => obtain.answerLost(c, 'lost', this.now + 2_000, this.now)),
      });
    } else if (answer === 'refused') {
      this.inHand.push({
        deliver: () => this.ifMine(asked, (c) => obtain.refused(c, 'already requested', this.now)),
      });
    } else this.inHand.push({ deliver: () => this.take(asked, answer) });
  }

  take(asked: Case, code: IssuedCode): void {
    const taken = this.ifMine(asked, (c) => obtain.codeIssued(c, code, this.now));
    if (taken) return;
    const c = this.ledger.cases.get(asked.vn);
    const late = c === undefined ? null : obtain.codeCameLate(c, code, this.now);
    if (late !== null) this.#commitCode(late, code.claimCode);
  }

  #lookup(c: Case, fate: Fate): void {
    if (c.pid === null || c.claimType === null) return;
    if (!this.nhso.isUp) {
      this.#try(obtain.waitForNhso(c, 'down', this.now));
      return;
    }
    if (fate === 'refused') {
      this.ledger.commit(lookupRefused(c, 'token not good', this.now));
      return;
    }
    const wanted = obtain.wantedOf(c);
    const codes = this.nhso.latestOf(c.pid, this.now);
    const holders = new Map(codes.map((code) => [code.claimCode, this.ledger.holderOf(code, c)]));
    const holderOf = (code: string) => asHolder(holders.get(code) ?? null);
    if (isRecheck(c)) {
      const beside = codesBeside(c.code?.claimCode ?? null, codes, wanted, holderOf);
      this.inHand.push({
        deliver: () => this.ifMine(c, (latest) => lookedAtAgain(latest, beside, TIMES, this.now)),
      });
      return;
    }
    const match = matchCode(codes, wanted, holderOf);
    const key = keyOf(c.pid, c.claimType, c.askedAt ?? this.now);
    if (match.kind === 'none') this.sawNothing(key);
    this.inHand.push({
      deliver: () =>
        this.ifMine(c, (latest) =>
          latest.pid === c.pid && latest.claimType === c.claimType && latest.serviceDate === c.serviceDate
            ? lookedUp(latest, match, this.grounds(latest), TIMES, this.now)
            : null,
        ),
    });
  }

  #writeBack(c: Case): void {
    const { vn } = c;
    if (c.code === null) return;
    if (!this.isHisUp) {
      this.#try(waitForHis(c, 'down', this.now));
      return;
    }
    const { claimCode } = c.code;
    const row = this.his.get(vn);
    let result: WriteBackResult;
    if (row === undefined) result = { kind: 'no-visit' };
    else if (row.code === claimCode) result = { kind: 'already' };
    else if (row.code !== null) result = { kind: 'occupied', holds: row.code };
    else {
      this.his.set(vn, { ...row, code: claimCode });
      result = { kind: 'written', row: { vn }, previous: null };
    }
    this.inHand.push({ deliver: () => this.ifMine(c, (latest) => writtenBack(latest, result, this.now)) });
  }

  /** A person's decision; what the case does not permit is turned down. */
  decide(vn: string, decision: (c: Case, world: World) => Change | null): void {
    const c = this.ledger.cases.get(vn);
    const change = c === undefined ? null : decision(c, this);
    try {
      this.#try(change);
    } catch (error) {
      if (!isBridgeError(error, 'code-held')) throw error;
    }
  }

  deliver(which: number): void {
    const [one] = this.inHand.splice(which % Math.max(1, this.inHand.length), 1);
    one?.deliver();
  }

  // what the service has of its own

  #mayAsk(c: Case): boolean {
    const instead = obtain.mayAsk(c, this.now)
      ? seekFirst(c, this.ledger.gap, this.now)
      : dayOver(c, this.now);
    this.#try(instead);
    return instead === null && obtain.mayAsk(c, this.now);
  }

  /** True when the case still waits for this very step; then the change (if any) is committed. */
  ifMine(step: Case, decide: (c: Case) => Change | null): boolean {
    const c = this.ledger.cases.get(step.vn);
    if (c === undefined || c.nextStep !== step.nextStep || c.stepSeq !== step.stepSeq) return false;
    const change = decide(c);
    if (change !== null) this.#commitCode(change, change.next.code?.claimCode ?? '', c);
    return true;
  }

  #commitCode(change: Change, claimCode: string, current = this.ledger.cases.get(change.next.vn)): void {
    try {
      this.ledger.commit(change);
    } catch (error) {
      if (!isBridgeError(error, 'code-held') || current === undefined) throw error;
      const holder = this.ledger.holderOf({ claimCode, issuedAt: null }, current);
      this.ledger.commit(obtain.codeHeld(current, claimCode, holder, this.now));
    }
  }

  grounds(c: Case): LookupGrounds {
    return { read: this.ledger.readOf(c), policy: POLICY, gap: this.ledger.gap };
  }

  #try(change: Change | null): void {
    if (change !== null) this.ledger.commit(change);
  }

  // what is never bent

  /** Rules 4 and 5, and that nothing is asked for a visit that is known not to need it. */
  #expectMayBeAsked(asked: Case): void {
    const read = this.ledger.readOf(asked);
    expect(read?.pid, "the card is the patient's").toBe(asked.pid);
    expect(asked.visit.pid).toBe(asked.pid);
    expect(read?.kind).toBe('full');
    expect(read?.correlationId).toBe(asked.correlationId);
    expect(read?.serviceDate, 'read on the service date').toBe(asked.serviceDate);
    expect(serviceDateOf(this.now)).toBe(asked.serviceDate);
    expect(asked.hcode).toBe(SAMPLE_HCODE);
    expect(mobileOf(asked), 'no phone is invented').not.toBeNull();
    const given = [...this.ledger.reads.values()].filter((r) => r.pid === asked.pid).map((r) => r.phone);
    if (asked.givenMobile !== null) expect(given, 'given for this very person').toContain(asked.givenMobile);
    expect(asked.visitGone).toBe(false);
    expect(asked.visit.code, 'the HIS held no code').toBeNull();
  }

  /** Rule 1: whoever asks, the bridge or a client. */
  expectAskedOnce(pid: string, claimType: string): void {
    const key = keyOf(pid, claimType, this.now);
    expect(this.nhso.isAtWork(key, this.now), 'asked again while the first is at work').toBe(false);
    const before = this.nhso.asked.filter((a) => a.key === key);
    const issued = before.filter((a) => a.outcome === 'issued').map((a) => a.claimCode);
    expect(issued, `asked again after a first success: ${claimType}`).toEqual([]);
    const last = before.at(-1);
    if (last !== undefined)
      expect(this.#lookupsSince.get(key) ?? 0, 'a look-up in between').toBeGreaterThan(0);
    this.#lookupsSince.set(key, 0);
  }

  /** A look-up at NHSO has shown nothing that fits. */
  sawNothing(key: string): void {
    this.#lookupsSince.set(key, (this.#lookupsSince.get(key) ?? 0) + 1);
  }
}

function asHolder(vn: string | null): Holder | null {
  return vn === null ? null : { vn };
}
