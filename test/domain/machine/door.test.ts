/** What a client of the agent API may do to a case, and what it leaves behind. */

import { describe, expect, test } from 'vitest';
import type { MatchResult } from '../../../src/domain/authen-code.ts';
import type { Case } from '../../../src/domain/case.ts';
import { type DoorAsk, heldByCase, needsPerson } from '../../../src/domain/door-ask.ts';
import {
  askedThroughDoor,
  beforeDoor,
  besideVisits,
  doorNotSent,
  doorRefused,
  doorStanding,
  isOpenToDoor,
  takenOver,
  visitForAsk,
} from '../../../src/domain/machine/door.ts';
import { LOOKUPS_AT_MOST } from '../../../src/domain/machine/lost-answer.ts';
import { SAMPLE_DATE, SAMPLE_HCODE, sampleCitizenId, sampleVisit } from '../../support/samples.ts';
import {
  AT,
  awaiting,
  CODE,
  confirming,
  drafted,
  GROUNDS,
  HELD,
  NEXT_DAY,
  offline,
  READ,
  ready,
  unknown,
} from './given.ts';

const BY = { actor: 'key:his', at: AT };
const REQUEST = {
  ...{ pid: sampleCitizenId(1), claimType: 'PG0060001', mobile: '0899999992' },
  ...{ correlationId: 'c9', stationId: 'counter-9' },
};
const KEY = {
  hcode: SAMPLE_HCODE,
  pid: sampleCitizenId(1),
  serviceDate: SAMPLE_DATE,
  claimType: 'PG0060001',
};
const NO_PHONE = { state: 'needs-staff', reason: 'no-phone', visit: sampleVisit({ phones: [] }) } as const;

function ask(state: DoorAsk['state'], more: Partial<DoorAsk> = {}): DoorAsk {
  return {
    ...{ ...KEY, version: 2, state, vn: null, actor: 'key:his', stationId: 'counter-9', correlationId: 'c9' },
    ...{ askedAt: AT - 60_000, lookAt: AT - 1_000, emptyLookups: 1, soughtIn: 0 },
    ...{ claimCode: null, issuedAt: null, candidates: [], updatedAt: AT - 60_000, ...more },
  };
}
const issued = ask('issued', { claimCode: CODE.claimCode, issuedAt: CODE.issuedAt, lookAt: null });

describe('a client may ask in the place of', () => {
  test.each<[string, Case, boolean]>([
    ['a case that waits for its card', awaiting(), true],
    ['a case that is ready', ready(), true],
    ['a case that is drafted', drafted(), true],
    ['a case whose card was read without NHSO', offline(), true],
    ['a case without a phone', awaiting(NO_PHONE), true],
    ['a case that asks', confirming(), false],
    ['a case whose answer was lost', unknown(), false],
    ['a case that was refused', awaiting({ state: 'needs-staff', reason: 'refused' }), false],
    ['a case that a person closed', awaiting({ state: 'closed' }), false],
    ['a case that needs none', awaiting({ state: 'not-required' }), false],
    ['a case with a code', awaiting({ state: 'written', code: HELD }), false],
    ['a visit whose column holds something', awaiting({ visit: sampleVisit({ code: 'x' }) }), false],
    ['a visit that is gone', awaiting({ visitGone: true }), false],
    [
      'a visit that is another person’s by now',
      awaiting({ pid: sampleCitizenId(1), visit: sampleVisit({ pid: sampleCitizenId(2) }) }),
      false,
    ],
  ])('%s: %#', (_what, c, expected) => {
    expect(isOpenToDoor(c)).toBe(expected);
    expect(askedThroughDoor(c, REQUEST, AT + 45_000, BY) !== null).toBe(expected);
  });

  test('nobody on another day', () => {
    expect(askedThroughDoor(ready(), REQUEST, NEXT_DAY + 45_000, { ...BY, at: NEXT_DAY })).toBeNull();
  });
});

describe('the request', () => {
  test('stands in the case before it is sent, with the phone and claim type that are the client’s', () => {
    const asked = askedThroughDoor(ready(), { ...REQUEST, claimType: 'PG0130001' }, AT + 45_000, BY);
    expect(asked?.next).toMatchObject({
      ...{ state: 'confirming', askedAt: AT, nextStep: 'lookup', dueAt: AT + 45_000, stepSeq: 6 },
      ...{
        staffMobile: '0899999992',
        claimType: 'PG0130001',
        staffClaimType: 'PG0130001',
        correlationId: 'c9',
      },
    });
    expect(asked?.history).toMatchObject([
      { event: 'confirm-sent', actor: 'key:his', detail: { through: 'agent-api' } },
    ]);
    expect(JSON.stringify(asked?.history)).not.toContain('0899999992');
  });

  test('leaves nothing behind when it was not sent', () => {
    for (const before of [ready(), drafted(), awaiting(), awaiting(NO_PHONE)]) {
      const asked = askedThroughDoor(before, { ...REQUEST, claimType: 'PG0130001' }, AT + 45_000, BY);
      if (asked === null) throw new Error('it may be asked');
      const grounds = { ...GROUNDS, read: before.readId === null ? null : READ };
      const { next } = doorNotSent(asked.next, beforeDoor(before), grounds, 'nobody there', BY);
      const { staffMobile, staffClaimType, correlationId, askedAt, claimType, readId } = next;
      expect({ staffMobile, staffClaimType, correlationId, askedAt, claimType, readId }).toEqual({
        ...{ staffMobile: null, staffClaimType: null, askedAt: null, claimType: 'PG0060001' },
        ...{ correlationId: before.correlationId, readId: before.readId },
      });
      // a draft that NHSO holds may not be the visit's any more
      expect(next.state).toBe(before.state === 'drafted' ? 'ready' : before.state);
    }
  });

  test('that was refused brings the code that is there, or leaves nothing behind', () => {
    const asked = askedThroughDoor(ready(), REQUEST, AT + 45_000, BY)?.next as Case;
    const fits: MatchResult = { kind: 'fits', code: CODE };
    const found = doorRefused(asked, beforeDoor(ready()), fits, GROUNDS, 'already requested', BY).next;
    expect(found).toMatchObject({
      state: 'found-elsewhere',
      nextStep: 'write-back',
      code: { claimCode: CODE.claimCode },
    });
    for (const match of [
      { kind: 'none', candidates: [] },
      { kind: 'ambiguous', candidates: [] },
    ] as const) {
      const { next, history } = doorRefused(asked, beforeDoor(ready()), match, GROUNDS, 'wrong mobile', BY);
      expect(next).toMatchObject({ state: 'ready', askedAt: null, staffMobile: null, nextStep: 'draft' });
      expect(history).toMatchObject([{ event: 'refused', detail: { nhsoMessage: 'wrong mobile' } }]);
    }
  });
});

describe('a visit takes over', () => {
  test.each<[string, Case]>([
    ['while it waits for its card', awaiting()],
    ['when it is ready', ready()],
    ['without a phone', awaiting(NO_PHONE)],
    ['when it was refused itself', awaiting({ state: 'needs-staff', reason: 'refused' })],
    ['when its day is over', awaiting({ state: 'expired', reason: 'day-over-no-card' })],
  ])('a code, %s', (_what, c) => {
    const taken = takenOver(c, issued, AT);
    expect(taken?.next).toMatchObject({
      ...{ state: 'confirmed', askedAt: issued.askedAt, nextStep: 'write-back' },
      code: { claimCode: CODE.claimCode, source: 'confirm' },
    });
    expect(taken?.history).toMatchObject([
      { event: 'code-issued', actor: 'key:his', detail: { through: 'agent-api' } },
    ]);
  });

  test.each<[string, Case]>([
    ['that a person closed', awaiting({ state: 'closed' })],
    ['that has one', awaiting({ state: 'written', code: HELD })],
    ['that asks itself', confirming()],
    ['whose code a person took away', awaiting({ state: 'needs-staff', reason: 'write-back-undone' })],
  ])('no code for a case %s', (_what, c) => {
    expect(takenOver(c, issued, AT)).toBeNull();
  });

  test('a code that does not fit after all goes to a person, and is asked for no more', () => {
    const taken = takenOver(ready(), { ...issued, issuedAt: AT - 3 * 86_400_000 }, AT)?.next;
    expect(taken).toMatchObject({ state: 'needs-staff', reason: 'code-does-not-fit', code: null });
    expect(taken?.askedAt).toBe(issued.askedAt);
    expect(taken?.candidates).toMatchObject([{ claimCode: CODE.claimCode, misfits: ['date'] }]);
  });

  describe('two codes', () => {
    const second = {
      ...{ claimCode: 'PP2000000002', claimType: 'PG0060001', hcode: SAMPLE_HCODE },
      ...{ issuedAt: CODE.issuedAt, misfits: [], heldBy: null },
    };
    const both = { ...issued, candidates: [second] };

    test('of which a person must say which one it is, and none is written', () => {
      const taken = takenOver(ready(), both, AT);
      expect(taken?.next).toMatchObject({ state: 'needs-staff', reason: 'code-ambiguous', code: null });
      expect(taken?.next).toMatchObject({ askedAt: issued.askedAt, nextStep: null });
      expect(taken?.next.candidates.map((c) => c.claimCode)).toEqual([CODE.claimCode, second.claimCode]);
      expect(taken?.history).toMatchObject([{ event: 'code-issued', reason: 'code-ambiguous' }]);
    });

    test('of which the first does not fit: the second is shown as well', () => {
      const taken = takenOver(ready(), { ...both, issuedAt: AT - 3 * 86_400_000 }, AT)?.next;
      expect(taken).toMatchObject({ state: 'needs-staff', reason: 'code-does-not-fit' });
      expect(taken?.candidates.map((c) => c.claimCode)).toEqual([CODE.claimCode, second.claimCode]);
    });

    test('of which the second is still looked for: the case does it', () => {
      const looked = { ...issued, lookAt: AT + 20_000, emptyLookups: 2 };
      const once = takenOver(ready(), looked, AT)?.next;
      expect(once).toMatchObject({ state: 'confirmed', recheckAt: AT + 20_000, emptyLookups: 2 });
      // there is a third perhaps
      expect(takenOver(ready(), { ...looked, candidates: [second] }, AT)?.next).toMatchObject({
        ...{ state: 'needs-staff', recheckAt: AT + 20_000 },
        ...{ nextStep: 'lookup', dueAt: AT + 20_000 },
      });
      const wrong = { ...looked, issuedAt: AT - 3 * 86_400_000 };
      expect(takenOver(ready(), wrong, AT)?.next).toMatchObject({ nextStep: 'lookup', dueAt: AT + 20_000 });
    });
  });

  test('what a clock that was ahead has left, with its times put right', () => {
    const ahead = { askedAt: AT + 3_600_000, lookAt: AT + 3_602_000, updatedAt: AT + 3_601_000 };
    expect(takenOver(ready(), ask('lost', ahead), AT)?.next).toMatchObject({
      ...{ state: 'unknown', askedAt: AT - 1_000, dueAt: AT + 1_000 },
    });
    expect(takenOver(ready(), { ...issued, ...ahead }, AT)?.next).toMatchObject({
      ...{ askedAt: AT - 1_000, recheckAt: AT + 1_000 },
    });
  });

  test('an ask whose answer was lost, with the look-ups that it has had', () => {
    const taken = takenOver(ready(), ask('lost', { lookAt: AT + 9_000 }), AT);
    expect(taken?.next).toMatchObject({
      ...{ state: 'unknown', reason: null, askedAt: AT - 60_000, emptyLookups: 1 },
      ...{ nextStep: 'lookup', dueAt: AT + 9_000 },
    });
    // what look-ups alone have not decided is a person's now
    const undecided = ask('lost', { lookAt: AT + 1_800_000, emptyLookups: LOOKUPS_AT_MOST });
    expect(takenOver(ready(), undecided, AT)?.next).toMatchObject({
      emptyLookups: LOOKUPS_AT_MOST,
      dueAt: AT,
    });
    expect(takenOver(ready(), ask('asking'), AT)).toBeNull();
    expect(takenOver(ready(), ask('lost', { lookAt: null }), AT)).toBeNull();
    expect(takenOver(awaiting({ state: 'needs-staff', reason: 'refused' }), ask('lost'), AT)).toBeNull();
  });
});

const WHOLE = { correlationId: 'c9', isWhole: true, isRead: true };

describe('an ask whose code no visit takes', () => {
  const OTHER = { claimCode: 'PP7777777777', claimType: null, issuedAt: null, source: 'his' } as const;
  const held = awaiting({ state: 'written', code: OTHER, vn: 'v7' });
  const beside = besideVisits(issued, [held], AT);
  test('goes before a person once a visit of the day holds another', () => {
    expect(beside).toMatchObject({
      ...{ state: 'issued', claimCode: CODE.claimCode, lookAt: null, version: issued.version + 1 },
      candidates: [{ claimCode: OTHER.claimCode, misfits: ['held-by-other-visit'], heldBy: 'v7' }],
    });
    expect(beside !== null && needsPerson(beside)).toBe(true);
  });
  test.each<[string, DoorAsk, Case[]]>([
    ['no visit is there', issued, []],
    ['the visit holds none', issued, [awaiting()]],
    ['the visit is cancelled', issued, [{ ...held, state: 'cancelled' }]],
    ['its code is of another claim type', issued, [{ ...held, code: { ...OTHER, claimType: 'PG0130001' } }]],
    ['its code is the very one', issued, [{ ...held, code: { ...OTHER, claimCode: CODE.claimCode } }]],
    ['it is known', beside ?? issued, [held]],
    ['a second code of the ask is still looked for', { ...issued, lookAt: AT }, [held]],
    ['there is no code yet', ask('lost'), [held]],
  ])('but not when %s', (_, left, cases) => {
    expect(besideVisits(left, cases, AT)).toBeNull();
  });
});

describe('which visit', () => {
  const at = (vn: string, minutes: number, more: Partial<Case> = {}) => {
    const startedAt = AT + minutes * 60_000;
    return awaiting({ vn, visit: sampleVisit({ vn, startedAt }), ...more });
  };
  const target = (...cases: Case[]): string | null => {
    const standing = doorStanding(null, cases, KEY, WHOLE, AT);
    return standing.kind === 'open' ? (standing.target?.vn ?? null) : standing.kind;
  };

  test('the one whose card the client has read, else the nearest of that claim type, else the only one', () => {
    expect(target()).toBeNull();
    expect(target(at('far', -90), at('near', 5))).toBe('near');
    expect(target(at('far', -90, { correlationId: 'c9' }), at('near', 5))).toBe('far');
    expect(target(at('other', -1, { claimType: 'PG0130001' }))).toBe('other');
    expect(target(at('other', -1, { claimType: 'PG0130001' }), at('same', -90))).toBe('same');
    expect(
      target(at('a', -1, { claimType: 'PG0130001' }), at('b', -2, { claimType: 'PG0110001' })),
    ).toBeNull();
    expect(visitForAsk(issued, [at('far', -90), at('near', -1)], AT)?.vn).toBe('near');
  });

  test('none for a request that a visit could not hold', () => {
    const standing = doorStanding(null, [at('near', 1)], KEY, { ...WHOLE, isWhole: false }, AT);
    expect(standing).toEqual({ kind: 'open', target: null });
  });
});

describe('how it stands', () => {
  const standing = (row: DoorAsk | null, ...cases: Case[]) => doorStanding(row, cases, KEY, WHOLE, AT).kind;

  test.each<[string, DoorAsk | null, Case[], string]>([
    ['nobody has asked', null, [], 'open'],
    ['nothing came of it', ask('free'), [], 'open'],
    ['a client has the code', issued, [], 'code'],
    [
      'a client has it, and has typed it into the HIS',
      heldByCase(issued, 'v', AT),
      [awaiting({ state: 'written', code: { ...HELD, source: 'his' } })],
      'code',
    ],
    ['a visit has it', null, [awaiting({ state: 'written', code: HELD })], 'code'],
    [
      'a visit has one of another type',
      null,
      [awaiting({ state: 'written', code: { ...HELD, claimType: 'PG0130001' } })],
      'open',
    ],
    [
      'a clerk has typed something',
      null,
      [awaiting({ state: 'written', code: { ...HELD, source: 'his' } })],
      'open',
    ],
    [
      'a visit has one of another day',
      null,
      [awaiting({ state: 'written', code: { ...HELD, issuedAt: NEXT_DAY } })],
      'open',
    ],
    ['a client asks', ask('asking'), [], 'under-way'],
    ['a client’s answer is looked up', ask('lost'), [], 'under-way'],
    ['a visit asks', ask('case'), [confirming()], 'under-way'],
    ['a visit’s answer is looked up', ask('case'), [unknown()], 'under-way'],
    ['a visit asks for something else', null, [confirming({ claimType: 'PG0130001' })], 'open'],
    ['look-ups have not decided it', ask('lost', { emptyLookups: LOOKUPS_AT_MOST }), [], 'stuck'],
    [
      'a person must decide it',
      ask('case'),
      [awaiting({ state: 'needs-staff', reason: 'code-ambiguous', askedAt: AT })],
      'stuck',
    ],
  ])('%s', (_what, row, cases, expected) => {
    expect(standing(row, ...cases)).toBe(expected);
  });

  test('nothing is asked for whoever’s card was not read; what is there is given all the same', () => {
    const unread = (row: DoorAsk | null, ...cases: Case[]) =>
      doorStanding(row, cases, KEY, { ...WHOLE, isRead: false }, AT).kind;
    expect([unread(null), unread(ask('free')), unread(null, awaiting())]).toEqual(Array(3).fill('no-card'));
    expect([unread(issued), unread(ask('asking'))]).toEqual(['code', 'under-way']);
  });
});
