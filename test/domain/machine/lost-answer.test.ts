import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EMPTY_LOOKUPS_BEFORE_ASKING_AGAIN,
  isLastEmpty,
  nextLookup,
} from '../../../src/domain/machine/lost-answer.ts';
import { SAMPLE_AT } from '../../support/samples.ts';

test('looks often enough, never hastily, and gives up when the code would surely be shown', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 60_000 }),
      fc.integer({ min: 100, max: 150_000 }),
      fc.integer({ min: 0, max: 200_000 }),
      (settleMs, atWorkMs, firstMs) => {
        const times = { settleMs, atWorkMs };
        const askedAt = SAMPLE_AT;
        const looked = [askedAt + firstMs];
        for (;;) {
          const at = looked.at(-1) as number;
          if (isLastEmpty({ askedAt, emptyLookups: looked.length - 1 }, times, at)) break;
          const next = nextLookup({ askedAt }, times, at);
          expect(next - at).toBeGreaterThanOrEqual(settleMs);
          expect(next - at).toBeLessThanOrEqual(2 * settleMs);
          looked.push(next);
        }
        expect(looked.length).toBeGreaterThanOrEqual(EMPTY_LOOKUPS_BEFORE_ASKING_AGAIN);
        const last = looked.at(-1) as number;
        expect(last).toBeGreaterThanOrEqual(askedAt + atWorkMs + settleMs);
        const atTheLatest = Math.max(askedAt + firstMs, askedAt + atWorkMs) + 2 * settleMs;
        expect(last).toBeLessThanOrEqual(atTheLatest);
      },
    ),
  );
});
