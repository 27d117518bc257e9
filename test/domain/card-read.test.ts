import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY_MS, endOfServiceDate, serviceDateOf } from '../../src/domain/bangkok.ts';
import { momentOfRead } from '../../src/domain/card-read.ts';
import { SAMPLE_DATE } from '../support/samples.ts';

const MIDNIGHT = endOfServiceDate(SAMPLE_DATE);
const minutes = (n: number): number => MIDNIGHT + n * 60_000;

describe('when a card was read', () => {
  test.each([
    ['without NHSO’s word, as our clock says', 10, null, 10],
    ['as our clock says, where both have one day', 10, 50, 10],
    ['by NHSO’s, where our clock is ahead over midnight', 10, -50, -50],
    ['by NHSO’s, where our clock is behind before midnight', -50, 10, 10],
    ['a moment before midnight by NHSO’s', 0, -1 / 60, -1 / 60],
    ['as our clock says, where that word is too old to be of this moment', 10, -600, 10],
  ])('%s', (_what, ours, nhsos, expected) => {
    expect(momentOfRead(minutes(ours), nhsos === null ? null : minutes(nhsos))).toBe(minutes(expected));
  });

  test('never on a day that neither says, and as ours says within a day', () => {
    const at = fc.integer({ min: MIDNIGHT - DAY_MS, max: MIDNIGHT + DAY_MS });
    fc.assert(
      fc.property(at, fc.option(at), (ours, nhsos) => {
        const moment = momentOfRead(ours, nhsos);
        expect([ours, nhsos]).toContain(moment);
        if (nhsos !== null && serviceDateOf(nhsos) === serviceDateOf(ours)) expect(moment).toBe(ours);
        expect(momentOfRead(moment, nhsos)).toBe(moment);
      }),
    );
  });
});
