import { expect, it } from 'vitest';
import type { Candidate, MatchResult } from '../../../src/domain/authen-code.ts';
import type { Case } from '../../../src/domain/case.ts';
import { lookedUp, mayBeAnswerTo } from '../../../src/domain/machine/lookup.ts';
import { sampleVisit } from '../../support/samples.ts';
import * as given from './given.ts';
import { expectLegal } from './legal.ts';

const { AT, CODE, GROUNDS, NEXT_DAY } = given;
const near: Candidate = { ...CODE, claimType: null, misfits: ['claim-type'], heldBy: null };
const taken: Candidate = { ...CODE, misfits: ['held-by-other-visit'], heldBy: 'v9' };
const older: Candidate = { ...near, issuedAt: AT - 7_200_000 };
const gone = sampleVisit({ cancelled: true });
const LATER = { reasonDetail: '08:30 counter-1', nextStep: 'lookup', dueAt: AT } as const;

it.each<[string, Case, MatchResult, number, Partial<Case> | null]>([
  [
    'our own code',
    given.unknown(),
    given.found(),
    AT,
    { state: 'confirmed', code: given.HELD, nextStep: 'write-back' },
  ],
  [
    'our own code, NHSO away in between',
    given.unknown({ reason: 'waiting-nhso' }),
    given.found(),
    AT,
    { state: 'confirmed' },
  ],
  [
    'the code of a refusal',
    given.unknown({ reason: 'refused' }),
    given.found(),
    AT,
    { state: 'found-elsewhere', code: { ...given.HELD, source: 'lookup' } },
  ],
  [
    'a code of before, the first time',
    given.unknown({ reason: 'waiting-nhso' }),
    given.found({ ...CODE, issuedAt: AT - 7_200_000 }),
    AT,
    { state: 'unknown', reason: null, emptyLookups: 1, nextStep: 'lookup', dueAt: AT + 20_000 },
  ],
  [
    'a code of before, and no other the second time',
    given.unknown({ emptyLookups: 1 }),
    given.found({ ...CODE, issuedAt: AT - 7_200_000 }),
    AT,
    { state: 'found-elsewhere' },
  ],
  [
    'a code while offline',
    given.offline(),
    given.found(),
    AT,
    { state: 'found-elsewhere', reason: null, nextStep: 'write-back' },
  ],
  [
    'a code for a visit that is gone',
    given.unknown({ visitGone: true }),
    given.found(),
    AT,
    { state: 'needs-staff', reason: 'visit-cancelled-after-code' },
  ],
  [
    'two that fit',
    given.unknown(),
    { kind: 'ambiguous', candidates: [near, older] },
    AT,
    { state: 'needs-staff', reason: 'code-ambiguous', candidates: [near, older] },
  ],

  [
    'empty, the process had died',
    given.confirming(),
    given.none(),
    AT,
    { state: 'unknown', emptyLookups: 1, dueAt: AT + 20_000 },
  ],
  [
    'empty, the first time',
    given.unknown(),
    given.none(),
    AT,
    { state: 'unknown', emptyLookups: 1, nextStep: 'lookup', dueAt: AT + 20_000 },
  ],
  [
    'empty, the second time',
    given.unknown({ emptyLookups: 1 }),
    given.none(),
    AT,
    { state: 'drafted', askedAt: null, nextStep: 'confirm', dueAt: AT },
  ],
  [
    'empty again, while the agent may yet be at work',
    given.unknown({ emptyLookups: 1, askedAt: AT - 10_000 }),
    given.none(),
    AT,
    { state: 'unknown', emptyLookups: 2, askedAt: AT - 10_000, nextStep: 'lookup', dueAt: AT + 30_000 },
  ],
  [
    'empty for the third time, when it is surely done',
    given.unknown({ emptyLookups: 2 }),
    given.none(),
    AT,
    { state: 'drafted', askedAt: null, nextStep: 'confirm', dueAt: AT },
  ],
  [
    'a code of before, while the agent may yet be at work',
    given.unknown({ emptyLookups: 1, askedAt: AT - 10_000 }),
    given.found({ ...CODE, issuedAt: AT - 7_200_000 }),
    AT,
    { state: 'unknown', emptyLookups: 2, nextStep: 'lookup', dueAt: AT + 30_000 },
  ],
  [
    'empty twice, the day over',
    given.unknown({ emptyLookups: 1 }),
    given.none(),
    NEXT_DAY,
    { state: 'needs-staff', reason: 'service-day-over', askedAt: null },
  ],
  [
    'empty twice, the visit gone',
    given.unknown({ emptyLookups: 1, visitGone: true, visit: gone }),
    given.none(),
    AT,
    { state: 'cancelled', askedAt: null, nextStep: null },
  ],
  [
    'empty twice, the phone gone',
    given.unknown({ emptyLookups: 1, visit: sampleVisit({ phones: [] }) }),
    given.none(),
    AT,
    { state: 'needs-staff', reason: 'no-phone', askedAt: null },
  ],
  [
    'empty twice, a clerk has typed',
    given.unknown({ emptyLookups: 1, visit: sampleVisit({ code: 'PP9000000009' }) }),
    given.none(),
    AT,
    { state: 'written', askedAt: null },
  ],
  [
    'one that may be ours',
    given.unknown({ emptyLookups: 1 }),
    given.none(near),
    AT,
    { state: 'needs-staff', reason: 'code-does-not-fit', candidates: [near] },
  ],
  [
    'ours, taken for another visit',
    given.unknown({ emptyLookups: 1 }),
    given.none(taken),
    AT,
    { state: 'needs-staff', reason: 'same-day-code' },
  ],
  [
    'one that cannot be ours',
    given.unknown({ emptyLookups: 1 }),
    given.none(older),
    AT,
    { state: 'drafted', nextStep: 'confirm' },
  ],

  [
    'refused, none there',
    given.unknown({ reason: 'refused', reasonDetail: 'words' }),
    given.none(),
    AT,
    { state: 'needs-staff', reason: 'refused', reasonDetail: 'words', askedAt: null },
  ],
  [
    'refused, it is another visit’s',
    given.unknown({ reason: 'refused' }),
    given.none(taken),
    AT,
    { state: 'needs-staff', reason: 'same-day-code', candidates: [taken] },
  ],
  [
    'refused, the visit gone',
    given.unknown({ reason: 'refused', visitGone: true, visit: gone }),
    given.none(),
    AT,
    { state: 'cancelled', askedAt: null },
  ],
  [
    'same day, none for this one',
    given.unknown({ reason: 'same-day-code', askedAt: null }),
    given.none(taken),
    AT,
    { state: 'needs-staff', reason: 'same-day-code' },
  ],
  [
    'tried again by a person',
    given.unknown({ reason: 'code-does-not-fit', candidates: [near] }),
    given.none(),
    AT,
    {
      state: 'needs-staff',
      reason: 'code-does-not-fit',
      candidates: [near],
      askedAt: given.unknown().askedAt,
    },
  ],

  [
    'offline, empty, NHSO back after an outage',
    given.offline({ reasonDetail: 'NHSO away' }),
    given.none(older),
    AT,
    {
      state: 'offline',
      reason: 'waiting-reread',
      reasonDetail: null,
      nextStep: 'lookup',
      dueAt: AT + 600_000,
    },
  ],
  ...([
    [5 * 60_000, 10 * 60_000],
    [45 * 60_000, 45 * 60_000],
    [5 * 3_600_000, 2 * 3_600_000],
  ].map(([age = 0, pause = 0]) => [
    `offline, empty, ${age / 60_000} minutes after the card was read`,
    given.offline({ readAt: AT - age }),
    given.none(),
    AT,
    { state: 'offline', dueAt: AT + pause },
  ]) as [string, Case, MatchResult, number, Partial<Case>][]),
  [
    'on the list for its card, empty',
    given.onList('card-not-read-again', { ...LATER, readAt: AT - 45 * 60_000 }),
    given.none(older),
    AT,
    {
      ...{ state: 'needs-staff', reason: 'card-not-read-again', reasonDetail: '08:30 counter-1' },
      ...{ nextStep: 'lookup', dueAt: AT + 45 * 60_000 },
    },
  ],
  [
    'on the list for its card, a code by LINE',
    given.onList('card-not-read-again', LATER),
    given.found(),
    AT,
    { state: 'found-elsewhere', reason: null, reasonDetail: null, nextStep: 'write-back' },
  ],
  [
    'on the list for its card, the day over',
    given.onList('card-not-read-again', LATER),
    given.none(),
    NEXT_DAY,
    {
      ...{ state: 'needs-staff', reason: 'service-day-over', nextStep: null },
      reasonDetail: 'card-not-read-again: 08:30 counter-1',
    },
  ],
  [
    'offline, the day over',
    given.offline(),
    given.none(),
    NEXT_DAY,
    { state: 'needs-staff', reason: 'service-day-over', reasonDetail: 'waiting-reread' },
  ],
  [
    'ready, NHSO away to the end of the day',
    given.ready({ nextStep: 'lookup', reason: 'waiting-nhso', reasonDetail: 'NHSO away' }),
    given.none(),
    NEXT_DAY,
    { state: 'needs-staff', reason: 'service-day-over', reasonDetail: 'waiting-nhso: NHSO away' },
  ],
  [
    'no card, the day over',
    given.awaiting({ nextStep: 'lookup', reason: 'waiting-nhso', reasonDetail: 'NHSO away' }),
    given.none(),
    NEXT_DAY,
    { state: 'expired', reason: 'day-over-no-card', reasonDetail: null, nextStep: null, dueAt: null },
  ],
  [
    'no card, the day not over after all',
    given.awaiting({ nextStep: 'lookup', reason: 'waiting-nhso', reasonDetail: 'NHSO away' }),
    given.none(),
    AT,
    { state: 'awaiting-card', reason: 'waiting-card', reasonDetail: null, nextStep: null },
  ],
  [
    'ready, the day over',
    given.ready({ nextStep: 'lookup' }),
    given.none(),
    NEXT_DAY,
    { state: 'needs-staff', reason: 'service-day-over' },
  ],
  [
    'ready, the day not over after all: the clock was ahead',
    given.ready({ nextStep: 'lookup' }),
    given.none(),
    AT,
    { state: 'ready', nextStep: 'draft', dueAt: AT },
  ],
  [
    'drafted, the day not over after all',
    given.drafted({ nextStep: 'lookup' }),
    given.none(),
    AT,
    { state: 'drafted', nextStep: 'confirm', dueAt: AT },
  ],
  [
    'refused, the day over',
    given.unknown({ reason: 'refused', reasonDetail: 'words' }),
    given.none(),
    NEXT_DAY,
    { state: 'needs-staff', reason: 'service-day-over', reasonDetail: 'refused: words', askedAt: null },
  ],
  [
    'on the list, the day over, a code of another channel',
    given.onList('no-phone', { nextStep: 'lookup' }),
    given.found(),
    NEXT_DAY,
    { state: 'found-elsewhere', reason: null, code: { ...given.HELD, source: 'lookup' } },
  ],
  [
    'on the list, the day over, none',
    given.onList('no-phone', { nextStep: 'lookup' }),
    given.none(),
    NEXT_DAY,
    { state: 'needs-staff', reason: 'service-day-over', reasonDetail: 'no-phone', nextStep: null },
  ],
  [
    'on the list, the day over, none but what was seen before',
    given.onList('same-day-code', { reasonDetail: 'v9', candidates: [taken], nextStep: 'lookup' }),
    given.none(near),
    NEXT_DAY,
    { reason: 'service-day-over', reasonDetail: 'same-day-code: v9', candidates: [near] },
  ],
  [
    'on the list, the day not over after all',
    given.onList('no-phone', { nextStep: 'lookup' }),
    given.none(),
    AT,
    { state: 'needs-staff', reason: 'no-phone', nextStep: null },
  ],
  ['written long ago', given.written(), given.none(), AT, null],
])('%s', (_, c, match, at, expected) => {
  const changed = lookedUp(c, match, GROUNDS, given.LOOKUP_TIMES, at);
  if (changed === null) {
    expect(expected).toBeNull();
    return;
  }
  expectLegal(c, changed);
  expect(changed.next).toMatchObject(expected ?? {});
  expect(expected).not.toBeNull();
});

it('leaves a code to the visit whose answer it may be', () => {
  expect(mayBeAnswerTo(given.unknown(), CODE)).toBe(true);
  expect(mayBeAnswerTo(given.unknown(), { issuedAt: null })).toBe(true);
  expect(mayBeAnswerTo(given.unknown(), { issuedAt: AT - 7_200_000 })).toBe(false);
  expect(mayBeAnswerTo(given.confirmed(), CODE)).toBe(false);
  expect(mayBeAnswerTo(given.ready(), CODE)).toBe(false);
});
