import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toVisits } from '../../../../adapters/his/jhcis/to-visit.ts';
import { VISIT_FIELDS, type VisitField, type VisitRow } from '../../../../adapters/his/jhcis/visit-query.ts';
import type { Visit } from '../../../../src/domain/visit.ts';
import { at, day, HCODE } from '../support.ts';

const CONTEXT = { hcode: HCODE, cancelledFlags: ['99'] };
const EMPTY = Object.fromEntries(VISIT_FIELDS.map((f) => [f, null])) as Record<VisitField, null>;
const GOOD: VisitRow = {
  ...EMPTY,
  visitno: 188301,
  pcucode: HCODE,
  pcucodeperson: HCODE,
  pid: 177,
  person_pid: 177,
  visitdate: '2026-11-20',
  timestart: '08:15:30',
  updated: '2026-11-20 08:16:00',
};

function visitOf(differs: Partial<VisitRow>): Visit {
  const [visit] = toVisits([{ ...GOOD, ...differs }], CONTEXT, day('2026-11-21')).visits;
  if (visit === undefined) throw new Error('no visit');
  return visit;
}

describe('dates and times', () => {
  test.each([
    ['as it should be', {}, '2026-11-20', '08:15:30', null],
    ['no time: not known, so the start of the day', { timestart: null }, '2026-11-20', '00:00:00', null],
    [
      'a time past midnight',
      { timestart: '25:00:00' },
      '2026-11-20',
      '00:00:00',
      'visit.timestart is "25:00:00": expected a time 00:00:00–23:59:59',
    ],
    ['a Buddhist year', { visitdate: '2569-11-20' }, '2026-11-20', '08:15:30', null],
    [
      'a zero date: the day of the last change',
      { visitdate: '0000-00-00' },
      '2026-11-20',
      '08:15:30',
      'visit.visitdate is "0000-00-00": expected a date YYYY-MM-DD',
    ],
    [
      'no date, and a last change in a Buddhist year',
      { visitdate: null, updated: '2569-11-19 09:00:00' },
      '2026-11-19',
      '08:15:30',
      'visit.visitdate is empty: expected a date YYYY-MM-DD',
    ],
    [
      'neither: the day that was asked for',
      { visitdate: null, updated: '0000-00-00 00:00:00' },
      '2026-11-21',
      '08:15:30',
      'visit.visitdate is empty: expected a date YYYY-MM-DD',
    ],
  ])('%s', (_, differs, serviceDate, time, problem) => {
    expect(visitOf(differs)).toMatchObject({ serviceDate, startedAt: at(serviceDate, time), problem });
  });

  test.each([
    ['1980-05-06', '1980-05-06'],
    ['2523-05-06', '1980-05-06'],
    ['1980-00-00', '1980'],
    ['0000-00-00', null],
    [null, null],
  ])('birth %s → %s', (birth, birthDate) => {
    expect(visitOf({ birth }).person.birthDate).toBe(birthDate);
  });
});

describe('who and where', () => {
  test('the number of the person stands for the hn; of another unit’s person the unit is part of it', () => {
    expect(visitOf({}).hn).toBe('177');
    expect(visitOf({ pcucodeperson: '07934' }).hn).toBe('07934-177');
    expect(visitOf({ pcucodeperson: ' ' }).hn).toBe('177');
  });

  test('no row of the person, no number', () => {
    expect(visitOf({ person_pid: null }).problem).toBe(
      'visit.pcucodeperson, visit.pid have no row in person',
    );
    expect(visitOf({ pid: null, person_pid: null }).problem).toBe(
      'visit.pid is empty: expected the number of a person',
    );
  });

  test('a title as a word, as a code that ctitle explains, as a code that nothing explains', () => {
    expect(visitOf({ prename: 'นาย' }).person.title).toBe('นาย');
    expect(visitOf({ prename: '003', title: 'นาย' }).person.title).toBe('นาย');
    expect(visitOf({ prename: '003' }).person.title).toBeNull();
  });

  test('phones: mobile before telephoneperson, as they stand', () => {
    expect(visitOf({ mobile: '-', telephoneperson: ' 060 ' }).phones).toEqual(['-', '060']);
    expect(visitOf({ mobile: '' }).phones).toEqual([]);
  });

  test.each([
    ['UCS', 'UCS'],
    ['(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ', 'UCS'],
    ['OFC ', 'OFC'],
    ['89', null],
    ['บัตรทอง', null],
    ['UCSX', null],
    [null, null],
  ])('scheme of main_inscl %s → %s', (main_inscl, scheme) => {
    expect(visitOf({ rightcode: '89', main_inscl }).right?.scheme).toBe(scheme);
  });

  test('no right, a flag that means cancelled, a claim type in the place of the code', () => {
    expect(visitOf({}).right).toBeNull();
    expect(visitOf({ flag: '99' }).cancelled).toBe(true);
    expect(visitOf({ flag: '01' }).cancelled).toBe(false);
    expect(visitOf({ code: 'PG0060001' }).code).toBe('PG0060001');
  });
});

describe('many rows', () => {
  test('in order of time, those of one time in order of their numbers', () => {
    const rows = [{ visitno: 10 }, { visitno: 9 }, { visitno: 11, timestart: '08:00:00' }].map((r) => ({
      ...GOOD,
      ...r,
    }));
    expect(toVisits(rows, CONTEXT, day('2026-11-20')).visits.map((v) => v.vn)).toEqual(['11', '9', '10']);
  });

  test('tells when each began; one without a time when it was entered', () => {
    const told: [number, number][] = [];
    const rows = [GOOD, { ...GOOD, visitno: 188302, timestart: null }];
    toVisits(rows, CONTEXT, day('2026-11-20'), (visitno, when) => told.push([visitno, when]));
    expect(told).toEqual([
      [188301, at('2026-11-20', '08:15:30')],
      [188302, at('2026-11-20', '08:16:00')],
    ]);
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
        const text = (value: unknown) =>
          String(value ?? '')
            .replaceAll('\0', '')
            .trim();
        const numbers = (rows as VisitRow[]).map((r) => text(r.visitno));
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
