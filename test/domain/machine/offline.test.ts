import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfServiceDate, serviceDateOf, startOfServiceDate } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import { dayOver } from '../../../src/domain/machine/day-end.ts';
import { cardPaired, isAssessed, visitSeen, wantsCard } from '../../../src/domain/machine/facts.ts';
import { lookedUp, lookupRefused } from '../../../src/domain/machine/lookup.ts';
import { type CallBackTimes, type NhsoSight, tellNotReadAgain } from '../../../src/domain/machine/offline.ts';
import { retryCase } from '../../../src/domain/machine/staff.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleRead, sampleVisit } from '../../support/samples.ts';
import { anyCase } from './any-case.ts';
import * as given from './given.ts';
import { expectLegal, expectSound } from './legal.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TIMES: CallBackTimes = { afterMs: 30 * MINUTE, at: '15:00' };
const UP: NhsoSight = { status: 'up', backAt: null };
const DOWN: NhsoSight = { status: 'down', backAt: null };
const AT_15 = startOfServiceDate(SAMPLE_DATE) + 15 * HOUR;
const MIDNIGHT = endOfServiceDate(SAMPLE_DATE);
const CARD = sampleRead({ kind: 'card-only', correlationId: null, claimTypes: [] });

const READ_THEN = { readAt: SAMPLE_AT, createdAt: SAMPLE_AT };
/** Read at 08:30; NHSO has been asked since and showed nothing. */
const asked = (more: Partial<Case> = {}): Case =>
  given.offline({ ...READ_THEN, reason: 'waiting-reread', dueAt: given.NEXT_DAY + HOUR, ...more });
const waiting = (more: Partial<Case> = {}): Case =>
  given.offline({ ...READ_THEN, reason: 'waiting-nhso', reasonDetail: 'NHSO away', ...more });

describe('when the staff are told of a card that was not read again', () => {
  it.each<[string, Case, NhsoSight, number]>([
    ['30 minutes after the read, NHSO there all along', asked(), UP, SAMPLE_AT + 30 * MINUTE],
    [
      '30 minutes after NHSO is back',
      asked(),
      { status: 'up', backAt: SAMPLE_AT + 3 * HOUR },
      SAMPLE_AT + 3.5 * HOUR,
    ],
    [
      'an outage before the read counts for nothing',
      asked(),
      { status: 'up', backAt: 1 },
      SAMPLE_AT + 30 * MINUTE,
    ],
    [
      'registered long after the card was read',
      asked({ createdAt: SAMPLE_AT + HOUR }),
      UP,
      SAMPLE_AT + 1.5 * HOUR,
    ],
    ['NHSO down: in the afternoon', waiting(), DOWN, AT_15],
    ['NHSO back, this case not asked for yet: in the afternoon', waiting(), UP, AT_15],
    ['looked up once more just now: in the afternoon', asked({ dueAt: SAMPLE_AT }), UP, AT_15],
    [
      'read in the evening, NHSO down: 30 minutes later',
      waiting({ readAt: AT_15 + 3 * HOUR, createdAt: AT_15 + 3 * HOUR }),
      DOWN,
      AT_15 + 3.5 * HOUR,
    ],
    [
      'read late in the evening: half an hour before midnight',
      waiting({ readAt: MIDNIGHT - 40 * MINUTE, createdAt: MIDNIGHT - 40 * MINUTE }),
      DOWN,
      MIDNIGHT - 30 * MINUTE,
    ],
  ])('%s', (_, c, nhso, from) => {
    expect(tellNotReadAgain(c, nhso, TIMES, from - 1)).toBeNull();
    const told = tellNotReadAgain(c, nhso, TIMES, from);
    expect(told?.next).toMatchObject({ state: 'needs-staff', reason: 'card-not-read-again' });
    // it goes on being looked up as it was
    expect(told?.next).toMatchObject({ nextStep: c.nextStep, dueAt: c.dueAt, stepSeq: c.stepSeq });
  });

  it('says when and where the card was read, and keeps the read as proof', () => {
    const told = tellNotReadAgain(asked(), UP, TIMES, AT_15);
    expect(told?.next).toMatchObject({
      reasonDetail: '08:30 counter-1',
      readKind: 'card-only',
      readId: given.READ.id,
    });
    expect(told?.history).toMatchObject([
      { event: 'card-not-read-again', detail: { readAt: SAMPLE_AT, stationId: 'counter-1', nhso: 'up' } },
    ]);
  });

  it('not once the day is over, which has its own end', () => {
    expect(tellNotReadAgain(asked(), UP, TIMES, MIDNIGHT)).toBeNull();
    expect(dayOver(asked({ dueAt: MIDNIGHT + HOUR }), MIDNIGHT)?.next.nextStep).toBe('lookup');
  });

  it('whatever the case: legal, only offline ones, of today, and always by half an hour before midnight', () => {
    const any = fc.record({
      c: anyCase,
      status: fc.constantFrom('up' as const, 'down' as const),
      back: fc.option(fc.integer({ min: -1_440, max: 1_440 }), { nil: null }),
      at: fc.integer({ min: -600, max: 1_440 }),
      after: fc.integer({ min: 1, max: 1_440 }),
    });
    fc.assert(
      fc.property(any, ({ c, status, back, at, after }) => {
        const now = SAMPLE_AT + at * MINUTE;
        const nhso = { status, backAt: back === null ? null : SAMPLE_AT + back * MINUTE };
        const told = tellNotReadAgain(c, nhso, { afterMs: after * MINUTE, at: '15:00' }, now);
        const isOfToday = c.serviceDate === serviceDateOf(now);
        if (told !== null) {
          expect([c.state, isOfToday]).toEqual(['offline', true]);
          expectLegal(c, told);
        } else if (c.state === 'offline' && isOfToday) {
          expect(now).toBeLessThan(endOfServiceDate(c.serviceDate) - 30 * MINUTE);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what becomes of it on the list', () => {
  const told = (): Case => {
    const change = tellNotReadAgain(asked(), UP, TIMES, AT_15);
    if (change === null) throw new Error('it is time');
    return change.next;
  };
  const grounds = { read: CARD, policy: given.POLICY, gap: null };
  const times = given.LOOKUP_TIMES;
  const at = AT_15 + HOUR;

  it('the card is read again: the code is asked for', () => {
    expect(wantsCard(told())).toBe(true);
    const { next } = cardPaired(told(), sampleRead({ id: 'read-2', claimTypes: [] }), given.POLICY, at);
    expect(next).toMatchObject({ state: 'ready', reason: null, nextStep: 'draft', readId: 'read-2' });
  });

  it('a code turns up: it is adopted', () => {
    const found = lookedUp(told(), given.found(), grounds, times, at);
    expect(found?.next).toMatchObject({ state: 'found-elsewhere', reason: null, nextStep: 'write-back' });
  });

  it('nothing turns up, or NHSO will not say: it stays there and is looked up again', () => {
    for (const change of [
      lookedUp(told(), given.none(), grounds, times, at),
      lookupRefused(told(), 'token not good', at),
    ]) {
      expect(change?.next).toMatchObject({ reason: 'card-not-read-again', nextStep: 'lookup' });
      expect(change?.next.dueAt).toBeGreaterThan(at);
      if (change !== null) expectSound(change.next);
    }
  });

  it('the HIS tells of the visit again: it stays on the list, unless that ends the wait', () => {
    const seen = (more: Partial<Case['visit']>) =>
      visitSeen(told(), sampleVisit(more), CARD, given.POLICY, at)?.next;
    expect(isAssessed(told())).toBe(true);
    expect(seen({ department: { code: '011', name: 'ทันตกรรม' } })).toMatchObject({
      ...{ state: 'needs-staff', reason: 'card-not-read-again', reasonDetail: '08:30 counter-1' },
      nextStep: 'lookup',
    });
    expect(seen({ code: 'PP9000000009' })).toMatchObject({ state: 'written', nextStep: null });
    expect(seen({ cancelled: true })).toMatchObject({ state: 'cancelled', nextStep: null });
    expect(seen({ phones: [] })).toMatchObject({ reason: 'no-phone' });
  });

  it('a person has it tried again: looked up at once', () => {
    const again = retryCase(told(), CARD, given.POLICY, { ...given.STAFF, at });
    expect(again?.next).toMatchObject({ state: 'offline', nextStep: 'lookup', dueAt: at });
  });

  it('the day ends: looked up once more, then it says what stood in the way', () => {
    const over = dayOver(told(), given.NEXT_DAY)?.next;
    expect(over).toMatchObject({ nextStep: 'lookup', dueAt: given.NEXT_DAY });
    if (over === undefined) return;
    expect(lookedUp(over, given.none(), grounds, times, given.NEXT_DAY)?.next).toMatchObject({
      ...{ state: 'needs-staff', reason: 'service-day-over', nextStep: null },
      reasonDetail: 'card-not-read-again: 08:30 counter-1',
    });
  });
});
