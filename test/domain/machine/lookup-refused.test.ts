import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import { lookedUp, lookupRefused } from '../../../src/domain/machine/lookup.ts';
import * as given from './given.ts';
import { expectLegal } from './legal.ts';

const { AT, GROUNDS, NEXT_DAY } = given;
const WORDS = 'token หมดอายุ';
const ON_LIST = { state: 'needs-staff', reason: 'lookup-refused', reasonDetail: WORDS } as const;
const MINUTE = 60_000;

it.each<[string, Case, number, Partial<Case>]>([
  [
    'after a lost answer',
    given.unknown({ updatedAt: AT }),
    AT,
    { state: 'unknown', reason: 'lookup-refused', reasonDetail: WORDS, dueAt: AT + MINUTE },
  ],
  [
    'after a lost answer, again',
    given.unknown({ reason: 'lookup-refused', updatedAt: AT - 4 * MINUTE }),
    AT,
    { state: 'unknown', reason: 'lookup-refused', dueAt: AT + 8 * MINUTE },
  ],
  [
    'after a lost answer, for long',
    given.unknown({ reason: 'lookup-refused', updatedAt: AT - 30 * MINUTE }),
    AT,
    { dueAt: AT + 30 * MINUTE },
  ],
  ['when a process had died', given.confirming(), AT, { state: 'unknown', reason: 'lookup-refused' }],
  [
    'after a refusal, whose words stay',
    given.unknown({ reason: 'refused', reasonDetail: 'words' }),
    AT,
    { state: 'unknown', reason: 'refused', reasonDetail: 'words', nextStep: 'lookup' },
  ],
  [
    'while the card waits to be read again',
    given.offline(),
    AT,
    { state: 'offline', reason: 'waiting-reread', reasonDetail: WORDS, nextStep: 'lookup' },
  ],
  ...[
    given.unknown({ reason: 'refused' }),
    given.offline(),
    given.awaiting({ nextStep: 'lookup' }),
    given.ready({ nextStep: 'lookup' }),
    given.onList('no-phone', { nextStep: 'lookup' }),
  ].map((c): [string, Case, number, Partial<Case>] => [
    `when the day is over: ${c.state} ${c.reason}`,
    c,
    NEXT_DAY,
    { ...ON_LIST, nextStep: null, askedAt: c.askedAt },
  ]),
  ...[given.unknown({ reason: 'lookup-refused' }), given.confirming()].flatMap(
    (c): [string, Case, number, Partial<Case>][] => [
      [
        `when the day is over, and a code of ours may be there: ${c.state} ${c.reason}`,
        c,
        NEXT_DAY,
        { ...ON_LIST, nextStep: 'lookup', dueAt: NEXT_DAY + 30 * 60_000, askedAt: c.askedAt },
      ],
      [
        `a day later, though a code of ours may be there: ${c.state} ${c.reason}`,
        c,
        NEXT_DAY + DAY_MS,
        { ...ON_LIST, nextStep: null, askedAt: c.askedAt },
      ],
    ],
  ),
])('NHSO refuses the look-up %s', (_, c, at, expected) => {
  const changed = lookupRefused(c, WORDS, at);
  expectLegal(c, changed);
  expect(changed.next).toMatchObject(expected);
});

it('goes on where it was when NHSO refuses look-ups no more', () => {
  const c = given.unknown({ reason: 'lookup-refused', reasonDetail: WORDS });
  expect(lookedUp(c, given.found(), GROUNDS, given.LOOKUP_TIMES, AT)?.next).toMatchObject({
    state: 'confirmed',
    reason: null,
    reasonDetail: null,
  });
  expect(lookedUp(c, given.none(), GROUNDS, given.LOOKUP_TIMES, AT)?.next).toMatchObject({
    state: 'unknown',
    reason: null,
    reasonDetail: null,
    emptyLookups: 1,
  });
});
