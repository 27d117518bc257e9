import { describe, expect, test } from 'vitest';
import { CASE_STATES } from '../../src/domain/case.ts';
import { REASON_CODES, reasonText, stateText, type Wording } from '../../src/domain/reason-text.ts';

const THAI = /[\u0e00-\u0e7f]{4,}/;

function isReadable({ th, en }: Wording): void {
  expect(th).toMatch(THAI);
  expect(en).not.toMatch(THAI);
  expect(en).toMatch(/^[A-Z].{10,}[.]$/);
}

describe('every state and reason has words for a clerk', () => {
  test.each(CASE_STATES)('%s', (state) => isReadable(stateText(state)));
  test.each(REASON_CODES)('%s', (reason) => {
    isReadable(reasonText(reason));
    isReadable(reasonText(reason).next);
  });

  test('and no two reasons the same', () => {
    expect(new Set(REASON_CODES.map((r) => reasonText(r).th)).size).toBe(REASON_CODES.length);
  });
});
