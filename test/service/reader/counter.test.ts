import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/domain/bridge-error.ts';
import type { ReaderSlot } from '../../../src/service/ports/reader.ts';
import {
  afterBlindLook,
  afterFailure,
  afterLook,
  afterRead,
  afterReceipt,
  type CounterPolicy,
  type CounterState,
  EMPTY_COUNTER,
  fallsBack,
  plan,
  waitsForBridge,
} from '../../../src/service/reader/counter.ts';
import { SAMPLE_AT, sampleCitizenId } from '../../support/samples.ts';

const POLICY: CounterPolicy = { settleMs: 1_500, nhsoRetryMs: 60_000, asksNhso: true };
const T = SAMPLE_AT;
const [SOMCHAI, SOMYING] = [sampleCitizenId(1), sampleCitizenId(2)];

const slot = (isPresent: boolean, insertion: string | null = null, name = 'Reader 0'): ReaderSlot => ({
  name,
  isPresent,
  insertion,
});
const look = (state: CounterState, now: number, ...slots: ReaderSlot[]): CounterState =>
  afterLook(state, slots, now, POLICY);
const inserted = (at = T): CounterState => look(look(EMPTY_COUNTER, at - 1_000, slot(false)), at, slot(true));
const told = (state: CounterState, at: number, kind: 'full' | 'card-only', pid = SOMCHAI, why?: ErrorCode) =>
  afterRead(state, { pid, kind, at }, why ?? null, POLICY);
/** A card read alone because its full read failed. */
const offline = (): CounterState =>
  told(inserted(), T + 2_000, 'card-only', SOMCHAI, 'nhso-unavailable').state;

describe('one read per insertion', () => {
  it('waits for the card to settle, reads once, and again only for the next card', () => {
    const state = inserted();
    expect(plan(state, T + 1_499, POLICY)).toEqual({ do: 'wait', until: T + 1_500 });
    expect(plan(state, T + 1_500, POLICY)).toEqual({ do: 'read', kind: 'full' });
    const read = told(state, T + 2_000, 'full').state;
    const lying = look(read, T + 3_600_000, slot(true));
    expect(plan(lying, T + 3_600_000, POLICY)).toEqual({ do: 'wait', until: null });
    const next = look(look(lying, T + 3_601_000, slot(false)), T + 3_602_000, slot(true));
    expect(plan(next, T + 3_604_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    expect(told(next, T + 3_604_000, 'full').repeat).toBe(false);
  });

  it('a source that counts insertions shows a card swapped between two looks', () => {
    const first = told(look(EMPTY_COUNTER, T, slot(true, '7')), T + 2_000, 'full').state;
    const swapped = look(first, T + 3_000, slot(true, '9'));
    expect(plan(swapped, T + 5_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    expect(told(swapped, T + 5_000, 'full', SOMCHAI).repeat).toBe(false);
  });

  it('a card in a second reader is read; the first card answering again is not sent again', () => {
    const first = told(inserted(), T + 2_000, 'full').state;
    const both = look(first, T + 3_000, slot(true), slot(true, null, 'Reader 1'));
    expect(plan(both, T + 5_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    expect(told(both, T + 5_000, 'full', SOMCHAI).repeat).toBe(true);
    expect(told(both, T + 5_000, 'full', SOMYING).repeat).toBe(false);
  });
});

describe('one of two cards is taken out', () => {
  it.each([
    ['the agent', null],
    ['PC/SC', '1:1'],
  ])('the one that stays is not read again (%s)', (_, insertion) => {
    const one = look(EMPTY_COUNTER, T, slot(true, insertion), slot(false, null, 'Reader 1'));
    const first = told(one, T + 2_000, 'full').state;
    const second = slot(true, insertion === null ? null : '1:2', 'Reader 1');
    const both = look(first, T + 5_000, slot(true, insertion), second);
    expect(plan(both, T + 9_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    const read = told(both, T + 9_000, 'full', SOMYING).state;
    const left = look(read, T + 20_000, slot(true, insertion), slot(false, null, 'Reader 1'));
    expect(plan(left, T + 30_000, POLICY)).toEqual({ do: 'wait', until: null });
  });
});

describe('a reader out of sight', () => {
  const gaps: [string, (s: CounterState) => CounterState][] = [
    ['agent restarted', afterBlindLook],
    ['reader unplugged', (s) => look(s, T + 3_000)],
  ];
  it.each(gaps)(
    '%s: nothing is read meanwhile, the card is read again, sent only if it tells more',
    (_, gap) => {
      const blind = gap(told(inserted(), T + 2_000, 'full').state);
      expect(plan(blind, T + 9_000, POLICY)).toEqual({ do: 'wait', until: null });
      const back = look(blind, T + 30_000, slot(true));
      expect(plan(back, T + 31_500, POLICY)).toEqual({ do: 'read', kind: 'full' });
      expect(told(back, T + 32_000, 'full', SOMCHAI).repeat).toBe(true);
      expect(told(back, T + 32_000, 'full', SOMYING).repeat).toBe(false);
      const done = told(back, T + 32_000, 'full', SOMCHAI).state;
      expect(plan(done, T + 40_000, POLICY)).toEqual({ do: 'wait', until: null });
    },
  );

  it('a card seen gone in between is a new insertion, and so is the next day', () => {
    const blind = afterBlindLook(told(inserted(), T + 2_000, 'full').state);
    const reinserted = look(look(blind, T + 30_000, slot(false)), T + 31_000, slot(true));
    expect(told(reinserted, T + 33_000, 'full', SOMCHAI).repeat).toBe(false);
    const tomorrow = look(blind, T + 86_400_000, slot(true));
    expect(told(tomorrow, T + 86_400_000, 'full', SOMCHAI).repeat).toBe(false);
  });

  it('a full read after a card-only one tells more', () => {
    const back = look(afterBlindLook(offline()), T + 90_000, slot(true));
    expect(told(back, T + 92_000, 'card-only', SOMCHAI).repeat).toBe(true);
    expect(told(back, T + 92_000, 'full', SOMCHAI).repeat).toBe(false);
  });
});

describe('two sources that see the same card', () => {
  const seen = (state: CounterState, at: number, source: string, ...slots: ReaderSlot[]): CounterState =>
    afterLook(state, slots, at, POLICY, source);
  const pcsc = (isPresent: boolean, insertion: string | null = null) =>
    slot(isPresent, insertion, 'Virtual PCD 00 00');
  const only = (state: CounterState, at: number, pid = SOMCHAI) =>
    afterRead(state, { pid, kind: 'card-only', at }, null, { ...POLICY, asksNhso: false });

  it('agent away: the card is read directly; agent back: in full, and that is sent', () => {
    const direct = seen(afterBlindLook(inserted()), T + 1_000, 'pcsc', pcsc(true, '1:7'));
    expect(plan(direct, T + 1_000 + POLICY.settleMs, { ...POLICY, asksNhso: false })).toEqual({
      ...{ do: 'read', kind: 'card-only' },
    });
    const read = only(direct, T + 3_000);
    expect(read.repeat).toBe(false);
    const back = seen(read.state, T + 60_000, 'agent', slot(true));
    expect(plan(back, T + 62_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    expect(told(back, T + 62_000, 'full').repeat).toBe(false);
    // NHSO still away: the card alone is no news
    expect(told(back, T + 62_000, 'card-only', SOMCHAI, 'nhso-unavailable').repeat).toBe(true);
  });

  it('a card told by the agent is no news from PC/SC, whatever PC/SC counts', () => {
    const full = told(inserted(), T + 2_000, 'full').state;
    for (const insertion of ['1:7', null]) {
      const direct = seen(full, T + 9_000, 'pcsc', pcsc(true, insertion));
      expect(only(direct, T + 10_000).repeat).toBe(true);
      expect(only(direct, T + 10_000, SOMYING).repeat).toBe(false);
      const back = seen(only(direct, T + 10_000).state, T + 20_000, 'agent', slot(true));
      expect(told(back, T + 22_000, 'full').repeat).toBe(true);
    }
  });

  it('the process that drives readers was replaced: the same card under another count is no news', () => {
    const first = only(seen(EMPTY_COUNTER, T, 'pcsc', pcsc(true, '1:7')), T + 1_000).state;
    const again = seen(afterBlindLook(first), T + 5_000, 'pcsc', pcsc(true));
    expect(only(again, T + 6_000).repeat).toBe(true);
  });

  it('a reader that only the agent shows keeps its card while another one is looked at', () => {
    const full = told(inserted(), T + 2_000, 'full').state;
    const elsewhere = seen(full, T + 9_000, 'pcsc', pcsc(false));
    const back = seen(elsewhere, T + 20_000, 'agent', slot(true));
    expect(told(back, T + 22_000, 'full').repeat).toBe(true);
  });

  it('a reader that both show and that was seen empty: what goes in next is new', () => {
    const full = told(inserted(), T + 2_000, 'full').state;
    const empty = seen(full, T + 9_000, 'pcsc', slot(false));
    const back = seen(empty, T + 20_000, 'agent', slot(true));
    expect(told(back, T + 22_000, 'full').repeat).toBe(false);
  });

  it('what was told in another reader in the morning does not hold a patient up in the afternoon', () => {
    const direct = only(seen(EMPTY_COUNTER, T, 'pcsc', pcsc(true, '1:7')), T + 1_000).state;
    const back = seen(direct, T + 5_000, 'agent', slot(false));
    const later = seen(back, T + 6 * 3_600_000, 'agent', slot(true));
    expect(told(later, T + 6 * 3_600_000 + 2_000, 'full').repeat).toBe(false);
  });

  it('one card that lies there all the time is told once, and once more in full, whoever looks', () => {
    const look2 = fc.constantFrom('agent', 'pcsc', 'agent blind', 'pcsc blind', 'pcsc replaced');
    fc.assert(
      fc.property(fc.array(fc.tuple(look2, fc.integer({ min: 0, max: 90_000 }), fc.boolean())), (looks) => {
        let state: CounterState = EMPTY_COUNTER;
        let now = T;
        let life = 1;
        const sent: string[] = [];
        for (const [how, ms, nhsoUp] of looks) {
          now += ms;
          const source = how.split(' ')[0] ?? '';
          const policy = { ...POLICY, asksNhso: source === 'agent' };
          if (how === 'pcsc replaced') life += 1;
          if (how !== source) state = afterBlindLook(state);
          else {
            const shown = source === 'agent' ? slot(true) : pcsc(true, life === 1 ? '1:7' : null);
            state = afterLook(state, [shown], now, policy, source);
          }
          const next = plan(state, now, policy);
          if (next.do === 'wait') continue;
          const kind = next.kind === 'full' && nhsoUp ? 'full' : 'card-only';
          const why = next.kind !== kind ? ('nhso-unavailable' as const) : null;
          const after = afterRead(state, { pid: SOMCHAI, kind, at: now }, why, policy);
          state = after.state;
          if (!after.repeat) sent.push(kind);
        }
        expect(['', 'card-only', 'full', 'card-only,full']).toContain(sent.join());
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('NHSO down', () => {
  it.each(['nhso-unavailable', 'agent-timeout', 'agent-bad-answer', 'nhso-refused'] as const)(
    'falls back to the card alone after one failed read (%s)',
    (code) => expect(fallsBack(inserted(), code)).toBe(true),
  );
  it.each(['no-card', 'no-reader', 'agent-unreachable'] as const)(
    'does not where the card alone cannot be read either (%s)',
    (code) => expect(fallsBack(inserted(), code)).toBe(false),
  );

  it('reads the next cards alone at once, and asks NHSO again after a minute', () => {
    const empty = look(offline(), T + 5_000, slot(false));
    const second = look(empty, T + 10_000, slot(true));
    expect(plan(second, T + 12_000, POLICY)).toEqual({ do: 'read', kind: 'card-only' });
    expect(plan(second, T + 62_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
  });

  it('a card left in the reader is read in full once NHSO is back, and NHSO is up again for all', () => {
    const lying = look(offline(), T + 50_000, slot(true));
    expect(plan(lying, T + 50_000, POLICY)).toEqual({ do: 'wait', until: T + 62_000 });
    expect(plan(lying, T + 62_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    const failed = afterFailure(lying, 'nhso-unavailable', 'nhso-unavailable', T + 62_000, POLICY);
    expect(fallsBack(lying, 'nhso-unavailable')).toBe(false);
    expect(plan(failed, T + 121_999, POLICY)).toEqual({ do: 'wait', until: T + 122_000 });
    const { state, repeat } = told(failed, T + 123_000, 'full');
    expect(repeat).toBe(false);
    expect(state.nhsoDown).toBeNull();
    expect(plan(state, T + 999_000, POLICY)).toEqual({ do: 'wait', until: null });
  });

  it('a refusal is no outage: the next card is read in full, this one again after a minute', () => {
    const refused = told(inserted(), T + 2_000, 'card-only', SOMCHAI, 'nhso-refused').state;
    expect(refused.nhsoDown).toBeNull();
    expect(plan(refused, T + 10_000, POLICY)).toEqual({ do: 'wait', until: T + 62_000 });
    const next = look(look(refused, T + 11_000, slot(false)), T + 12_000, slot(true));
    expect(plan(next, T + 14_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
  });

  it('a time-out counts against NHSO even when the patient has taken the card; an unclear 500 does not', () => {
    const timeout = afterFailure(inserted(), 'no-card', 'agent-timeout', T + 20_000, POLICY);
    expect(timeout.nhsoDown).toEqual({ by: 'own', nextFullAt: T + 80_000 });
    expect(afterFailure(inserted(), 'no-card', 'nhso-unavailable', T + 2_000, POLICY).nhsoDown).toBeNull();
  });

  it('believes the bridge when it says down, and lets it take that back', () => {
    const down = afterReceipt(inserted(), 'down', T + 1_000, POLICY);
    expect(plan(down, T + 2_000, POLICY)).toEqual({ do: 'read', kind: 'card-only' });
    const read = told(down, T + 2_000, 'card-only').state;
    const up = afterReceipt(read, 'up', T + 9_000, POLICY);
    expect(plan(up, T + 9_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    expect(afterReceipt(offline(), 'up', T + 9_000, POLICY).nhsoDown).not.toBeNull(); // met by the counter itself
    expect(afterReceipt(inserted(), null, T, POLICY).nhsoDown).toBeNull();
  });

  it('does not try for itself while the bridge goes on saying down; does when it falls silent', () => {
    let state = afterReceipt(offline(), 'down', T + 3_000, POLICY);
    for (let at = T + 13_000; at < T + 600_000; at += 10_000) {
      expect(plan(state, at, POLICY).do).toBe('wait');
      expect(waitsForBridge(state)).toBe(true);
      state = afterReceipt(state, 'down', at, POLICY);
    }
    expect(plan(state, T + 700_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    // what it had met itself the bridge has met too: now the bridge may take it back
    const up = afterReceipt(state, 'up', T + 601_000, POLICY);
    expect(plan(up, T + 601_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
    expect([waitsForBridge(up), waitsForBridge(offline())]).toEqual([false, false]);
  });

  it('a source that cannot ask NHSO reads the card alone, once', () => {
    const policy = { ...POLICY, asksNhso: false };
    expect(plan(inserted(), T + 2_000, policy)).toEqual({ do: 'read', kind: 'card-only' });
    const { state } = afterRead(inserted(), { pid: SOMCHAI, kind: 'card-only', at: T + 2_000 }, null, policy);
    expect(plan(state, T + 999_000, policy)).toEqual({ do: 'wait', until: null });
  });
});

describe('a card that cannot be read', () => {
  it('is tried again after 1, 2, 4, 8, 15, 15 … seconds while it is there', () => {
    let state = inserted();
    let now = T + 1_500;
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      expect(plan(state, now, POLICY)).toEqual({ do: 'read', kind: 'full' });
      state = look(afterFailure(state, 'no-card', 'no-card', now, POLICY), now, slot(true));
      const next = plan(state, now, POLICY);
      const until = next.do === 'wait' ? next.until : null;
      pauses.push((until ?? 0) - now);
      now = until ?? now;
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(look(state, now, slot(false)).card).toBeNull();
  });

  it('another kind of card is not tried again, the next one is', () => {
    const other = afterFailure(inserted(), 'card-unreadable', null, T + 2_000, POLICY, true);
    expect(plan(other, T + 86_000_000, POLICY).do).toBe('wait');
    const next = look(look(other, T + 3_000, slot(false)), T + 4_000, slot(true));
    expect(plan(next, T + 6_000, POLICY)).toEqual({ do: 'read', kind: 'full' });
  });

  it('a reader or agent that goes away in mid-read ends the attempt', () => {
    for (const code of ['agent-unreachable', 'no-reader'] as const) {
      const state = afterFailure(inserted(), code, code, T + 2_000, POLICY);
      expect(plan(state, T + 60_000, POLICY)).toEqual({ do: 'wait', until: null });
    }
  });
});

describe('whatever happens', () => {
  const step = fc.oneof(
    fc.record({
      see: fc.constantFrom('card', 'empty', 'none', 'error'),
      ms: fc.integer({ min: 0, max: 30_000 }),
    }),
    fc.record({ nhso: fc.constantFrom('up', 'down'), ms: fc.integer({ min: 0, max: 30_000 }) }),
    fc.record({
      answer: fc.constantFrom<'ok' | ErrorCode>(
        'ok',
        'nhso-unavailable',
        'agent-timeout',
        'no-card',
        'nhso-refused',
      ),
      ms: fc.integer({ min: 0, max: 30_000 }),
    }),
  );

  it('no card is told twice in full in one insertion, and failing full reads keep their distance while NHSO is down', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let state: CounterState = EMPTY_COUNTER;
        let now = T;
        let sentFull = 0;
        let lastFullWhileDown = Number.NEGATIVE_INFINITY;
        for (const s of steps) {
          now += s.ms;
          if ('see' in s) {
            if (s.see === 'error') state = afterBlindLook(state);
            else state = look(state, now, ...(s.see === 'none' ? [] : [slot(s.see === 'card')]));
            if (s.see === 'empty') sentFull = 0;
          } else if ('nhso' in s) state = afterReceipt(state, s.nhso as 'up' | 'down', now, POLICY);
          else {
            const next = plan(state, now, POLICY);
            if (next.do === 'wait') continue;
            if (next.kind === 'full' && state.nhsoDown?.by === 'own') {
              expect(now - lastFullWhileDown).toBeGreaterThanOrEqual(POLICY.nhsoRetryMs);
            }
            if (s.answer === 'ok') {
              const after = told(state, now, next.kind);
              state = after.state;
              if (next.kind === 'full' && !after.repeat) sentFull += 1;
            } else {
              const full = next.kind === 'full' ? s.answer : null;
              const back = full !== null && fallsBack(state, full);
              state = back
                ? told(state, now, 'card-only', SOMCHAI, full).state
                : afterFailure(state, s.answer, full, now, POLICY);
              // without a card, a reader or an agent NHSO was never asked
              const wasAsked = !['no-card', 'no-reader', 'agent-unreachable'].includes(s.answer);
              if (next.kind === 'full' && wasAsked && state.nhsoDown?.by === 'own') lastFullWhileDown = now;
            }
          }
          expect(sentFull).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a clock that is set back', () => {
  const HOURS = 7 * 3_600_000;

  it('does not hold a full read off until the old time comes again', () => {
    const state = offline();
    const now = T + 3_000 - HOURS;
    expect(plan(state, now, POLICY)).toEqual({ do: 'read', kind: 'full' });
    const failed = afterFailure(state, 'agent-timeout', 'agent-timeout', now, POLICY);
    expect(plan(failed, now + 1_000, POLICY)).toMatchObject({ do: 'wait' });
    expect(plan(failed, now + POLICY.nhsoRetryMs, POLICY)).toEqual({ do: 'read', kind: 'full' });
  });

  it('nor a card that has just gone in, or could not be read before', () => {
    expect(plan(inserted(), T - HOURS, POLICY)).toEqual({ do: 'read', kind: 'full' });
    const failed = afterFailure(inserted(), 'card-mute', null, T + 2_000, POLICY);
    expect(plan(failed, T + 2_001 - HOURS, POLICY)).toEqual({ do: 'read', kind: 'full' });
  });

  it('another kind of card stays one', () => {
    const other = afterFailure(inserted(), 'card-unreadable', null, T + 2_000, POLICY, true);
    expect(plan(other, T - HOURS, POLICY)).toMatchObject({ do: 'wait' });
  });

  it('the next card is not read alone while NHSO may be asked', () => {
    const before = look(offline(), T + 3_000, slot(false));
    const next = look(before, T + 4_000 - HOURS, slot(true));
    expect(plan(next, T + 6_000 - HOURS, POLICY)).toEqual({ do: 'read', kind: 'full' });
  });
});
