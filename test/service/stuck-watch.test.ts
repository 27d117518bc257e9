import { expect, it } from 'vitest';
import { StuckWatch } from '../../src/service/stuck-watch.ts';

const HOUR = 3_600_000;

it.each<[string, (readonly [waitMs: number, steadyMs: number])[], boolean]>([
  ['no work waits', [[0, 0]], false],
  [
    'work waits for minutes',
    [
      [599_000, 0],
      [599_000, 60_000],
    ],
    false,
  ],
  [
    'a clock has jumped ahead: old for one look',
    [
      [HOUR, 0],
      [200, 60_000],
    ],
    false,
  ],
  [
    'the same, and looked at twice at once',
    [
      [HOUR, 0],
      [HOUR, 800],
    ],
    false,
  ],
  [
    'silent for minutes',
    [
      [HOUR, 0],
      [HOUR, 60_000],
    ],
    true,
  ],
  [
    'silent, then not, then again',
    [
      [HOUR, 0],
      [0, 60_000],
      [HOUR, 120_000],
    ],
    false,
  ],
])('%s', (_, looks, expected) => {
  const watch = new StuckWatch();
  const seen = looks.map(([waitMs, steadyMs]) => watch.isStuck(waitMs, steadyMs));
  expect(seen.at(-1)).toBe(expected);
});
