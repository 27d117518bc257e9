/** Short words for what tests do to cases. Each test takes a site of its own, so tests share a store without meeting. */

import type { Case, HistoryEntry } from '../../../src/domain/case.ts';
import type { CaseChange } from '../../../src/service/ports/ledger.ts';
import { SAMPLE_AT, sampleCase } from '../../support/samples.ts';

let sites = 20_000;
export function newSite(): string {
  return String(++sites);
}

let codes = 0;
export function newCode(): string {
  return `PP${String(++codes).padStart(10, '0')}`;
}

export function heldCode(claimCode: string): NonNullable<Case['code']> {
  return { claimCode, claimType: 'PG0060001', issuedAt: SAMPLE_AT, source: 'confirm' };
}

export function line(overrides: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    at: SAMPLE_AT,
    actor: 'bridge',
    event: 'visit-seen',
    fromState: null,
    toState: 'awaiting-card',
    reason: null,
    detail: {},
    ...overrides,
  };
}

/** The change that makes a case. */
export function created(overrides: Partial<Case> = {}): CaseChange {
  return { next: sampleCase(overrides), from: null, history: [line()] };
}

/** The change that turns `before` into the same case with `overrides`. */
export function changed(before: Case, overrides: Partial<Case> = {}): CaseChange {
  const next = { ...before, ...overrides, version: before.version + 1 };
  const history = [line({ event: 'changed', fromState: before.state, toState: next.state })];
  return { next, from: before.version, history };
}

/** What became of a promise, in one word: `ok` or the error's code. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
