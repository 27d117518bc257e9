import { expect, test } from 'vitest';
import { z } from 'zod';
import { atLeast, atMost } from '../src/length-limits.ts';

const text = z.string({ error: 'expected text' }).check(atLeast(2, 'too short'), atMost(3, 'too long'));
const list = z.array(z.number(), { error: 'expected a list' }).check(atLeast(2), atMost(3, 'too long'));

test.each<[string, z.ZodType, unknown, string[]]>([
  ['a text within', text, 'กข', []],
  ['a text below', text, 'ก', ['too short']],
  ['a text above', text, 'กขคง', ['too long']],
  ['code points, not units', text, '😀😀😀', []],
  ['a list within', list, [1, 2], []],
  ['a list above', list, [1, 2, 3, 4], ['too long']],
  ['no text', text, 5, ['expected text']],
  ['no text, but something with a length', text, { length: 1e9 }, ['expected text']],
  ['a length that cannot be a number', text, { length: { toString: null } }, ['expected text']],
  ['the same for a list', list, { length: { toString: null } }, ['expected a list']],
])('%s', (_what, schema, value, faults) => {
  expect((schema.safeParse(value).error?.issues ?? []).map((issue) => issue.message)).toEqual(faults);
});
