/**
 * NHSO itself in miniature: people, rights, correlation ids, and the codes it has issued. One centre can stand behind
 * many agents (counters, hospitals), as the real one does.
 */

import { randomUUID } from 'node:crypto';
import { localDate, localDateTime } from '../common/bangkok.ts';
import { Journal } from '../common/journal.ts';
import type { Outage } from '../common/serve.ts';
import { invalid, SpringFault } from '../common/spring.ts';
import type { JournalEntry } from './journal.ts';
import { CLAIM_TYPES, type NhsoPerson, type PersonInput, plausiblePerson, readAnswer } from './people.ts';
import { type AuthenRequest, requestFaults } from './validation.ts';

export type Channel = 'agent' | 'line' | 'kiosk' | 'new-authen' | 'erm';

export interface CentreCode {
  claimCode: string;
  /** `PP` = authen code, `EP` = close-visit code. */
  kind: 'PP' | 'EP';
  pid: string;
  hcode: string;
  claimType: string;
  /** UTC epoch milliseconds. */
  issuedAt: number;
  channel: Channel;
  correlationId: string | null;
  /** As it was given with the request; null when none was. */
  mobile: string | null;
}

/** How often a code was asked for, per person, Bangkok date and claim type: the figure that "ask once" is judged by. */
export interface ConfirmCount {
  pid: string;
  serviceDate: string;
  claimType: string;
  /** Confirms that reached NHSO, refused ones among them. */
  asked: number;
  issued: number;
  refused: number;
}

/** A code made without an agent, or long ago, or elsewhere. */
export interface CodeInput {
  pid: string;
  hcode: string;
  claimType?: string | undefined;
  kind?: 'PP' | 'EP' | undefined;
  channel?: Channel | undefined;
  /** UTC epoch milliseconds; now when left out. */
  issuedAt?: number | undefined;
  claimCode?: string | undefined;
  mobile?: string | null | undefined;
}

export interface CentreOptions {
  /** Codes per person, hospital, claim type and day; null = no limit. NHSO's is 1 or 2 (nobody knows for sure). */
  limitPerDay?: number | null;
}

export class NhsoCentre {
  /** Null while NHSO is up. */
  outage: Outage | null = null;
  limitPerDay: number | null;
  /** Added to the real clock. */
  clockOffsetMs = 0;
  readonly journal = new Journal<JournalEntry>();
  readonly #people = new Map<string, NhsoPerson>();
  readonly #codes = new Map<string, CentreCode[]>();
  readonly #pidOfCorrelation = new Map<string, string>();
  readonly #confirms = new Map<string, ConfirmCount>();
  #serial = 1_000_000_000 + Math.floor(Math.random() * 8_000_000_000);

  constructor(options: CentreOptions = {}) {
    this.limitPerDay = options.limitPerDay === undefined ? 1 : options.limitPerDay;
  }

  now(): number {
    return Date.now() + this.clockOffsetMs;
  }

  addPeople(people: readonly PersonInput[]): void {
    for (const p of people) this.#people.set(p.pid, { ...this.person(p.pid), ...p });
  }

  person(pid: string): NhsoPerson {
    return this.#people.get(pid) ?? plausiblePerson(pid);
  }

  /** Card or pid checked: the person's right and a fresh correlation id. */
  read(pid: string, hcode: string): Record<string, unknown> {
    const correlationId = randomUUID();
    this.#pidOfCorrelation.set(correlationId, pid);
    return readAnswer(this.person(pid), hcode, correlationId, this.now());
  }

  draft(request: AuthenRequest): Record<string, unknown> {
    this.#validate(request);
    return { pid: request.pid, claimType: request.claimType, createdDate: localDateTime(this.now()) };
  }

  /**
   * Takes a confirm, or throws the refusal; what it returns issues the code. Whoever does both in one go keeps two confirms from
   * slipping past the limit together. In between, nothing is there to refuse a second one for: then both are issued a code.
   */
  takeConfirm(request: AuthenRequest, hcode: string): () => CentreCode {
    const count = this.#count(request);
    count.asked += 1;
    try {
      this.#validate(request);
      this.#refuseSecond(request, hcode);
    } catch (refusal) {
      count.refused += 1;
      throw refusal;
    }
    return () => {
      count.issued += 1;
      return this.issue({ ...request, hcode }, request.correlationId);
    };
  }

  /** Issues a code by any channel, without asking the limit. */
  issue(input: CodeInput, correlationId: string | null = null): CentreCode {
    const kind = input.kind ?? 'PP';
    const code: CentreCode = {
      claimCode: input.claimCode ?? `${kind}${this.#nextSerial()}`,
      kind,
      pid: input.pid,
      hcode: input.hcode,
      claimType: input.claimType ?? 'PG0060001',
      issuedAt: input.issuedAt ?? this.now(),
      channel: input.channel ?? 'agent',
      correlationId,
      mobile: input.mobile ?? null,
    };
    const codes = this.#codes.get(code.pid);
    if (codes === undefined) this.#codes.set(code.pid, [code]);
    else codes.push(code);
    return code;
  }

  /** Newest authen code of the hospital for the person. */
  latest(pid: string, hcode: string): CentreCode | undefined {
    return this.codes(pid)
      .filter((c) => c.hcode === hcode && c.kind === 'PP')
      .sort((a, b) => b.issuedAt - a.issuedAt)[0];
  }

  /** The newest five of all hospitals, EP codes among them, deliberately not sorted: NHSO promises no order. */
  latestFive(pid: string): CentreCode[] {
    const newest = this.codes(pid).sort((a, b) => b.issuedAt - a.issuedAt);
    return newest.slice(0, 5).sort((a, b) => (a.claimCode < b.claimCode ? -1 : 1));
  }

  /** Every code issued so far, of one person or of all. */
  codes(pid?: string): CentreCode[] {
    return pid === undefined ? [...this.#codes.values()].flat() : [...(this.#codes.get(pid) ?? [])];
  }

  confirms(pid?: string): ConfirmCount[] {
    return [...this.#confirms.values()].filter((c) => pid === undefined || c.pid === pid);
  }

  /** Forgets codes, people, correlation ids, counts and journal; NHSO is up, its clock right. The limit stays. */
  reset(): void {
    this.outage = null;
    this.clockOffsetMs = 0;
    this.journal.clear();
    for (const map of [this.#people, this.#codes, this.#pidOfCorrelation, this.#confirms]) map.clear();
  }

  #validate(request: AuthenRequest): void {
    const { claimTypes } = this.person(request.pid);
    const offered = claimTypes.length > 0 ? claimTypes : Object.keys(CLAIM_TYPES);
    const faults = requestFaults(request, offered, this.#pidOfCorrelation.get(request.correlationId));
    if (faults.length > 0) throw invalid(faults);
  }

  #refuseSecond(request: AuthenRequest, hcode: string): void {
    if (this.limitPerDay === null) return;
    const today = localDate(this.now());
    const already = this.codes(request.pid).filter(
      (c) =>
        c.kind === 'PP' &&
        c.hcode === hcode &&
        c.claimType === request.claimType &&
        localDate(c.issuedAt) === today,
    );
    if (already.length < this.limitPerDay) return;
    const defaultMessage = `มีการขอ Authen Code สำหรับบริการนี้ในวันนี้แล้ว ไม่สามารถขอซ้ำได้ (เลขบัตร ${request.pid})`;
    throw new SpringFault(400, 'Bad Request', [
      { field: 'claimType', rejectedValue: request.claimType, defaultMessage },
    ]);
  }

  #count(request: AuthenRequest): ConfirmCount {
    const { pid, claimType } = request;
    const serviceDate = localDate(this.now());
    const key = `${pid}|${serviceDate}|${claimType}`;
    const count = this.#confirms.get(key) ?? { pid, serviceDate, claimType, asked: 0, issued: 0, refused: 0 };
    this.#confirms.set(key, count);
    return count;
  }

  #nextSerial(): number {
    this.#serial = this.#serial >= 9_999_999_999 ? 1_000_000_000 : this.#serial + 1;
    return this.#serial;
  }
}
