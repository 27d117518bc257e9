/** Any JSON as a configuration: taken, or told with a path, never with what stood there. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faults, SITE } from './config-support.ts';

/** `sites[0].his.url`, or a key that needs brackets. */
const PATH = /^(\(top\)|(\.?[\w$-]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])+): \S/;

describe('any JSON at all', () => {
  test('gives a configuration, or faults that each name a path', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (json) => {
        for (const line of faults(json)) expect(line).toMatch(PATH);
      }),
    );
  });

  test('one value changed in a good one is named where it stands, and never repeated', () => {
    const good = {
      ...{ store: 'sqlite:a', queue: 'embedded', http: { port: 1 }, concurrency: 3 },
      sites: [{ ...SITE, nhso: { timeouts: { readMs: 500 }, claimTypeRules: [{ claimType: 'PG0060001' }] } }],
    };
    const paths = pathsOf(good);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        'mysql://u:s3cret@@/',
        'postgres://u:s3cret@h:x/d',
        'redis://:s3cret@[',
        'ftp://u:s3cret@h',
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), value, (path, wrong) => {
        const lines = faults(replaced(good, path, wrong));
        for (const line of lines) {
          expect(line).toMatch(PATH);
          expect(line).not.toContain('s3cret');
        }
        const at = path.map((p) => (typeof p === 'number' ? `[${p}]` : `.${p}`)).join('');
        expect(lines.every((line) => line.startsWith(at.slice(1)))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('one without a bottom ends', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(faults({ sites: deep })).toEqual([
      expect.stringMatching(/^sites/),
      expect.stringContaining('expected'),
    ]);
  });
});

function pathsOf(value: unknown): (string | number)[][] {
  if (value === null || typeof value !== 'object') return [[]];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, child]) => [[key], ...pathsOf(child).map((path) => [key, ...path])]);
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((v, i) => (i === key ? replaced(v, rest, by) : v));
  return { ...(value as object), [key]: replaced((value as Record<string, unknown>)[key], rest, by) };
}
