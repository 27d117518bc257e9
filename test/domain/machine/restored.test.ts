import { expect, it } from 'vitest';
import type { Candidate, MatchResult } from '../../../src/domain/authen-code.ts';
import { addDays, DAY_MS } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import { visitSeen } from '../../../src/domain/machine/facts.ts';
import { lookedUp } from '../../../src/domain/machine/lookup.ts';
import {
  type Gap,
  mayHaveBeenAsked,
  putBack,
  seekFirst,
  seekNext,
  seekWithoutCard,
} from '../../../src/domain/machine/restored.ts';
import { retryCase } from '../../../src/domain/machine/staff.ts';
import { SAMPLE_DATE, sampleCitizenId, sampleVisit } from '../../support/samples.ts';
import * as given from './given.ts';
import { expectLegal, expectSound } from './legal.ts';

const { AT, CODE, GROUNDS, NEXT_DAY } = given;
/** Yesterday's backup, put back now. */
const GAP: Gap = { generation: 3, from: AT - DAY_MS, to: AT };
const HERE = { ...GROUNDS, gap: GAP };
const near: Candidate = { ...CODE, claimType: null, misfits: ['claim-type'], heldBy: null };
const taken: Candidate = { ...CODE, misfits: ['held-by-other-visit'], heldBy: 'v9' };
const othersOther: Candidate = {
  ...taken,
  claimType: 'PG0130001',
  misfits: ['claim-type', 'held-by-other-visit'],
};

it.each<[string, Case, Gap | null, boolean]>([
  ['no gap', given.ready(), null, false],
  ['a visit of the day', given.ready(), GAP, true],
  ['of a day within', given.ready({ serviceDate: addDays(SAMPLE_DATE, -1) }), GAP, true],
  ['of a day before', given.ready({ serviceDate: addDays(SAMPLE_DATE, -2) }), GAP, false],
  ['of a day since', given.ready({ serviceDate: addDays(SAMPLE_DATE, 1) }), GAP, false],
  ['looked for once', given.ready({ soughtIn: 3, soughtTimes: 1 }), GAP, true],
  ['looked for', given.ready({ soughtIn: 3, soughtTimes: 2 }), GAP, false],
  ['looked for before it was put back again', given.ready({ soughtIn: 2, soughtTimes: 2 }), GAP, true],
])('may have been asked for: %s', (_, c, gap, expected) => {
  expect(mayHaveBeenAsked(c, gap)).toBe(expected);
});

it('put back twice in a day: the gap reaches back to the first backup', () => {
  const first = putBack(null, AT - DAY_MS, AT);
  expect(first).toEqual({ generation: 1, from: AT - DAY_MS, to: AT });
  expect(putBack(first, AT + 1_000, AT + 2_000)).toEqual({
    generation: 2,
    from: AT - DAY_MS,
    to: AT + 2_000,
  });
  expect(putBack(first, AT + DAY_MS, AT + 2 * DAY_MS).from).toBe(AT + DAY_MS);
});

it.each([given.ready(), given.drafted()])('is looked for before a code is asked for: $state', (c) => {
  const first = seekFirst(c, GAP, AT);
  expect(first?.next).toMatchObject({
    ...{ state: 'unknown', reason: 'ledger-restored', nextStep: 'lookup', dueAt: AT },
    stepSeq: c.stepSeq + 1,
  });
  expect(first?.history).toMatchObject([{ event: 'ledger-restored', fromState: c.state }]);
  expect(seekFirst(c, null, AT)).toBeNull();
});

const sought = (times = 0, more: Partial<Case> = {}): Case =>
  given.unknown({
    ...{ reason: 'ledger-restored', askedAt: null, soughtIn: times === 0 ? 0 : 3, soughtTimes: times },
    ...more,
  });

it.each<[string, Case, MatchResult, number, Partial<Case>]>([
  [
    'found',
    sought(),
    given.found(),
    AT,
    { state: 'found-elsewhere', code: { ...given.HELD, source: 'lookup' }, nextStep: 'write-back' },
  ],
  [
    'nothing, once',
    sought(),
    given.none(),
    AT,
    { state: 'unknown', reason: 'ledger-restored', soughtTimes: 1, nextStep: 'lookup', dueAt: AT + 40_000 },
  ],
  [
    'nothing, twice',
    sought(1),
    given.none(),
    AT,
    { state: 'ready', reason: null, nextStep: 'draft', soughtIn: 3, soughtTimes: 2, askedAt: null },
  ],
  [
    'nothing, once in this generation and once in the one before',
    sought(1, { soughtIn: 2 }),
    given.none(),
    AT,
    { state: 'unknown', soughtIn: 3, soughtTimes: 1, nextStep: 'lookup' },
  ],
  [
    'a code that may be ours',
    sought(1),
    given.none(near),
    AT,
    { state: 'needs-staff', reason: 'code-does-not-fit', candidates: [near], soughtTimes: 0 },
  ],
  [
    'a code that another visit holds',
    sought(1),
    given.none(taken),
    AT,
    { state: 'needs-staff', reason: 'same-day-code', soughtTimes: 0 },
  ],
  [
    'a code for something else that another visit holds',
    sought(1),
    given.none(othersOther),
    AT,
    { state: 'ready', nextStep: 'draft' },
  ],
  [
    'the HIS has told of a code meanwhile',
    sought(1, { visit: sampleVisit({ code: 'PP1000000077' }) }),
    given.none(near),
    AT,
    { state: 'written', nextStep: null },
  ],
  [
    'the day ends meanwhile',
    sought(1),
    given.none(),
    NEXT_DAY,
    { state: 'needs-staff', reason: 'service-day-over' },
  ],
])('looked for, %s', (_, c, match, at, expected) => {
  const changed = lookedUp(c, match, HERE, given.LOOKUP_TIMES, at);
  expect(changed?.next).toMatchObject(expected);
  if (changed === null) return;
  expectLegal(c, changed);
  expectSound(changed.next);
});

it('a person who tries again has it looked for again, not asked for', () => {
  const listed = lookedUp(sought(1), given.none(taken), HERE, given.LOOKUP_TIMES, AT)?.next as Case;
  const again = retryCase(listed, GROUNDS.read, GROUNDS.policy, given.STAFF)?.next as Case;
  expect(again).toMatchObject({ state: 'ready', nextStep: 'draft' });
  expect(mayHaveBeenAsked(again, GAP)).toBe(true);
  // nor is the second look-up made sooner
  expect(retryCase(sought(1), GROUNDS.read, GROUNDS.policy, given.STAFF)).toBeNull();
});

it('what was looked for is forgotten with the person', () => {
  const c = given.ready({ soughtIn: 3, soughtTimes: 2 });
  const other = sampleVisit({ pid: sampleCitizenId(2) });
  expect(visitSeen(c, other, GROUNDS.read, GROUNDS.policy, AT)?.next.soughtTimes).toBe(0);
  const phone = sampleVisit({ phones: ['0899999991', '0812345678'] });
  expect(visitSeen(c, phone, GROUNDS.read, GROUNDS.policy, AT)?.next.soughtTimes).toBe(2);
});

it.each<[string, number, number]>([
  ['at once: the confirm of the last moment may be at work', 0, 65_000],
  ['some seconds later', 30_000, 35_000],
  ['when it is over: a pause all the same', 50_000, 20_000],
  ['after hours', 36_000_000, 20_000],
  ['by a clock that was set back', -3_600_000, 65_000],
])(
  'looks the second time when nothing of the lost ledger is at work any more: first %s',
  (_, afterMs, waits) => {
    const at = GAP.to + afterMs;
    expect(seekNext(GAP, { settleMs: 20_000, atWorkMs: 45_000 }, at)).toBe(at + waits);
  },
);

it('a visit without a card is looked for twice, and then waits on', () => {
  const c = given.awaiting({ nextStep: null, dueAt: null });
  const first = seekWithoutCard(c, GAP, AT)?.next as Case;
  expect(first).toMatchObject({ state: 'awaiting-card', nextStep: 'lookup', dueAt: AT });
  expect(seekWithoutCard(first, GAP, AT)).toBeNull();
  const second = lookedUp(first, given.none(), HERE, given.LOOKUP_TIMES, AT)?.next as Case;
  expect(second).toMatchObject({ state: 'awaiting-card', nextStep: 'lookup', dueAt: AT + 40_000 });
  const last = lookedUp(second, given.none(), HERE, given.LOOKUP_TIMES, AT + 40_000)?.next as Case;
  expect(last).toMatchObject({ state: 'awaiting-card', reason: 'waiting-card', nextStep: null });
  expect(seekWithoutCard(last, GAP, AT)).toBeNull();
  expect(mayHaveBeenAsked(last, GAP)).toBe(false);
  expect(lookedUp(second, given.found(), HERE, given.LOOKUP_TIMES, AT)?.next).toMatchObject({
    state: 'found-elsewhere',
  });
  expect(lookedUp(second, given.none(near), HERE, given.LOOKUP_TIMES, AT)?.next).toMatchObject({
    state: 'needs-staff',
  });
  expect(seekWithoutCard(c, null, AT)).toBeNull();
  expect(seekWithoutCard(given.offline(), GAP, AT)).toBeNull();
});
