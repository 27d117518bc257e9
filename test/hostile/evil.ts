/** Values, texts and bytes that somebody who means harm, or a program that is broken, would send. */

import fc from 'fast-check';
import { sampleCitizenId } from '../support/samples.ts';

/** Stands for a person whose number must not be told to anybody. */
export const PERSON = sampleCitizenId(4711);

export const evilText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    ...['', ' ', '\0', '\ud800', '\udc00x', '\uFEFF', '\u202Etxt', '\u200B', 'ก\u0E49\u0E49\u0E49'],
    ...[
      "' or 1=1 --",
      "'; drop table cases; --",
      '" or ""="',
      '`',
      '%',
      '_',
      '\\',
      '$'.concat('{HOME}'),
      '{{7*7}}',
    ],
    ...['<script>alert(1)</script>', '../../../etc/passwd', '%00', '%c0%ae', '\r\nset-cookie: x=1', '\n'],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'NaN', 'Infinity', '-0', '1e999', '0x10'],
    ...['๑๒๓๔๕๖๗๘๙๐๑๒๓', '９９００００００００００１', `x${PERSON}x`, `${'y'.repeat(28)}${PERSON}`],
    ...[PERSON, PERSON.replace(/^(.)(.{4})(.{5})(.{2})/, '$1-$2-$3-$4-'), 'x'.repeat(3_000)],
    ...['2569-11-20', '2026-02-30T25:61:00+99:99', '0000-00-00', '+275760-09-13T00:00:00Z'],
  ),
);

export const evilValue: fc.Arbitrary<unknown> = fc.oneof(
  evilText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    ...[null, true, false, 0, -0, -1, 1e308, 2 ** 53, 1e21, 5e-324, Number(PERSON)],
    ...[
      [],
      {},
      [[]],
      [null],
      { length: 1e9 },
      { toString: null },
      { length: { toString: null } },
      { constructor: { prototype: {} } },
    ],
    JSON.parse(`{"__proto__":{"admin":true},"${PERSON}":1}`),
    Array(3_000).fill(null),
    Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])),
    nested(500),
  ),
);

/** A good message of which something was changed, taken away or added, at any depth. */
export function mutated(good: unknown): fc.Arbitrary<unknown> {
  const change = fc.tuple(fc.nat(), fc.constantFrom('change', 'remove', 'add', 'wrap'), evilText, evilValue);
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) =>
    changes.reduce<unknown>((message, [where, how, key, value]) => {
      const paths = pathsOf(message);
      return changedAt(message, paths[where % paths.length] ?? [], how, key, value);
    }, good),
  );
}

/** The text of a message, spoilt: cut, keys twice, a prototype, a mark before it, another program's words around it. */
export function spoiltText(good: unknown): fc.Arbitrary<string> {
  const text = JSON.stringify(good);
  const open = text.slice(0, -1);
  return fc.oneof(
    fc.nat({ max: text.length }).map((at) => text.slice(0, at)),
    fc.tuple(fc.nat({ max: text.length }), evilText).map(([at, t]) => text.slice(0, at) + t + text.slice(at)),
    fc.constantFrom(
      ...[`\uFEFF${text}`, `${text}${text}`, `${open},}`, `/**/${text}`, `)]}',\n${text}`, `\0${text}`],
      ...[`${open},"pid":"${PERSON}","pid":null}`, `${open},"__proto__":{"x":1},"constructor":1}`],
      ...[
        `<html><body>${text}</body></html>`,
        '<!DOCTYPE html>',
        '<?xml version="1.0"?><a/>',
        '',
        ' ',
        'null',
      ],
      ...[
        '"x"',
        '17',
        'NaN',
        '[]',
        '{}',
        '{"a":1e400}',
        `{"a":${'9'.repeat(5_000)}}`,
        `"${'x'.repeat(100_000)}"`,
      ],
      ...['['.repeat(50_000), `${'['.repeat(50_000)}${']'.repeat(50_000)}`, '{"a":'.repeat(30_000)],
      `${open},"deep":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
    ),
  );
}

type Path = readonly (string | number)[];

/** Places in a message, from the top down: those in the first hundred, not farther down than somebody would look. */
function pathsOf(value: unknown): Path[] {
  const found: Path[] = [[]];
  for (const path of found) {
    if (path.length > 6 || found.length > 100) break;
    const at = path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value);
    if (at === null || typeof at !== 'object') continue;
    const keys = Array.isArray(at) ? [...at.keys()] : Object.keys(at);
    found.push(...keys.slice(0, 30).map((key) => [...path, key]));
  }
  return found;
}

function changedAt(value: unknown, path: Path, how: string, key: string, by: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) {
    if (how === 'wrap') return [value];
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
    return how === 'add' && isObject ? withKey(value, key, by) : by;
  }
  if (Array.isArray(value)) {
    if (how === 'remove' && rest.length === 0) return value.filter((_, i) => i !== first);
    return value.map((v, i) => (i === first ? changedAt(v, rest, how, key, by) : v));
  }
  const own = value as Record<string, unknown>;
  if (how === 'remove' && rest.length === 0) {
    return Object.fromEntries(Object.entries(own).filter(([k]) => k !== first));
  }
  return withKey(own, String(first), changedAt(own[first], rest, how, key, by));
}

/** A key of its own also for `__proto__`. */
function withKey(value: object, key: string, by: unknown): object {
  return Object.fromEntries([...Object.entries(value), [key, by]]);
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}
