import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Instant, parseBangkokDateTime } from '../../src/domain/bangkok.ts';
import { isDue, type Looked, type PaceSettings, paceOf, ringMs } from '../../src/service/pace.ts';

const MINUTE = 60_000;
const QUIET = { from: '20:00', to: '05:00', pollMs: 15_000 };
const USUAL: PaceSettings = { pollMs: 2_000, quietHours: QUIET };

function at(time: string): Instant {
  const instant = parseBangkokDateTime(`2026-11-20T${time}`);
  if (instant === null) throw new TypeError('no time');
  return instant;
}

const NOON = at('12:00');
const NIGHT = at('02:00');
const calm = (now: Instant, more: Partial<Looked> = {}): Looked => ({
  ...{ failures: 0, tookMs: [2, 2, 2], newsAt: now - 60 * MINUTE, isHeard: false },
  ...more,
});

describe('how often a HIS is asked', () => {
  it.each<[string, Instant, Partial<Looked>, number, string]>([
    ['at noon', NOON, {}, 2_000, 'usual'],
    ['at night', NIGHT, {}, 15_000, 'quiet'],
    ['at night, nine minutes after news', NIGHT, { newsAt: NIGHT - 9 * MINUTE }, 2_000, 'usual'],
    ['at night, ten minutes after news', NIGHT, { newsAt: NIGHT - 10 * MINUTE }, 15_000, 'quiet'],
    ['when quiet hours begin', at('20:00'), {}, 15_000, 'quiet'],
    ['a minute before', at('19:59'), {}, 2_000, 'usual'],
    ['when they end', at('05:00'), {}, 2_000, 'usual'],
    ['while changes are heard of', NOON, { isHeard: true }, 10_000, 'heard'],
    ['the same at night', NIGHT, { isHeard: true }, 15_000, 'quiet'],
    ['after one slow answer', NOON, { tookMs: [2, 2, 900] }, 2_000, 'usual'],
    ['after three slow answers', NOON, { tookMs: [900, 700, 800] }, 14_000, 'slow'],
    ['after three very slow answers', NOON, { tookMs: [4_000, 4_000, 4_000] }, 30_000, 'slow'],
    ['as soon as one is quick again', NOON, { tookMs: [900, 700, 3] }, 2_000, 'usual'],
    ['from far away, but not slowly', NOON, { tookMs: [200, 200, 200] }, 2_000, 'usual'],
    ['after three failures', NOON, { failures: 3 }, 2_000, 'usual'],
    ['after four', NOON, { failures: 4 }, 4_000, 'away'],
    ['after six', NOON, { failures: 6 }, 16_000, 'away'],
    ['after a day of failures', NOON, { failures: 3_000 }, 30_000, 'away'],
  ])('%s', (_, now, more, ms, reason) => {
    expect(paceOf(USUAL, calm(now, more), now)).toEqual({ ms, reason });
  });

  it.each<[string, PaceSettings]>([
    ['no quiet hours', { pollMs: 2_000, quietHours: null }],
    ['the same time twice', { pollMs: 2_000, quietHours: { ...QUIET, from: '20:00', to: '20:00' } }],
    ['hours of the day', { pollMs: 2_000, quietHours: { ...QUIET, from: '12:00', to: '13:00' } }],
  ])('%s: the night is as the day', (_, settings) => {
    expect(paceOf(settings, calm(NIGHT), NIGHT).ms).toBe(2_000);
  });

  it('is never faster than configured, nor slower than half a minute unless configured so', () => {
    const settings = fc.record({
      pollMs: fc.integer({ min: 200, max: 300_000 }),
      quietHours: fc.option(
        fc.record({
          from: fc.constantFrom('00:00', '07:30', '20:00'),
          to: fc.constantFrom('00:00', '05:00', '23:59'),
          pollMs: fc.integer({ min: 200, max: 300_000 }),
        }),
      ),
    });
    const looked = fc.record({
      failures: fc.nat(10_000),
      tookMs: fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 3 }),
      newsAt: fc.integer({ min: NOON - 100 * MINUTE, max: NOON }),
      isHeard: fc.boolean(),
    });
    fc.assert(
      fc.property(settings, looked, fc.nat(86_400_000), (s, l, ms) => {
        const pace = paceOf(s, l, NOON + ms);
        expect(pace.ms).toBeGreaterThanOrEqual(s.pollMs);
        expect(pace.ms).toBeLessThanOrEqual(Math.max(30_000, s.pollMs, s.quietHours?.pollMs ?? 0));
      }),
    );
  });
});

describe('whether a site is asked at a tick', () => {
  const everyMs = 2_000;
  const tick = (n: number) => ({ at: NOON + n * everyMs, everyMs });

  it('at each tick while its pace is the tick’s, and whenever this process has not asked it yet', () => {
    const usual = { ms: 2_000, reason: 'usual' } as const;
    for (let n = 0; n < 10; n++) {
      expect(isDue(tick(n), usual, 0.3, tick(n - 1).at)).toBe(true);
      expect(isDue(tick(n), { ms: 30_000, reason: 'away' }, 0.3, null)).toBe(true);
    }
  });

  /** Ticks at which a site is asked when processes share them, as the fates will have it. */
  const askedAt = (paceMs: number, share: number, takers: readonly number[]): number[] => {
    const last = new Map<number, Instant>(takers.map((taker) => [taker, NOON - everyMs]));
    return takers.flatMap((taker, n) => {
      const { at } = tick(n);
      if (!isDue(tick(n), { ms: paceMs, reason: 'quiet' }, share, last.get(taker) ?? null)) return [];
      last.set(taker, at);
      return [at];
    });
  };

  it('one process asks it once in its pace, and lets no pace pass', () => {
    const paces = fc.integer({ min: 2_001, max: 30_000 });
    fc.assert(
      fc.property(paces, fc.double({ min: 0, max: 1, noNaN: true }), (paceMs, share) => {
        const asked = askedAt(paceMs, share, new Array(300).fill(1));
        const gaps = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
        for (const gap of gaps) {
          expect(gap).toBeGreaterThan(paceMs - everyMs);
          expect(gap).toBeLessThan(paceMs + everyMs);
        }
      }),
    );
  });

  it('two that share the ticks ask it hardly more often than one', () => {
    const takers = fc.array(fc.constantFrom(1, 2), { minLength: 3_000, maxLength: 3_000 });
    fc.assert(
      fc.property(takers, (both) => {
        const one = askedAt(15_000, 0.5, new Array(both.length).fill(1)).length;
        const two = askedAt(15_000, 0.5, both).length;
        expect(two).toBeGreaterThanOrEqual(one - 1);
        expect(two).toBeLessThan(one * 1.4);
      }),
      { numRuns: 20 },
    );
  });

  it('sites of one pace are spread over its ticks', () => {
    const first = Array.from({ length: 100 }, (_, i) => askedAt(20_000, i / 100, new Array(10).fill(1)));
    const perTick = Map.groupBy(first.flat(), (at) => at);
    for (const sites of perTick.values()) expect(sites.length).toBeLessThanOrEqual(11);
  });
});

describe('polls that are rung for', () => {
  it.each([
    ['a quick HIS', [2], 200],
    ['one that takes its time', [50], 1_000],
    ['one that has not been asked', [], 200],
  ])('%s', (_, tookMs, ms) => expect(ringMs(calm(NOON, { tookMs }))).toBe(ms));
});
