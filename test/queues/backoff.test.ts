import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestDelayMs, retryDelayMs } from '../../queues/backoff.ts';

const options = fc
  .record({ baseMs: fc.integer({ min: 1, max: 10_000 }), extra: fc.integer({ min: 0, max: 1_000_000 }) })
  .map(({ baseMs, extra }) => ({ baseMs, capMs: baseMs + extra }));
const attempt = fc.integer({ min: 1, max: 2_000 });
const chance = fc.double({ min: 0, max: 1, noNaN: true });

describe('back-off', () => {
  it('is a whole number between base and cap, whatever the attempt', () => {
    fc.assert(
      fc.property(attempt, options, chance, (n, times, random) => {
        const delay = retryDelayMs(n, times, random);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(times.baseMs);
        expect(delay).toBeLessThanOrEqual(Math.min(times.capMs, longestDelayMs(n, times)));
      }),
    );
  });

  it('may grow with each attempt, twice as far, up to the cap', () => {
    const times = { baseMs: 1_000, capMs: 120_000 };
    const longest = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => retryDelayMs(n, times, 1));
    expect(longest).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000]);
    expect(retryDelayMs(7, times, 0)).toBe(1_000);
  });

  it('is spread out: a hundred jobs of one outage do not come back together', () => {
    const delays = Array.from({ length: 100 }, () => retryDelayMs(5, { baseMs: 1_000, capMs: 120_000 }));
    expect(new Set(delays).size).toBeGreaterThan(80);
  });
});
