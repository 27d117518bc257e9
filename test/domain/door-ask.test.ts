import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MatchResult } from '../../src/domain/authen-code.ts';
import { DAY_MS, type Instant } from '../../src/domain/bangkok.ts';
import {
  askFreed,
  askLookedUp,
  askLost,
  beginAsk,
  codeIssuedTo,
  type DoorAsk,
  fitsAsk,
  isUndecided,
  lookUpPutOff,
  lookUpRefused,
  takenByCase,
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

const look = (ask: DoorAsk, match: MatchResult, at: Instant, gap: Gap | null = null): DoorAsk =>
  askLookedUp(ask, match, { times: { settleMs: SETTLE, atWorkMs: AT_WORK }, gap, at });

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
    for (const before of [begun(), lost, codeIssuedTo(begun(), { claimCode: 'PP1', issuedAt: AT }, AT)]) {
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
    ['is found', [fits(AT + 100)], { state: 'issued', claimCode: 'PP1000000001', lookAt: null }],
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
