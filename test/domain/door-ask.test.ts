import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate, MatchResult } from '../../src/domain/authen-code.ts';
import { addDays, DAY_MS, endOfServiceDate, type Instant } from '../../src/domain/bangkok.ts';
import {
  askClockSetBack,
  askFreed,
  askLookedAtAgain,
  askLookedUp,
  askLost,
  beginAsk,
  codeCameLateTo,
  codeIssuedTo,
  type DoorAsk,
  fitsAsk,
  heldByCase,
  isUndecided,
  lookUpPutOff,
  lookUpRefused,
  mayBeAskedAhead,
  needsPerson,
  takenByCase,
  withoutHeld,
} from '../../src/domain/door-ask.ts';
import { LOOKUPS_AT_MOST } from '../../src/domain/machine/lost-answer.ts';
import type { Gap } from '../../src/domain/machine/restored.ts';
import { SAMPLE_AT, SAMPLE_DATE, SAMPLE_HCODE, sampleCitizenId } from '../support/samples.ts';

const AT = SAMPLE_AT;
const RECOVER = AT + 45_000;
const SETTLE = 20_000;
const AT_WORK = 45_000;
const key = {
  hcode: SAMPLE_HCODE,
  pid: sampleCitizenId(1),
  serviceDate: SAMPLE_DATE,
  claimType: 'PG0060001',
};
const by = { actor: 'key:his', stationId: 'counter-1', correlationId: 'c1' };
const GAP: Gap = { generation: 3, from: AT - 60_000, to: AT - 1_000 };
const NONE: MatchResult = { kind: 'none', candidates: [] };

function begun(before: DoorAsk | null = null, gap: Gap | null = null, at: Instant = AT): DoorAsk {
  const ask = beginAsk(before, key, by, { recoverAt: RECOVER, gap, at });
  if (ask === null) throw new Error('it may be asked for');
  return ask;
}

function fits(issuedAt: Instant): MatchResult {
  return { kind: 'fits', code: { ...key, claimCode: 'PP1000000001', issuedAt } };
}

function seen(issuedAt: Instant, misfits: string[]): MatchResult {
  const candidate = { claimCode: 'PP1000000002', claimType: 'PG0130001', hcode: SAMPLE_HCODE, issuedAt };
  return { kind: 'none', candidates: [{ ...candidate, misfits: misfits as never, heldBy: null }] };
}

const TIMES = { settleMs: SETTLE, atWorkMs: AT_WORK };
/** When the last look-up of a lost answer is made. */
const SURELY_OVER = AT + AT_WORK + SETTLE;

const look = (ask: DoorAsk, match: MatchResult, at: Instant, gap: Gap | null = null): DoorAsk =>
  askLookedUp(ask, match, { times: TIMES, gap, at });

function beside(claimCode: string, more: Partial<Candidate> = {}): Candidate {
  const { claimType, hcode } = key;
  return { claimCode, claimType, hcode, issuedAt: AT + 5_000, misfits: [], heldBy: null, ...more };
}

const codes = ({ candidates }: DoorAsk): string[] => candidates.map((c) => c.claimCode);

describe('an ask begins', () => {
  test('with a look-up set for the case that this process dies', () => {
    expect(begun()).toMatchObject({
      state: 'asking',
      version: 1,
      askedAt: AT,
      lookAt: RECOVER,
      actor: 'key:his',
    });
  });

  test('anew where nothing came of the one before, or where a visit had it', () => {
    for (const before of [askFreed(begun(), AT), takenByCase(begun(), 'vn', AT)]) {
      expect(begun(before)).toMatchObject({ state: 'asking', version: 3, vn: null, claimCode: null });
    }
  });

  test('not while it is under way, lost, or there', () => {
    const lost = askLost(begun(), AT, AT);
    const issued = codeIssuedTo(begun(), { claimCode: 'PP1', issuedAt: AT }, AT);
    for (const before of [begun(), lost, issued, heldByCase(issued, 'vn', AT)]) {
      expect(beginAsk(before, key, by, { recoverAt: RECOVER, gap: null, at: AT })).toBeNull();
    }
  });

  test('with the look-ups of a lost answer where the ledger was put back on that day, once for each time', () => {
    const sought = begun(null, GAP);
    expect(sought).toMatchObject({ state: 'lost', askedAt: GAP.from, lookAt: AT });
    const free = [0, 1, 2, 3].reduce((ask, n) => look(ask, NONE, AT + n * SETTLE, GAP), sought);
    expect(free).toMatchObject({ state: 'free', soughtIn: 3 });
    expect(begun(free, GAP).state).toBe('asking');
    expect(begun(free, { ...GAP, generation: 4 }).state).toBe('lost');
    expect(begun(null, { ...GAP, from: AT - 3 * DAY_MS, to: AT - 2 * DAY_MS }).state).toBe('asking');
  });

  test('and is never looked up where the person is no citizen id', () => {
    const ask = beginAsk(null, { ...key, pid: '12' }, by, { recoverAt: RECOVER, gap: null, at: AT });
    expect(ask?.lookAt).toBeNull();
    expect(isUndecided(askLost(ask as DoorAsk, AT, AT))).toBe(true);
  });
});

describe('a lost answer', () => {
  const lost = askLost(begun(), AT + 2_000, AT);

  test.each<[string, MatchResult[], Partial<DoorAsk>]>([
    [
      'is found, and looked at again, as the code may be another channel’s',
      [fits(AT + 100)],
      { state: 'issued', claimCode: 'PP1000000001', emptyLookups: 1, lookAt: AT + 2_000 + SETTLE },
    ],
    [
      'is found when the agent is surely done',
      [NONE, NONE, NONE, fits(AT + 100)],
      { state: 'issued', lookAt: null },
    ],
    ['is found at the second look', [NONE, fits(AT + 100)], { state: 'issued' }],
    ['is looked for again after one empty look', [NONE], { state: 'lost', emptyLookups: 1 }],
    [
      'is looked for again while the agent may yet be at work',
      [NONE, NONE, NONE],
      { state: 'lost', emptyLookups: 3, lookAt: AT + AT_WORK + SETTLE },
    ],
    ['is free when the agent is surely done', [NONE, NONE, NONE, NONE], { state: 'free', lookAt: null }],
    ['is not an older code at the first look', [fits(AT - 60_000)], { state: 'lost', emptyLookups: 1 }],
    ['is not an older code at the second', [NONE, fits(AT - 60_000)], { state: 'lost', emptyLookups: 2 }],
    ['is an older code that fits at the last', [NONE, NONE, NONE, fits(AT - 60_000)], { state: 'issued' }],
    [
      'stays where another code may be it',
      [NONE, NONE, NONE, seen(AT + 100, ['claim-type'])],
      { state: 'lost', emptyLookups: LOOKUPS_AT_MOST },
    ],
    [
      'is free where that code is a visit’s',
      [NONE, NONE, NONE, seen(AT + 1, ['claim-type', 'held-by-other-visit'])],
      { state: 'free' },
    ],
    [
      'is free where that code is older',
      [NONE, NONE, NONE, seen(AT - 120_000, ['claim-type'])],
      { state: 'free' },
    ],
    [
      'stays where two fit',
      [{ kind: 'ambiguous', candidates: [] }],
      { state: 'lost', emptyLookups: LOOKUPS_AT_MOST },
    ],
  ])('%s', (_what, matches, expected) => {
    let at = AT + 2_000;
    let ask = lost;
    for (const match of matches) {
      ask = look(ask, match, at);
      at = ask.lookAt ?? at;
    }
    expect(ask).toMatchObject(expected);
  });

  test('is undecided after a last look that did not free it, and not before', () => {
    const once = look(lost, NONE, AT);
    expect(isUndecided(lost)).toBe(false);
    expect(isUndecided(once)).toBe(false);
    expect(isUndecided(look(once, NONE, AT + SETTLE))).toBe(false);
    const thrice = look(look(once, NONE, AT + SETTLE), NONE, AT + 2 * SETTLE);
    expect(isUndecided(thrice)).toBe(false);
    expect(isUndecided(look(thrice, seen(AT, ['claim-type']), AT + AT_WORK + SETTLE))).toBe(true);
  });
});

describe('what a clock that was ahead asked for in the evening, for the next day', () => {
  const midnight = endOfServiceDate(addDays(SAMPLE_DATE, -1));
  const minutes = (n: number): Instant => midnight + n * 60_000;
  const askedAt = minutes(20);

  test.each([
    ['an hour before it', -40, true],
    ['the moment before midnight', -1 / 60, true],
    ['this day', 0, false],
    ['half a day before it', -720, false],
  ])('a code of %s: %s minutes from midnight', (_what, issued, expected) => {
    expect(mayBeAskedAhead({ issuedAt: minutes(issued) }, { ...key, askedAt })).toBe(expected);
  });

  test.each([
    ['stays while nobody holds it', ['date'], true],
    ['is free once it is a visit’s', ['date', 'held-by-other-visit'], false],
  ])('%s', (_what, misfits, expected) => {
    let ask = askLost({ ...begun(null, null, askedAt), lookAt: askedAt }, askedAt, askedAt);
    const match = seen(minutes(-40), misfits);
    for (let i = 0; i < 4; i++) ask = look(ask, match, ask.lookAt ?? 0);
    expect(isUndecided(ask)).toBe(expected);
    expect(ask.state).toBe(expected ? 'lost' : 'free');
  });
});

describe('a look-up that NHSO refuses', () => {
  test('is tried again less and less often, and not once the day is over', () => {
    let ask = askLost(begun(), AT, AT);
    const waits: number[] = [];
    let at = AT;
    for (let i = 0; i < 7; i++) {
      ask = lookUpRefused(ask, at);
      waits.push(((ask.lookAt ?? 0) - at) / 60_000);
      at = ask.lookAt ?? 0;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect(lookUpRefused(ask, AT + DAY_MS)).toMatchObject({ state: 'lost', lookAt: null });
  });

  test('counts as no look: what was sent stays sent', () => {
    expect(lookUpRefused(begun(), RECOVER)).toMatchObject({ state: 'lost', emptyLookups: 0 });
  });
});

describe('a code that was taken while the confirm may be at work', () => {
  const taken = look(askLost(begun(), AT + 2_000, AT), fits(AT + 100), AT + 2_000);
  const again = (ask: DoorAsk, seen: Candidate[], at = ask.lookAt ?? 0): DoorAsk =>
    askLookedAtAgain(ask, seen, TIMES, at);

  test('is looked at again until that is surely over, and then no more', () => {
    const looks: (Instant | null)[] = [];
    let ask = taken;
    while (ask.lookAt !== null) {
      looks.push(ask.lookAt);
      ask = again(ask, []);
    }
    expect(looks).toEqual([AT + 22_000, AT + 42_000, SURELY_OVER]);
    expect(ask).toMatchObject({ state: 'issued', claimCode: 'PP1000000001', candidates: [] });
    expect(needsPerson(ask)).toBe(false);
  });

  test('has a second one shown to a person, once, and what it holds stays', () => {
    const first = again(taken, [beside('PP1000000002')]);
    const second = again(first, [beside('PP1000000002'), beside('PP1000000003')]);
    expect(codes(first)).toEqual(['PP1000000002']);
    expect(codes(second)).toEqual(['PP1000000002', 'PP1000000003']);
    expect(second).toMatchObject({ state: 'issued', claimCode: 'PP1000000001' });
    // NHSO shows the newest five only
    const unseen = again(second, []);
    expect(codes(unseen)).toEqual(['PP1000000002', 'PP1000000003']);
    expect([taken, first, second, unseen].map(needsPerson)).toEqual([false, true, true, true]);
  });

  test.each<[string, Partial<Candidate>]>([
    ['older than the confirm', { issuedAt: AT - 61_000 }],
    ['of another claim type', { claimType: 'PG0130001', misfits: ['claim-type'] }],
    ['of another hospital', { hcode: '11111', misfits: ['hospital'] }],
    ['a visit’s', { misfits: ['held-by-other-visit'], heldBy: '1' }],
    ['one that closes a visit', { claimCode: 'EP1000000002', misfits: ['close-visit-code'] }],
    ['of a day later', { issuedAt: AT + DAY_MS, misfits: ['date'] }],
  ])('is not troubled by one that is %s', (_what, more) => {
    const looked = again(taken, [beside('PP1000000002', more)]);
    expect(codes(looked)).toEqual([]);
    expect(looked.lookAt).toBe(AT + 42_000);
  });

  test('is looked at again while NHSO refuses, and stays the client’s', () => {
    const refused = lookUpRefused(taken, AT + 22_000);
    expect(refused).toMatchObject({ state: 'issued', claimCode: 'PP1000000001', lookAt: AT + 82_000 });
    expect(lookUpRefused(refused, AT + DAY_MS)).toMatchObject({ state: 'issued', lookAt: null });
  });
});

describe('a code that came late', () => {
  const late = { claimCode: 'PP1000000002', issuedAt: AT + 5_000 };
  const issued = codeIssuedTo(begun(), { claimCode: 'PP1000000001', issuedAt: AT + 100 }, AT + 100);

  test('stands beside what is there, once, and leaves that as it is', () => {
    for (const standing of [begun(), askLost(begun(), AT + 2_000, AT), issued]) {
      const told = codeCameLateTo(standing, late, AT + 9_000);
      const { candidates: _, version, updatedAt: __, ...rest } = told;
      expect(standing).toMatchObject(rest);
      expect([version, told.candidates]).toEqual([standing.version + 1, [beside('PP1000000002')]]);
      expect([needsPerson(standing), needsPerson(told)]).toEqual([false, true]);
      expect(codes(codeCameLateTo(told, late, AT + 9_001))).toEqual(['PP1000000002']);
    }
  });

  test('keeps what was asked for anew from being asked for once more, although that was not sent', () => {
    const notSent = askFreed(codeCameLateTo(begun(), late, AT + 100), AT + 200);
    expect(notSent).toMatchObject({ state: 'lost', lookAt: AT + 200 });
    expect(beginAsk(notSent, key, by, { recoverAt: RECOVER, gap: null, at: AT + 300 })).toBeNull();
    // NHSO shows it: that is the code
    const found = look(notSent, { kind: 'fits', code: { ...key, ...late } }, AT + 200);
    expect(found).toMatchObject({ state: 'issued', claimCode: late.claimCode, candidates: [] });
  });

  test('is a person’s where NHSO does not show it, and NHSO is not asked again at once', () => {
    let ask = askFreed(codeCameLateTo(begun(), late, AT + 100), AT + 200);
    const looks: Instant[] = [];
    while (looks.length < 8 && ask.lookAt !== null) {
      looks.push(ask.lookAt - AT);
      ask = look(ask, NONE, ask.lookAt);
    }
    const half = 30 * 60_000;
    expect(looks).toEqual([200, 20_200, 40_200, 65_000, ...[1, 2, 3, 4].map((n) => 65_000 + n * half)]);
    expect(isUndecided(ask)).toBe(true);
    expect(codes(ask)).toEqual([late.claimCode]);
    // one that a visit holds by now is nobody's to decide on
    expect(
      look(
        withoutHeld(ask, () => true),
        NONE,
        ask.lookAt ?? 0,
      ),
    ).toMatchObject({ state: 'free' });
  });

  test('stays beside others that cannot be told apart', () => {
    const lost = codeCameLateTo(askLost(begun(), AT + 2_000, AT), late, AT + 100);
    const two = [beside('PP1000000003'), beside('PP1000000004')];
    const ambiguous = look(lost, { kind: 'ambiguous', candidates: two }, AT + 2_000);
    expect(codes(ambiguous)).toEqual(['PP1000000002', 'PP1000000003', 'PP1000000004']);
    const at = ambiguous.lookAt ?? 0;
    expect(codes(look(ambiguous, { kind: 'ambiguous', candidates: two }, at))).toEqual(codes(ambiguous));
  });
});

describe('a person must look at', () => {
  const lost = askLost(begun(), AT + 2_000, AT);
  const undecided = { emptyLookups: LOOKUPS_AT_MOST };
  const two = { candidates: [beside('PP1000000002')] };
  const issued = codeIssuedTo(begun(), { claimCode: 'PP1000000001', issuedAt: AT }, AT);

  test.each<[string, DoorAsk, boolean]>([
    ['what is being asked', begun(), false],
    ['what is being looked up', lost, false],
    ['what look-ups have not decided', { ...lost, ...undecided }, true],
    ['what is looked up no more', { ...lost, lookAt: null }, true],
    ['what is looked up while another code is there', { ...lost, ...two }, true],
    ['a code', issued, false],
    ['a code beside another', { ...issued, ...two }, true],
    ['what is free', askFreed(begun(), AT), false],
    ['what a visit has, with all its codes', takenByCase({ ...issued, ...two }, 'vn', AT), false],
    ['what a visit holds without having asked', heldByCase({ ...issued, ...two }, 'vn', AT), false],
  ])('%s: %#', (_what, ask, expected) => {
    expect(needsPerson(ask)).toBe(expected);
  });
});

describe('a clock that was an hour ahead is set back', () => {
  const HOUR = 3_600_000;
  const ahead = askLost(begun(), AT + 2_000, AT + 1_000);
  const now = AT + 1_000 - HOUR;

  test('and what it has put off is looked up as if it had been right', () => {
    const right = askClockSetBack(ahead, now);
    expect(right).toMatchObject({
      askedAt: AT - HOUR,
      lookAt: AT + 2_000 - HOUR,
      updatedAt: now,
      state: 'lost',
    });
    expect(right?.version).toBe(ahead.version + 1);
    expect(askClockSetBack(right as DoorAsk, now)).toBeNull();
  });

  test('whatever else changes it first', () => {
    expect(lookUpPutOff(ahead, now + 5_000, now)).toMatchObject({ askedAt: AT - HOUR, lookAt: now + 5_000 });
    expect(codeIssuedTo(ahead, { claimCode: 'PP1', issuedAt: now }, now)).toMatchObject({
      ...{ askedAt: AT - HOUR, lookAt: null },
    });
  });

  test('what was due already is due now; clocks that differ by less than a minute are left alone', () => {
    expect(askClockSetBack({ ...ahead, lookAt: AT - 5_000 }, now)?.lookAt).toBe(now);
    expect(askClockSetBack(ahead, AT + 1_000 - 60_000)).toBeNull();
    expect(askClockSetBack(ahead, AT + HOUR)).toBeNull();
  });
});

test('what look-ups cannot decide is looked at no more once the day is over', () => {
  const ambiguous: MatchResult = { kind: 'ambiguous', candidates: [] };
  const lost = askLost(begun(), AT, AT);
  expect(look(lost, ambiguous, AT).lookAt).toBe(AT + 30 * 60_000);
  expect(look(lost, ambiguous, AT + DAY_MS)).toMatchObject({ state: 'lost', lookAt: null });
});

test('a code fits an ask when all that it states agrees', () => {
  const code = { ...key, claimCode: 'PP1000000001', issuedAt: AT };
  expect(fitsAsk(code, key)).toBe(true);
  for (const wrong of [
    { pid: sampleCitizenId(2) },
    { hcode: '11111' },
    { hcode: null },
    { claimType: 'PG0130001' },
    { issuedAt: null },
    { issuedAt: AT - DAY_MS },
    { claimCode: 'EP1000000001' },
    { claimCode: 'PG0060001' },
  ]) {
    expect(fitsAsk({ ...code, ...wrong }, key)).toBe(false);
  }
});

test('whatever happens to it: versions grow by one, and it is free only after empty looks, the last when the agent is done, or when nothing was issued', () => {
  const event = fc.oneof(
    fc.constant('begin'),
    fc.constant('lost'),
    fc.constant('put-off'),
    fc.constant('refused'),
    fc.record({
      match: fc.constantFrom<MatchResult>(NONE, fits(AT + 10), fits(AT - 90_000), seen(AT, ['claim-type'])),
    }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.boolean(), (events, hasGap) => {
      const gap = hasGap ? GAP : null;
      let ask: DoorAsk | null = null;
      let empty = 0;
      let at = AT;
      for (const e of events) {
        at += SETTLE;
        const before: DoorAsk | null = ask;
        if (e === 'begin') {
          ask = beginAsk(before, key, by, { recoverAt: at + 45_000, gap, at }) ?? before;
          if (ask !== before) empty = 0;
        } else if (before === null || before.state === 'free' || before.state === 'issued') continue;
        else if (e === 'lost') ask = askLost(before, at, at);
        else if (e === 'put-off') ask = lookUpPutOff(before, at, at);
        else if (e === 'refused') ask = lookUpRefused(before, at);
        else {
          ask = look(before, e.match, at, gap);
          empty += 1;
          if (ask.state === 'free') {
            expect(empty).toBeGreaterThanOrEqual(2);
            expect(at - before.askedAt).toBeGreaterThanOrEqual(AT_WORK + SETTLE);
          }
          if (ask.state === 'issued') expect(e.match.kind).toBe('fits');
        }
        if (ask !== before) expect(ask?.version).toBe((before?.version ?? 0) + 1);
        if (ask?.state === 'asking' && before !== null && before.state !== 'asking')
          expect(before.state).toBe('free');
      }
    }),
  );
});
