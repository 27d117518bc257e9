/** What a run of the reconciliation does to a case. */

import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import { visitSeen } from '../../../src/domain/machine/facts.ts';
import { ambiguousInRun, codeFoundInRun, writeBackUndone } from '../../../src/domain/machine/reconcile.ts';
import { SAMPLE_AT, sampleVisit } from '../../support/samples.ts';
import {
  awaiting,
  CODE,
  confirming,
  drafted,
  HELD,
  LOOKUP_TIMES,
  NEXT_DAY,
  offline,
  onList,
  POLICY,
  unknown,
  written,
} from './given.ts';
import { expectLegal } from './legal.ts';

const RUN = { run: '20261120-10978-abc', at: NEXT_DAY };
const FOUND = { source: 'authen-status', times: LOOKUP_TIMES };
const expired = (more: Partial<Case> = {}) =>
  awaiting({ state: 'expired', reason: 'day-over-no-card', ...more });

it.each([
  ['awaiting-card', awaiting()],
  ['offline', offline()],
  ['expired', expired()],
  ['the list, for no phone', onList('no-phone')],
  ['the list, since the day is over', onList('service-day-over')],
  ['drafted, when nothing is asked any more', drafted()],
])('adopts a code: %s', (_, c) => {
  const changed = codeFoundInRun(c, CODE, FOUND, RUN);
  expect(changed?.next).toMatchObject({
    ...{ state: 'found-elsewhere', reason: null, nextStep: 'write-back' },
    code: { claimCode: CODE.claimCode, source: 'lookup' },
  });
  expect(changed?.history[0]).toMatchObject({
    event: 'code-found',
    detail: { run: RUN.run, source: 'authen-status' },
  });
  // the run itself writes it; the bridge only if the run dies
  expect(changed?.next.dueAt).toBeGreaterThan(NEXT_DAY);
  if (changed !== null) expectLegal(c, changed);
});

it.each([
  ['a confirm without its answer, and an older code', unknown({ askedAt: (CODE.issuedAt ?? 0) + 120_000 })],
  [
    'a confirm that failed for a reason a person must see',
    onList('code-does-not-fit', { askedAt: SAMPLE_AT }),
  ],
  ['a write-back that was undone', onList('write-back-undone')],
  ['a row that cannot be understood', onList('unreadable-row')],
  ['a visit that is gone', expired({ visitGone: true })],
  ['a visit that is another person’s by now', expired({ visit: sampleVisit({ pid: '1234567890123' }) })],
  ['a column that a clerk has filled', expired({ visit: sampleVisit({ code: 'PP9' }) })],
  ['written', written()],
  ['no code needed', awaiting({ state: 'not-required', reason: 'not-required-right' })],
])('leaves alone: %s', (_, c) => {
  expect(codeFoundInRun(c, CODE, FOUND, RUN)).toBeNull();
});

it('does not take a card that was read from its own steps while the day lasts', () => {
  expect(codeFoundInRun(drafted(), CODE, FOUND, { ...RUN, at: SAMPLE_AT })).toBeNull();
});

it.each([
  ['confirming', confirming()],
  ['unknown', unknown()],
  ['the list, look-up refused', onList('lookup-refused', { askedAt: unknown().askedAt })],
])('takes the lost answer of its own confirm: %s', (_, c) => {
  expect(codeFoundInRun(c, CODE, FOUND, RUN)?.next).toMatchObject({ state: 'confirmed', code: HELD });
});

it('puts a case of a day that is over on the list with its candidates, once', () => {
  const candidates = [{ ...HELD, hcode: '10978', misfits: [], heldBy: null }];
  const told = ambiguousInRun(expired(), candidates, RUN);
  expect(told?.next).toMatchObject({
    state: 'needs-staff',
    reason: 'code-ambiguous',
    candidates,
    nextStep: null,
  });
  if (told !== null) expect(ambiguousInRun(told.next, candidates, RUN)).toBeNull();
  expect(ambiguousInRun(awaiting(), candidates, { ...RUN, at: SAMPLE_AT })).toBeNull();
  expect(ambiguousInRun(unknown(), candidates, RUN)).toBeNull();
});

it('undone: the code is a candidate, and neither a run nor a fresh look at the HIS writes it again', () => {
  const c = written({ askedAt: null, code: { ...HELD, source: 'lookup' } });
  const undone = writeBackUndone(c, CODE.claimCode, { at: NEXT_DAY, actor: 'cli:somchai' });
  expect(undone?.next).toMatchObject({
    ...{ state: 'needs-staff', reason: 'write-back-undone', code: null, writtenAt: null, nextStep: null },
    candidates: [{ claimCode: CODE.claimCode }],
  });
  if (undone === null) return;
  expectLegal(c, undone);
  expect(codeFoundInRun(undone.next, CODE, FOUND, RUN)).toBeNull();
  const seen = visitSeen(undone.next, sampleVisit({ phones: [] }), null, POLICY, NEXT_DAY + DAY_MS);
  expect(seen?.next).toMatchObject({ state: 'needs-staff', reason: 'write-back-undone', code: null });
});

it('undoes no other code than the one that was written, and no clerk’s own', () => {
  expect(writeBackUndone(written(), 'PP9999999999', { at: NEXT_DAY })).toBeNull();
  expect(
    writeBackUndone(written({ code: { ...HELD, source: 'his' } }), CODE.claimCode, { at: NEXT_DAY }),
  ).toBeNull();
});
