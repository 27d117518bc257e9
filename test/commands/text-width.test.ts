import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inWidth, widthOf, wrap } from '../../src/commands/text-width.ts';

describe('Thai in columns', () => {
  // as a terminal shows them: marks above and below take no column, SARA AM and the vowels beside do
  test.each([
    ['ไม่ต้องทำอะไร', 11],
    ['รหัสอยู่ที่โรงพยาบาลอื่น', 17],
    ['ทำ', 2],
    ['เก็บ', 3],
    ['PP1234567890', 12],
    ['', 0],
    ['漢字', 4],
  ])('%s takes %i', (text, width) => expect(widthOf(text)).toBe(width));

  test.each([
    ['ผู้ป่วย', 5, 'ผู้ป่วย '],
    ['ผู้ป่วยใน', 5, 'ผู้ป่วย…'],
    ['ผู้ป่วย', 4, 'ผู้ป่วย'],
    ['ผู้ป่วย', 3, 'ผู้ป่…'],
    ['漢字', 3, '漢…'],
    ['漢字', 2, '… '],
    ['abc', 5, 'abc  '],
  ])('%s in %i columns: %j', (text, width, shown) => expect(inWidth(text, width)).toBe(shown));
});

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'กผู้ป่วยำเ็ไ aZ0漢字\u200b\u202e\u001b[31m\r\n\t') }),
  fc.string({ unit: 'grapheme' }),
);

test('whatever it holds, it takes exactly its columns, on one line, and moves no cursor', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 40 }), (given, width) => {
      const shown = inWidth(given, width);
      expect(widthOf(shown)).toBe(width);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 500 },
  );
});

const signs = new Intl.Segmenter('th', { granularity: 'grapheme' });

test('wrapped, no line is wider, and nothing but blanks is lost', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 40 }), (given, width) => {
      const lines = wrap(given, width);
      // one sign is never parted, however wide it is: a note of music takes three
      for (const line of lines.filter((l) => [...signs.segment(l)].length > 1))
        expect(widthOf(line)).toBeLessThanOrEqual(width);
      const bare = (t: string): string =>
        t.replace(/[\p{Cf}\p{Cs}\p{Zs}]/gu, '').replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '·');
      expect(bare(lines.join(''))).toBe(bare(given));
    }),
    { numRuns: 500 },
  );
});
