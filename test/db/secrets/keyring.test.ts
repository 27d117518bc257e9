import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyringText, newKey, parseKeyring } from '../../../db/secrets/keyring.ts';
import { keyIdOf, seal, unseal } from '../../../db/secrets/seal.ts';
import { sampleKey } from '../contract/secret-keys.ts';

const [A, B] = [sampleKey(1), sampleKey(2)];
const bytesOf = (text: string): string[] =>
  parseKeyring(text, 'here').keys.map((key) => key.secret.export().toString('base64'));

describe('the text of the keys', () => {
  test.each([
    ['one', `a:${A}`, [A]],
    ['several, the first one seals', `new:${B}\nold:${A}\n`, [B, A]],
    ['BOM and CRLF', `\uFEFFa:${A}\r\nb:${B}\r\n\r\n`, [A, B]],
    ['bare', A, [A]],
    ['bare, without its =', A.replace('=', ''), [A]],
    ['spaces and a comma between', ` a:${A}, b:${B} `, [A, B]],
  ])('%s', (_, text, keys) => {
    expect(bytesOf(text)).toEqual(keys);
    expect(parseKeyring(text, 'here').first.secret.export().toString('base64')).toBe(keys[0]);
  });

  test.each([
    ['nothing', '', /holds no key/],
    ['blank', '\uFEFF\r\n \n', /holds no key/],
    ['too short', `a:${randomBytes(31).toString('base64')}`, /key 1 of 1 has 31 bytes/],
    ['too long', `a:${A}\nb:${randomBytes(33).toString('base64')}`, /key 2 of 2 has 33 bytes/],
    ['hexadecimal', randomBytes(32).toString('hex'), /has 48 bytes/],
    ['a slip of the pen', `a:${A.slice(0, -2)}!=`, /no base64/],
    ['cut off', `a:${A.slice(0, 20)}`, /key 1 of 1/],
    ['bits that no base64 of 32 bytes has', `a:${A.replace(/.=$/, 'B=')}`, /no base64/],
    ['two keys of one id', `a:${A}\na:${B}`, /two keys have the id a/],
    ['no id before the colon', `:${A}`, /no good id/],
    ['an id that would break the sealed text', `a/b:${A}`, /no good id/],
    ['a whole other file', 'lorem ipsum '.repeat(500), /more than 100 keys/],
  ])('%s is told, and not quoted', (_, text, said) => {
    const told = (() => {
      try {
        return parseKeyring(text, 'secrets.key');
      } catch (error) {
        return error;
      }
    })();
    expect(told).toMatchObject({ code: 'config', retry: 'no' });
    expect(String(told)).toMatch(said);
    expect(String(told)).toMatch(/secrets\.key: .*expected "<key id>:<base64 of 32 bytes>"/);
    for (const key of [A, B]) expect(String(told)).not.toContain(key.slice(0, 12));
  });

  test('what is written is read; a key has the same id with and without it', () => {
    const [one, two] = [newKey(), newKey()];
    const ring = parseKeyring(keyringText([one, two]), 'here');
    expect(ring.keys.map((key) => key.id)).toEqual([one.id, two.id]);
    expect(ring.keys.map((key) => key.secret.equals(one.secret))).toEqual([true, false]);
    expect(parseKeyring(one.secret.export().toString('base64'), 'here').first.id).toBe(one.id);
  });

  test('a key that is printed shows nothing', () => {
    const ring = parseKeyring(`a:${A}`, 'here');
    const shown = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring);
    expect(shown).not.toContain(A.slice(0, 12));
    expect(shown).not.toContain(Buffer.from(A, 'base64').toString('hex').slice(0, 12));
  });
});

describe('sealed text', () => {
  const ring = parseKeyring(`a:${A}\nb:${B}`, 'here');
  const place = { table: 'token', hcode: '10978', kind: 'uc', field: 'value' };

  test('any text opens again, under its key and in its place alone, and not when a bit of it has changed', {
    timeout: 180_000,
  }, () => {
    const part = fc.constantFrom('token', 'uc', 'value', '10978', 'a","b', '');
    const anyPlace = fc.record({ table: part, hcode: part, kind: part, field: part });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), anyPlace, anyPlace, fc.nat(), (text, here, there, at) => {
        const sealed = seal(text, ring.keys[1] ?? ring.first, here);
        expect(keyIdOf(sealed, here)).toBe('b');
        expect(unseal(sealed, ring, here)).toBe(text.toWellFormed());
        expect(unseal(sealed, parseKeyring(`a:${A}`, 'here'), here)).toBeNull();
        expect(() => unseal(sealed, parseKeyring(`b:${A}`, 'here'), here)).toThrow(/does not open/);
        expect(() => unseal(sealed.replace(':b:', ':a:'), ring, here)).toThrow(/does not open/);
        if (JSON.stringify(here) !== JSON.stringify(there)) {
          expect(() => unseal(sealed, ring, there)).toThrow(/does not open/);
        }
        const [head = '', body = ''] = sealed.split(/(?<=:b:)/);
        const bytes = Buffer.from(body, 'base64url');
        const bit = at % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => unseal(head + bytes.toString('base64url'), ring, here)).toThrow(/does not open/);
      }),
      { numRuns: 60 },
    );
  });

  test.each(['', 'plain', 'v1:a', 'v1:a:', 'v1:a:AAAA', 'v2:a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])(
    '%j is none',
    (text) => {
      expect(() => unseal(text, ring, place)).toThrow(/uc token of 10978 in the ledger does not open/);
    },
  );

  test('no two seals of a text are alike', () => {
    const seals = Array.from({ length: 50 }, () => seal('x', ring.first, place));
    expect(new Set(seals).size).toBe(50);
  });
});
