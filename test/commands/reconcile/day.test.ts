import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDay } from '../../../src/commands/reconcile/day.ts';
import { DAY_MS, serviceDateOf } from '../../../src/domain/bangkok.ts';

/** 2026-11-20 00:30 in Bangkok: still the 19th in UTC. */
const NOW = Date.UTC(2026, 10, 19, 17, 30);

describe('--date', () => {
  test.each([
    ['yesterday', '2026-11-19'],
    ['2026-11-19', '2026-11-19'],
    ['2026-11-20', '2026-11-20'],
    ['2024-02-29', '2024-02-29'],
  ])('%s is %s', (text, date) => expect(readDay(text, NOW)).toEqual({ date }));

  test.each([
    ['2569-11-19', 'expected a Gregorian date: write 2026-11-19 for the year 2569 (พ.ศ.)'],
    ['19/11/2569', 'expected a Gregorian date: write 2026-11-19 for the year 2569 (พ.ศ.)'],
    ['1-2-2569', 'expected a Gregorian date: write 2026-02-01 for the year 2569 (พ.ศ.)'],
    ['2567-02-29', 'expected a Gregorian date: write 2024-02-29 for the year 2567 (พ.ศ.)'],
    ['19/11/2026', 'expected it as 2026-11-19'],
    ['2569-02-29', 'expected a day of the calendar, such as 2026-11-19'],
    ['2026-02-30', 'expected a day of the calendar, such as 2026-11-19'],
    ['2026-11-21', 'expected a day that has begun; today is 2026-11-20'],
    ['today', 'expected a service date such as 2026-11-19, or "yesterday"'],
    ['2026-11-19T00:00', 'expected a service date such as 2026-11-19, or "yesterday"'],
    ['', 'expected a service date such as 2026-11-19, or "yesterday"'],
  ])('%s is refused: %s', (text, wrong) => expect(readDay(text, NOW)).toEqual({ wrong }));

  test('any day that has been is taken in the Gregorian calendar, and named where its year is Buddhist', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (daysAgo) => {
        const date = serviceDateOf(NOW - daysAgo * DAY_MS);
        expect(readDay(date, NOW)).toEqual({ date });
        const buddhist = `${Number(date.slice(0, 4)) + 543}${date.slice(4)}`;
        expect(readDay(buddhist, NOW)).toEqual({ wrong: expect.stringContaining(`write ${date} `) });
      }),
    );
  });
});
