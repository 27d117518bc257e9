import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toVisits } from '../../../../adapters/his/hosxp/to-visit.ts';
import {
  VISIT_FIELDS,
  type VisitField,
  type VisitRow,
  vnPrefix,
} from '../../../../adapters/his/hosxp/visit-query.ts';
import type { Visit } from '../../../../src/domain/visit.ts';
import { at, day, HCODE } from './support.ts';

const CONTEXT = { hcode: HCODE, cancelledStatuses: ['99'] };
const EMPTY = Object.fromEntries(VISIT_FIELDS.map((f) => [f, null])) as Record<VisitField, null>;
const GOOD: VisitRow = {
  ...EMPTY,
  vn: '691120081530',
  hn: '000000021',
  patient_hn: '000000021',
  vstdate: '2026-11-20',
  vsttime: '08:15:30',
};

function visitOf(differs: Partial<VisitRow>): Visit {
  const [visit] = toVisits([{ ...GOOD, ...differs }], CONTEXT, day('2026-11-20')).visits;
  if (visit === undefined) throw new Error('no visit');
  return visit;
}

describe('dates and times', () => {
  test.each([
    ['as it should be', {}, '08:15:30', null],
    ['fractions of a second', { vsttime: '08:15:30.000000' }, '08:15:30', null],
    ['no time: the one in the number', { vsttime: null }, '08:15:30', null],
    ['no time and another number: start of the day', { vsttime: null, vn: 'A-1' }, '00:00:00', null],
    [
      'a time past midnight',
      { vsttime: '25:00:00' },
      '00:00:00',
      'ovst.vsttime is "25:00:00": expected a time 00:00:00–23:59:59',
    ],
    [
      'the midnight that ends the day',
      { vsttime: '24:00:00' },
      '00:00:00',
      'ovst.vsttime is "24:00:00": expected a time 00:00:00–23:59:59',
    ],
    [
      'a negative time',
      { vsttime: '-01:00:00' },
      '00:00:00',
      'ovst.vsttime is "-01:00:00": expected a time 00:00:00–23:59:59',
    ],
    ['a Buddhist year', { vstdate: '2569-11-20' }, '08:15:30', null],
    [
      'a zero date',
      { vstdate: '0000-00-00' },
      '08:15:30',
      'ovst.vstdate is "0000-00-00": expected a date YYYY-MM-DD',
    ],
    ['no date', { vstdate: null }, '08:15:30', 'ovst.vstdate is empty: expected a date YYYY-MM-DD'],
    [
      'a day that is none',
      { vstdate: '2026-02-30' },
      '08:15:30',
      'ovst.vstdate is "2026-02-30": expected a date YYYY-MM-DD',
    ],
  ])('%s', (_, differs, time, problem) => {
    expect(visitOf(differs)).toMatchObject({
      serviceDate: '2026-11-20',
      startedAt: at('2026-11-20', time),
      problem,
    });
  });

  test.each([
    ['1980-05-06', '1980-05-06'],
    ['2523-05-06', '1980-05-06'],
    ['1980-00-00', '1980'],
    ['1980-05-00', '1980-05'],
    ['1980-02-31', null],
    ['0000-00-00', null],
    [null, null],
  ])('birthday %s → %s', (birthday, birthDate) => {
    expect(visitOf({ birthday }).person.birthDate).toBe(birthDate);
  });

  test('a visit number begins with the Buddhist date', () => {
    expect(vnPrefix(day('2026-11-20'))).toBe('691120');
    expect(vnPrefix(day('2057-01-02'))).toBe('000102');
  });
});

describe('who and where', () => {
  test('patient row missing, hn missing', () => {
    expect(visitOf({ patient_hn: null }).problem).toBe('ovst.hn has no row in patient');
    expect(visitOf({ hn: ' ', patient_hn: null }).problem).toBe(
      'ovst.hn is empty: expected a patient number',
    );
  });

  test('blanks are nothing, padding is cut, the rest stays as it is', () => {
    expect(visitOf({ cid: '', an: '  ', code: ' ', mobile_phone_number: '', hometel: ' 02 ' })).toMatchObject(
      {
        pid: null,
        an: null,
        code: null,
        phones: ['02'],
      },
    );
    expect(visitOf({ cid: '0000000000000', pttype: '1 ', department: '001' })).toMatchObject({
      pid: '0000000000000',
      right: { code: '1' },
      department: { code: '001', name: null },
    });
  });

  test('the right of its row where the visit itself names none', () => {
    expect(visitOf({ pttype: '', row_pttype: '30' }).right?.code).toBe('30');
    expect(visitOf({ pttype: null }).right).toBeNull();
  });

  test('admission and cancellation', () => {
    expect(visitOf({ an: '690000001' }).kind).toBe('inpatient');
    expect(visitOf({ status: '99' }).cancelled).toBe(true);
    expect(visitOf({ status: '01' }).cancelled).toBe(false);
  });
});

describe('many rows', () => {
  test('rows without a number are counted, and cost no other row', () => {
    const { visits, unnumbered } = toVisits(
      [{ ...GOOD, vn: '' }, GOOD, { ...GOOD, vn: null }],
      CONTEXT,
      day('2026-11-20'),
    );
    expect(visits).toHaveLength(1);
    expect(unnumbered).toBe(2);
  });

  const cell = fc.oneof(
    fc.constant(null),
    fc.string(),
    fc.integer(),
    fc.constantFrom('', ' ', '0000-00-00', '2569-11-20', '2026-11-20', '24:00:00', '08:00:00', '99', 'สมมุติ'),
  );
  const row = fc.record(Object.fromEntries(VISIT_FIELDS.map((f) => [f, cell])));

  test('whatever the rows hold: nothing is thrown, one visit a number, each with a real date and instant', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
        const { visits, unnumbered } = toVisits(rows as VisitRow[], CONTEXT, day('2026-11-20'));
        const numbers = (rows as VisitRow[]).map((r) => String(r.vn ?? '').trim());
        expect(new Set(visits.map((v) => v.vn))).toEqual(new Set(numbers.filter((vn) => vn !== '')));
        expect(unnumbered).toBe(numbers.filter((vn) => vn === '').length);
        for (const visit of visits) {
          expect(visit.serviceDate).toMatch(/^\d{4}-\d{2}-\d{2}$/);
          expect(Number.isFinite(visit.startedAt)).toBe(true);
        }
      }),
    );
  });
});
