/** What must hold for every change of every case, whatever the event. */

import { expect } from 'vitest';
import type { Case, HistoryEntry, Reason } from '../../../src/domain/case.ts';
import { parseCitizenId } from '../../../src/domain/citizen-id.ts';

/** `before`: the case that the ledger held; null when it held none. */
export function expectLegal(
  before: Case | null,
  { next, history }: { next: Case; history: readonly HistoryEntry[] },
): void {
  expect(next.version).toBe((before?.version ?? 0) + 1);
  expect(history.length).toBeGreaterThan(0);
  let state = before?.state ?? null;
  for (const line of history) {
    expect(line.fromState, `${line.event} begins where the case stood`).toBe(state);
    state = line.toState;
    expect(citizenIdsIn(JSON.stringify(line))).toEqual([]);
  }
  expect(state, 'the last line ends where the case stands').toBe(next.state);
  expect(citizenIdsIn(next.reasonDetail ?? '')).toEqual([]);

  const seqBefore = before?.stepSeq ?? 0;
  expect(next.stepSeq).toBeGreaterThanOrEqual(seqBefore);
  const isSameStep = before !== null && next.nextStep === before.nextStep && next.dueAt === before.dueAt;
  if (next.nextStep !== null && !isSameStep) expect(next.stepSeq).toBeGreaterThan(seqBefore);
}

/** What must hold for a case that the bridge itself has made, beside {@link expectLegal}. */
export function expectSound(c: Case): void {
  const about = `${c.vn} ${c.state} ${c.reason}`;
  expect(c.nextStep === null, about).toBe(c.dueAt === null);
  if (['confirmed', 'found-elsewhere', 'written'].includes(c.state)) expect(c.code, about).not.toBeNull();
  if (['confirmed', 'found-elsewhere'].includes(c.state)) expect(c.nextStep, about).toBe('write-back');
  if (c.state === 'confirming') expect(c.askedAt, about).not.toBeNull();
  if (['confirming', 'unknown'].includes(c.state)) expect(c.nextStep, about).toBe('lookup');
  if (['ready', 'drafted', 'awaiting-card', 'offline', 'expired', 'cancelled'].includes(c.state)) {
    expect(c.askedAt, about).toBeNull();
    expect(c.code, about).toBeNull();
  }
  if (c.state === 'ready' || c.state === 'drafted') expect(c.nextStep, about).not.toBeNull();
  if (['ready', 'drafted', 'offline'].includes(c.state)) expect(c.readId, about).not.toBeNull();
  if (['ready', 'drafted', 'awaiting-card', 'offline'].includes(c.state)) {
    expect(c.visitGone, about).toBe(false);
    expect(c.pid, about).toBe(parseCitizenId(c.visit.pid));
  }
  // a case on the list is looked up once when its day is over
  if (c.state === 'needs-staff') expect([null, 'lookup'], about).toContain(c.nextStep);
  // what is in doubt is looked at again, whatever has become of the case since
  if (c.recheckAt !== null) expect([c.askedAt, c.nextStep], about).not.toContain(null);
  if (['expired', 'cancelled', 'closed', 'not-required', 'written'].includes(c.state)) {
    expect(c.nextStep, about).toBe(c.recheckAt === null ? null : 'lookup');
    expect(c.reason === null, about).toBe(c.state === 'written');
  }
  if (c.state === 'needs-staff') expect(c.reason, about).not.toBeNull();
  // presence was proved, and the case goes on by itself when the code is there
  if (c.state === 'needs-staff' && c.reason === 'enter-at-nhso') {
    expect(['certified', 'photo'], about).toContain(c.readKind);
    expect(c.nextStep, about).toBe('lookup');
    expect([c.askedAt, c.code, c.correlationId], about).toEqual([null, null, null]);
  }
  if (c.state === 'ready' || c.state === 'drafted') expect(c.readKind, about).toBe('full');
  // a client of the agent API may ask with a read that no visit is paired with
  if (c.state === 'confirming') expect(c.correlationId, about).not.toBeNull();
  if (c.state === 'confirming') expect(['full', 'card-only', null], about).toContain(c.readKind);
  if (c.state === 'offline') expect(['full', 'card-only'], about).toContain(c.readKind);
  if (SAYS_ALL.includes(c.reason) || c.state === 'written') expect(c.reasonDetail, about).toBeNull();
}

/** Reasons that have nothing to add: a detail beside one of them is that of a reason which is over. */
const SAYS_ALL: readonly (Reason | null)[] = [
  'waiting-card',
  'ledger-restored',
  'no-phone',
  'no-citizen-id',
  'invalid-citizen-id',
  'day-over-no-card',
  'enter-at-nhso',
  'day-over-not-entered',
  'visit-cancelled',
  'code-ambiguous',
  'not-required-visit-kind',
  'not-required-nationality',
  'not-required-right',
  'not-required-department',
];

/** Whole citizen ids in a text: nobody but the visit and the read may carry one. */
function citizenIdsIn(text: string): string[] {
  return [...text.matchAll(/(?<!\d)\d{13}(?!\d)/g)].map((m) => m[0]).filter(isCitizenIdNotTime);
}

/** Epoch milliseconds have thirteen digits too; these tests stand in 2026. */
function isCitizenIdNotTime(digits: string): boolean {
  return (
    parseCitizenId(digits) !== null && Math.abs(Number(digits) - Date.UTC(2026, 10, 20)) > 400 * 86_400_000
  );
}
