/** Rows with anything in any column become visits; nothing is thrown. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMoment } from '../../../../adapters/his/hospitalos/times.ts';
import { toVisits } from '../../../../adapters/his/hospitalos/to-visit.ts';
import { VISIT_FIELDS, type VisitRow } from '../../../../adapters/his/hospitalos/visit-query.ts';
import { evilText, evilValue } from '../../../hostile/evil.ts';
import { at, day, HCODE } from './support.ts';

const CONTEXT = { hcode: HCODE, cancelledStatuses: ['4'] };
const DATE = day('2026-11-28');

test.each([
  ['2569-11-28,08:15:00', '08:15:00', false],
  ['2026-11-28,08:15:00', '08:15:00', false],
  ['2569-11-28 08:15:00', '08:15:00', false],
  ['2026-11-28T08:15:00.123', '08:15:00', false],
  ['2569-11-28,08:15', '08:15:00', false],
  ['2569-11-28', '00:00:00', false],
  ['2569-11-28,', '00:00:00', false],
  ['2569-11-28,8.15', '00:00:00', true],
  ['2569-11-28,24:00:00', '00:00:00', true],
])('a moment is read: %s', (text, time, badTime) => {
  const read = readMoment(text);
  expect(read?.date).toBe(DATE);
  expect(read?.startedAt).toBe(at(DATE, time));
  expect(read?.badTime).toBe(badTime);
});

test.each([
  '',
  '0000-00-00,00:00:00',
  '2569-02-30,08:00:00',
  '2569/11/28',
  '28/11/2569',
  '25691128',
  '2569-11-28x',
])('no moment: "%s"', (text) => expect(readMoment(text)).toBeNull());

test('29 February of a Buddhist leap year', () => {
  expect(readMoment('2567-02-29,10:00:00')?.date).toBe('2024-02-29');
});

test('whatever stands in the columns', () => {
  const cell = fc.oneof(
    ...[fc.constant(null), fc.constant(undefined), evilText, evilValue, fc.bigInt(), fc.double()],
    fc.date({ noInvalidDate: false }),
    fc.constantFrom('2569-11-28,08:15:00', '0', '1', '4', '9', 'PP1234567890', 'EP1', '069000001'),
  );
  const row = fc.record(Object.fromEntries(VISIT_FIELDS.map((field) => [field, cell])));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
      const { visits, unnumbered } = toVisits(rows as VisitRow[], CONTEXT, DATE);
      expect(visits.length + unnumbered).toBeGreaterThan(0);
      expect(new Set(visits.map((v) => v.vn)).size).toBe(visits.length);
      expect(
        visits.every((v) => /^\d{4}-\d\d-\d\d$/.test(v.serviceDate) && Number.isFinite(v.startedAt)),
      ).toBe(true);
    }),
    { numRuns: 300 },
  );
});
