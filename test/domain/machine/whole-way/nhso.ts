/** NHSO in the model: it issues codes, may refuse, and remembers who asked for what. */

import type { IssuedCode } from '../../../../src/domain/authen-code.ts';
import { type Instant, serviceDateOf } from '../../../../src/domain/bangkok.ts';
import { SAMPLE_HCODE } from '../../../support/samples.ts';

export interface Asked {
  key: string;
  at: Instant;
  outcome: 'issued' | 'refused';
  claimCode: string | null;
}

export class NhsoModel {
  isUp = true;
  /** Codes for one person, day and claim type; a further confirm is refused. */
  readonly limit: number;
  /** Look-ups do not say the claim type: then no code fits for certain. */
  readonly isTerse: boolean;
  /** How long a new code stays out of the look-ups, ms. */
  readonly hiddenMs: number;
  /** How long a confirm takes whose caller has gone, ms. */
  readonly lateMs: number;
  readonly asked: Asked[] = [];
  #atWork: { key: string; endsAt: Instant; end: () => void }[] = [];
  readonly codes: (IssuedCode & { ours: boolean })[] = [];
  #serial = 1_000_000_000;

  constructor(habits: { limit: number; isTerse: boolean; hiddenMs: number; lateMs: number }) {
    this.limit = habits.limit;
    this.isTerse = habits.isTerse;
    this.hiddenMs = habits.hiddenMs;
    this.lateMs = habits.lateMs;
  }

  /** Nobody will hear the answer. */
  confirmLate(pid: string, claimType: string, at: Instant): void {
    const endsAt = at + this.lateMs;
    this.#atWork.push({
      key: keyOf(pid, claimType, at),
      endsAt,
      end: () => this.#confirm(pid, claimType, endsAt),
    });
  }

  isAtWork(key: string, at: Instant): boolean {
    this.#endLate(at);
    return this.#atWork.some((work) => work.key === key);
  }

  #endLate(at: Instant): void {
    const ended = this.#atWork.filter(({ endsAt }) => endsAt <= at);
    this.#atWork = this.#atWork.filter(({ endsAt }) => endsAt > at);
    for (const { end } of ended) end();
  }

  confirm(pid: string, claimType: string, at: Instant): IssuedCode | 'refused' {
    this.#endLate(at);
    return this.#confirm(pid, claimType, at);
  }

  #confirm(pid: string, claimType: string, at: Instant): IssuedCode | 'refused' {
    const key = keyOf(pid, claimType, at);
    const before = this.codes.filter(
      (c) => c.pid === pid && c.claimType === claimType && sameDay(c.issuedAt, at),
    );
    if (before.length >= this.limit) {
      this.asked.push({ key, at, outcome: 'refused', claimCode: null });
      return 'refused';
    }
    const code = this.issue(pid, claimType, at, true);
    this.asked.push({ key, at, outcome: 'issued', claimCode: code.claimCode });
    return code;
  }

  /** By us, or (not `ours`) by the LINE app, a kiosk, the web page. */
  issue(pid: string, claimType: string, at: Instant, ours = false): IssuedCode {
    const code = {
      claimCode: `PP${++this.#serial}`,
      claimType,
      hcode: SAMPLE_HCODE,
      issuedAt: at,
      pid,
      ours,
    };
    this.codes.push(code);
    return code;
  }

  latestOf(pid: string, at: Instant): IssuedCode[] {
    this.#endLate(at);
    return this.codes
      .filter((c) => c.pid === pid && (c.issuedAt ?? 0) + this.hiddenMs <= at)
      .slice(-5)
      .map(({ ours: _, ...c }) => (this.isTerse ? { ...c, claimType: null } : c));
  }
}

export function keyOf(pid: string, claimType: string, at: Instant): string {
  return `${pid}|${serviceDateOf(at)}|${claimType}`;
}

function sameDay(a: Instant | null, b: Instant): boolean {
  return a !== null && serviceDateOf(a) === serviceDateOf(b);
}
