import { expect, test } from 'vitest';
import { shown } from '../../../adapters/his/fields.ts';
import { inventedCid } from '../../../simulators/his/people.ts';

test('a value in a problem is shown, a citizen id in the wrong place is not', () => {
  expect(shown(null)).toBe('empty');
  expect(shown('2569-13-01')).toBe('"2569-13-01"');
  expect(shown(inventedCid(7))).not.toContain(inventedCid(7));
  expect(shown(`hn ${inventedCid(7)}`)).not.toContain(inventedCid(7));
});
