import { describe, expect, it } from 'vitest';
import { addDays } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import {
  askAgain,
  cardPaired,
  openCase,
  visitGone,
  visitSeen,
  wantsCard,
} from '../../../src/domain/machine/facts.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import { SAMPLE_DATE, sampleCitizenId, sampleRead, sampleVisit } from '../../support/samples.ts';
import * as given from './given.ts';
import { expectLegal } from './legal.ts';

const { AT, GROUNDS, POLICY, READ } = given;
const NO_CARD = { readId: null, correlationId: null, readKind: null, stationId: null, readAt: null };

describe('openCase', () => {
  it('makes version 1 and its first line', () => {
    const opened = openCase(sampleVisit(), POLICY, AT);
    expectLegal(null, opened);
    expect(opened.next).toMatchObject({
      version: 1,
      state: 'awaiting-card',
      nextStep: null,
      claimType: 'PG0060001',
    });
    expect(opened.history).toMatchObject([{ event: 'visit-seen', actor: 'bridge', fromState: null, at: AT }]);
  });
  it('knows a cancelled visit as gone', () => {
    expect(openCase(sampleVisit({ cancelled: true }), POLICY, AT).next).toMatchObject({
      state: 'cancelled',
      visitGone: true,
    });
  });
});

describe('visitSeen', () => {
  const see = (c: Case, news: Partial<Visit>) =>
    visitSeen(c, { ...c.visit, ...news }, c.readId === null ? null : READ, POLICY, AT);
  const other = { pid: sampleCitizenId(2) };
  const tomorrow = { serviceDate: addDays(SAMPLE_DATE, 1) };
  const typed = { code: 'PP9000000009' };

  it.each<[string, Case, Partial<Visit>, Partial<Case>]>([
    [
      'phone taken away before asking',
      given.drafted(),
      { phones: [] },
      { state: 'needs-staff', reason: 'no-phone', nextStep: null },
    ],
    [
      'nothing that matters to the draft',
      given.drafted(),
      { phones: ['0899999991'] },
      { state: 'drafted', nextStep: 'confirm', stepSeq: 5 },
    ],
    [
      'nothing that matters to the waiting draft',
      given.ready(),
      { phones: ['0899999991'] },
      { state: 'ready', stepSeq: 5 },
    ],
    [
      'another person: the card is let go',
      given.drafted(),
      other,
      { state: 'awaiting-card', pid: other.pid as never, ...NO_CARD },
    ],
    [
      'another day: the card is let go',
      given.ready(),
      tomorrow,
      { state: 'awaiting-card', ...tomorrow, ...NO_CARD },
    ],
    ['a code typed before asking', given.ready(), typed, { state: 'written', writtenAt: AT, nextStep: null }],
    [
      'cancelled before asking',
      given.ready(),
      { cancelled: true },
      { state: 'cancelled', visitGone: true, ...NO_CARD },
    ],
    [
      'cancelled while asking',
      given.confirming(),
      { cancelled: true },
      { state: 'confirming', visitGone: true, nextStep: 'lookup' },
    ],
    [
      'another person while asking',
      given.confirming(),
      other,
      { state: 'confirming', nextStep: 'lookup', stepSeq: 5 },
    ],
    [
      'another person with a code',
      given.confirmed(),
      other,
      { state: 'needs-staff', reason: 'person-mismatch', nextStep: null },
    ],
    [
      'another person, code written',
      given.written(),
      other,
      { state: 'needs-staff', reason: 'person-mismatch' },
    ],
    [
      'another day with a code',
      given.confirmed(),
      tomorrow,
      { state: 'needs-staff', reason: 'code-does-not-fit' },
    ],
    [
      'another code in the column',
      given.written(),
      typed,
      { state: 'needs-staff', reason: 'his-holds-other-code', code: given.HELD },
    ],
    [
      'cancelled with a code',
      given.written(),
      { cancelled: true },
      { state: 'needs-staff', reason: 'visit-cancelled-after-code' },
    ],
    [
      'the right person again',
      given.onList('person-mismatch', {
        code: given.HELD,
        askedAt: AT,
        visit: sampleVisit(other),
        pid: sampleCitizenId(1),
      }),
      { pid: sampleCitizenId(1) },
      { state: 'found-elsewhere', nextStep: 'write-back', reason: null },
    ],
    [
      'standing again',
      given.onList('visit-cancelled-after-code', {
        code: given.HELD,
        visitGone: true,
        visit: sampleVisit({ cancelled: true }),
      }),
      { cancelled: false },
      { state: 'found-elsewhere', visitGone: false },
    ],
    [
      'a code typed for a case on the list',
      given.onList('refused'),
      typed,
      { state: 'written', reason: null },
    ],
    [
      'our code typed for a case on the list',
      given.onList('his-row-missing', { code: given.HELD }),
      { code: given.HELD.claimCode },
      { state: 'written', code: given.HELD },
    ],
    [
      'a close-visit code typed there',
      given.onList('refused'),
      { code: 'EP77' },
      { state: 'needs-staff', reason: 'his-holds-other-code' },
    ],
    [
      'another person on the list, nothing asked',
      given.onList('refused'),
      other,
      { state: 'awaiting-card', ...NO_CARD },
    ],
    [
      // no case should be so; told in any other way it would be news at every poll
      'another person on a written visit that says so already, its code taken out',
      given.written({ reason: 'person-mismatch' }),
      { ...other, code: null },
      { state: 'needs-staff', reason: 'person-mismatch', reasonDetail: given.HELD.claimCode },
    ],
    [
      'a correction of a closed case',
      given.written({ state: 'closed', reason: 'closed-by-staff' }),
      other,
      { state: 'closed' },
    ],
    [
      'what a clerk typed is cleared',
      given.awaiting({
        state: 'written',
        reason: null,
        code: { ...given.HELD, source: 'his' },
        visit: sampleVisit(typed),
        writtenAt: 1,
      }),
      { code: null },
      { state: 'awaiting-card', code: null, writtenAt: null },
    ],
    [
      'cancelled no more',
      given.awaiting({ state: 'cancelled', visitGone: true, visit: sampleVisit({ cancelled: true }) }),
      { cancelled: false },
      { state: 'awaiting-card', visitGone: false },
    ],
    [
      'a code typed after the day',
      given.awaiting({ state: 'expired', reason: 'day-over-no-card' }),
      typed,
      { state: 'written' },
    ],
  ])('%s', (_, c, news, expected) => {
    const changed = see(c, news);
    if (changed === null) throw new Error('a change was expected');
    expectLegal(c, changed);
    expect(changed.next).toMatchObject(expected);
  });

  it('is no news when nothing changed, or only our own code turned up', () => {
    expect(see(given.ready(), {})).toBeNull();
    expect(see(given.written(), { code: given.HELD.claimCode })).toBeNull();
    // a poll between the UPDATE and the note that it was made
    expect(see(given.confirmed(), { code: given.HELD.claimCode })).toBeNull();
    expect(see(given.confirmed({ state: 'found-elsewhere' }), { code: given.HELD.claimCode })).toBeNull();
  });

  it('tells what else changed while our own code turned up', () => {
    const department = { code: '099', name: null };
    const changed = see(given.confirmed(), { code: given.HELD.claimCode, department });
    expect(changed?.history.map((h) => h.event)).toEqual(['visit-changed']);
    expect(changed?.next).toMatchObject({ state: 'confirmed', nextStep: 'write-back' });
  });
});

describe('visitGone', () => {
  it.each<[Case, Partial<Case>]>([
    [given.ready(), { state: 'cancelled', reason: 'visit-cancelled', nextStep: null, ...NO_CARD }],
    [given.confirming(), { state: 'confirming', nextStep: 'lookup' }],
    [given.unknown(), { state: 'unknown', nextStep: 'lookup' }],
    [
      given.onList('code-does-not-fit', { askedAt: AT }),
      { state: 'needs-staff', reason: 'code-does-not-fit' },
    ],
    [
      given.confirmed(),
      { state: 'needs-staff', reason: 'visit-cancelled-after-code', reasonDetail: given.HELD.claimCode },
    ],
    [
      given.awaiting({ state: 'closed', reason: 'closed-by-staff' }),
      { state: 'closed', reason: 'closed-by-staff' },
    ],
  ])('%#', (c, expected) => {
    const gone = visitGone(c, AT);
    if (gone === null) throw new Error('a change was expected');
    expectLegal(c, gone);
    expect(gone.next).toMatchObject({ visitGone: true, ...expected });
    expect(visitGone(gone.next, AT)).toBeNull();
  });
});

describe('cardPaired', () => {
  it('keeps what ties draft and confirm to the read', () => {
    const paired = cardPaired(given.awaiting(), READ, POLICY, AT);
    expectLegal(given.awaiting(), paired);
    expect(paired.next).toMatchObject({
      ...{ state: 'ready', nextStep: 'draft', dueAt: AT, stepSeq: 1 },
      ...{ readId: READ.id, correlationId: READ.correlationId, stationId: READ.stationId },
    });
  });
  it('waits with a card-only read, and goes on with a full one', () => {
    const cardOnly = sampleRead({ kind: 'card-only', correlationId: null });
    const waiting = cardPaired(given.awaiting(), cardOnly, POLICY, AT).next;
    expect(waiting).toMatchObject({ state: 'offline', reason: 'waiting-reread', nextStep: 'lookup' });
    expect(cardPaired(waiting, READ, POLICY, AT).next).toMatchObject({
      state: 'ready',
      nextStep: 'draft',
      stepSeq: 2,
    });
  });
});

it('asks again only when the facts still ask for it', () => {
  const cause = { event: 'confirm-not-sent', at: AT };
  const again = (c: Case) => askAgain(c, GROUNDS, { step: 'confirm', dueAt: AT + 5 }, cause).next;
  expect(again(given.confirming())).toMatchObject({
    state: 'drafted',
    nextStep: 'confirm',
    dueAt: AT + 5,
    askedAt: null,
  });
  expect(again(given.confirming({ visitGone: true }))).toMatchObject({ state: 'cancelled', nextStep: null });
  expect(again(given.confirming({ visit: sampleVisit({ phones: [] }) }))).toMatchObject({
    reason: 'no-phone',
  });
  expect(again(given.confirming({ visit: sampleVisit({ code: 'PP9000000009' }) }))).toMatchObject({
    state: 'written',
  });
  expect(again(given.confirming({ visit: sampleVisit({ pid: sampleCitizenId(2) }) }))).toMatchObject({
    state: 'awaiting-card',
    readId: null,
  });
});

it('wants a card while one could still help', () => {
  expect([given.awaiting(), given.offline(), given.awaiting({ state: 'expired' })].every(wantsCard)).toBe(
    true,
  );
  expect(
    [given.ready(), given.unknown(), given.written(), given.awaiting({ pid: null })].some(wantsCard),
  ).toBe(false);
  expect(wantsCard(given.onList('no-phone', { readKind: null }))).toBe(true);
  expect(wantsCard(given.onList('no-phone'))).toBe(false);
});
