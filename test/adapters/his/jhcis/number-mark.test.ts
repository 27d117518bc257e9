import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NumberMark } from '../../../../adapters/his/jhcis/number-mark.ts';
import { at, day } from '../support.ts';

const TODAY = day('2026-11-20');
const clock = (time: string): number => at('2026-11-20', time);

function seen(...visits: [visitno: number, time: string][]): NumberMark {
  const mark = new NumberMark();
  for (const [visitno, time] of visits) mark.saw(visitno, clock(time));
  return mark;
}

describe('the mark behind which nothing is asked for', () => {
  test('the last number from before the window', () => {
    const mark = seen([100, '08:00:00'], [101, '08:30:00'], [102, '08:50:00'], [103, '08:59:00']);
    expect(mark.before(clock('08:48:00'), TODAY)).toBe(101);
  });

  test('nothing known, or nothing from before the window: no mark', () => {
    expect(seen().before(clock('08:48:00'), TODAY)).toBeNull();
    expect(seen([102, '08:50:00']).before(clock('08:48:00'), TODAY)).toBeNull();
  });

  test('a visit entered late with an early time does not hide those that came before it', () => {
    const mark = seen([101, '08:30:00'], [102, '08:50:00'], [103, '08:51:00'], [104, '07:00:00']);
    expect(mark.before(clock('08:48:00'), TODAY)).toBe(101);
  });

  test('an edit makes no visit newer', () => {
    const mark = seen([101, '08:30:00'], [102, '08:50:00'], [101, '08:55:00']);
    expect(mark.before(clock('08:48:00'), TODAY)).toBe(101);
  });

  test('a number of long ago in the window is no reason to read from there on', () => {
    const mark = seen([5, '08:50:00'], [200_001, '08:30:00'], [200_002, '08:50:00']);
    expect(mark.before(clock('08:48:00'), TODAY)).toBeNull();
  });

  test('a whole look at today begins anew; one at a day that is over does not', () => {
    const mark = seen([101, '08:30:00'], [102, '08:50:00']);
    expect(mark.before(clock('08:48:00'), TODAY)).toBe(101);
    mark.readsDay(day('2026-11-19'));
    expect(mark.before(clock('08:48:00'), TODAY)).toBe(101);
    mark.readsDay(TODAY);
    expect(mark.before(clock('08:48:00'), TODAY)).toBeNull();
  });
});

test('whatever was seen: no visit that began in the window is behind the mark', () => {
  const visit = fc.record({ visitno: fc.nat(50_000), at: fc.integer({ min: 0, max: 10_000 }) });
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 60 }), fc.integer({ min: 0, max: 10_000 }), (visits, from) => {
      const mark = new NumberMark();
      const first = new Map<number, number>();
      for (const v of visits) {
        mark.saw(v.visitno, v.at);
        if (!first.has(v.visitno)) first.set(v.visitno, v.at);
      }
      const before = mark.before(from, TODAY);
      if (before === null) return;
      for (const [visitno, when] of first) if (when >= from) expect(visitno).toBeGreaterThan(before);
      // nor is the next number that the unit will give
      expect(Math.max(...first.keys()) + 1).toBeGreaterThan(before);
    }),
  );
});
