import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isLastEmpty,
  LOOKUPS_AT_MOST,
  type LostAnswerTimes,
  nextLookup,
} from '../../../src/domain/machine/lost-answer.ts';
import { SAMPLE_AT } from '../../support/samples.ts';

const anyTimes = fc.record({
  settleMs: fc.integer({ min: 100, max: 3_600_000 }),
  atWorkMs: fc.integer({ min: 0, max: 150_000 }),
});
const askedAt = SAMPLE_AT;

/** When it is looked up, by its own clock and by one that never jumps, until it is given up. */
function lookups(
  times: LostAnswerTimes,
  firstMs: number,
  jumpMs: (lookup: number) => number,
): { at: number; real: number }[] {
  const looked = [{ at: askedAt + firstMs, real: askedAt + firstMs }];
  for (;;) {
    const { at, real } = looked.at(-1) as { at: number; real: number };
    const lost = { askedAt, emptyLookups: looked.length - 1 };
    if (isLastEmpty(lost, times, at)) return looked;
    if (looked.length > 2 * LOOKUPS_AT_MOST) throw new Error('it never ends');
    const ahead = jumpMs(looked.length);
    // what is due already is done at once
    const waits = Math.max(0, nextLookup(lost, times, at) - (at + ahead));
    looked.push({ at: at + ahead + waits, real: real + waits });
  }
}

describe('a lost answer', () => {
  test.each<[string, LostAnswerTimes, number[]]>([
    ['with the usual times', { settleMs: 20_000, atWorkMs: 45_000 }, [2, 22, 42, 65]],
    ['with a quick NHSO', { settleMs: 1_000, atWorkMs: 45_000 }, [2, 13.25, 24.5, 35.75, 47]],
    ['with a slow one', { settleMs: 300_000, atWorkMs: 45_000 }, [2, 345]],
  ])('is looked up %s', (_, times, seconds) => {
    const looked = lookups(times, 2_000, () => 0);
    expect(looked.map(({ at }) => (at - askedAt) / 1000)).toEqual(seconds);
  });

  test('is given up when its code would surely be shown, and soon then', () => {
    fc.assert(
      fc.property(anyTimes, fc.integer({ min: 0, max: 200_000 }), (times, firstMs) => {
        const { settleMs, atWorkMs } = times;
        const looked = lookups(times, firstMs, () => 0).map(({ at }) => at);
        for (const [i, at] of looked.entries())
          if (i > 0) expect(at - (looked[i - 1] ?? 0)).toBeGreaterThanOrEqual(settleMs);
        expect(looked.length).toBeGreaterThanOrEqual(2);
        expect(looked.length).toBeLessThanOrEqual(LOOKUPS_AT_MOST);
        expect(looked.at(-1)).toBeGreaterThanOrEqual(askedAt + atWorkMs + settleMs);
        expect(looked.at(-1)).toBeLessThanOrEqual(askedAt + firstMs + 2 * (atWorkMs + settleMs));
      }),
    );
  });

  test('outlasts a clock that jumps ahead between two look-ups: all but one pause are as long as they should be', () => {
    fc.assert(
      fc.property(
        anyTimes,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 7_200_000 }),
        (times, which, jumpMs) => {
          const looked = lookups(times, 2_000, (lookup) => (lookup === which ? jumpMs : 0));
          const real = (looked.at(-1)?.real ?? 0) - (looked[0]?.real ?? 0);
          const pauses = looked.length - 2;
          expect(real).toBeGreaterThanOrEqual(
            pauses * Math.max(times.settleMs, times.atWorkMs / (LOOKUPS_AT_MOST - 1)),
          );
        },
      ),
    );
  });

  test('does not wait longer for a clock that was set back', () => {
    const times = { settleMs: 20_000, atWorkMs: 45_000 };
    const at = askedAt - 3_600_000;
    expect(nextLookup({ askedAt, emptyLookups: 3 }, times, at)).toBe(at + 65_000);
  });
});
