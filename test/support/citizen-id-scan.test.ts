import fc from 'fast-check';
import { describe, test } from 'vitest';
import { checkDigit } from '../../src/domain/citizen-id.ts';
import { citizenIdsIn } from './citizen-id-scan.ts';

const NOW = Date.UTC(2026, 10, 20);

/** Twelve digits that are no time of these years, with their check digit. */
const citizenId = fc
  .tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 0, max: 99_999_999_999 }))
  .map(([first, rest]) => `${first}${String(rest).padStart(11, '0')}`)
  .map((twelve) => `${twelve}${checkDigit(twelve)}`);

const grouped = (id: string, dash: string): string =>
  [id.slice(0, 1), id.slice(1, 5), id.slice(5, 10), id.slice(10, 12), id.slice(12)].join(dash);

const percent = (text: string): string => text.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`);

describe('a citizen id is seen', () => {
  test.each<[string, (id: string) => string]>([
    ['bare', (id) => `pid=${id}`],
    ['between letters', (id) => `cid${id}x`],
    ['in JSON', (id) => `{"pid":"${id}"}`],
    ['in an address', (id) => `GET /api/latest-authen-code/${id}?x=1`],
    ['with dashes', (id) => `บัตร ${grouped(id, '-')} หมดอายุ`],
    ['with spaces', (id) => grouped(id, ' ')],
    ['with encoded dashes', (id) => `?id=${grouped(id, '%2D')}`],
    ['encoded digit by digit', (id) => `?id=${percent(id)}`],
    ['encoded twice', (id) => `?id=${percent(percent(id))}`],
    ['in JSON escapes', (id) => id.replace(/./g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)],
    ['under colours', (id) => `\u001b[32m${id.slice(0, 7)}\u001b[39m${id.slice(7)}`],
  ])('%s', (_, write) => {
    fc.assert(
      fc.property(citizenId, (id) => {
        const found = citizenIdsIn(write(id), NOW);
        // not toEqual: a failure would print the id
        return found.length === 1 && !found[0]?.includes(id);
      }),
    );
  });
});

describe('what is none is let pass', () => {
  test('a wrong check digit', () => {
    fc.assert(
      fc.property(citizenId, fc.integer({ min: 1, max: 9 }), (id, off) => {
        const wrong = `${id.slice(0, 12)}${(Number(id[12]) + off) % 10}`;
        return citizenIdsIn(`pid=${wrong}`, NOW).length === 0;
      }),
    );
  });

  test('more or fewer digits', () => {
    fc.assert(fc.property(citizenId, (id) => citizenIdsIn(`${id}0 ${id.slice(1)}`, NOW).length === 0));
  });

  test('a masked one', () => {
    fc.assert(
      fc.property(citizenId, (id) => citizenIdsIn(citizenIdsIn(id, NOW).join(' '), NOW).length === 0),
    );
  });

  test('times in milliseconds of these years, fractions, UUIDs and hashes', () => {
    const fiveYears = 5 * 365 * 24 * 3600 * 1000;
    fc.assert(
      fc.property(fc.integer({ min: NOW - fiveYears, max: NOW + fiveYears }), (ms) => {
        return citizenIdsIn(`{"time":${ms}}`, NOW).length === 0;
      }),
    );
    fc.assert(fc.property(citizenId, (id) => citizenIdsIn(`took 0.${id} s`, NOW).length === 0));
    fc.assert(fc.property(fc.uuid(), (uuid) => citizenIdsIn(uuid, NOW).length === 0));
    fc.assert(
      fc.property(citizenId, (id) => citizenIdsIn(`sha256 ${'ab'.repeat(25)}${id}f`, NOW).length === 0),
    );
  });
});
