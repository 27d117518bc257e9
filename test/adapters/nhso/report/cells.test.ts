/** Every form that a cell of the report may have. */

import { describe, expect, test } from 'vitest';
import { momentOf } from '../../../../adapters/nhso/report/dates.ts';
import type { Cell } from '../../../../adapters/nhso/report/sheet.ts';
import {
  channelOf,
  citizenIdOf,
  claimCodeOf,
  claimTypeOf,
  hcodeOf,
  isBlank,
  statusOf,
} from '../../../../adapters/nhso/report/values.ts';
import { bangkokIso } from '../../../../src/domain/bangkok.ts';
import { sampleCitizenId } from '../../../support/samples.ts';

const text = (t: string): Cell => ({ kind: 'text', text: t });
const number = (t: string): Cell => ({ kind: 'number', text: t });

describe('dates', () => {
  test.each<[string, string, boolean]>([
    ['20/11/2569 08:15', '2026-11-20T08:15:00+07:00', true],
    ['20/11/2569 08:15:30', '2026-11-20T08:15:30+07:00', true],
    ['20/11/2569 08:15:30.123', '2026-11-20T08:15:30+07:00', true],
    ['20/11/2569', '2026-11-20T00:00:00+07:00', false],
    ['1/2/2569 8:05', '2026-02-01T08:05:00+07:00', true],
    ['20-11-2569 08.15', '2026-11-20T08:15:00+07:00', true],
    ['20/11/2569, 08:15:30', '2026-11-20T08:15:30+07:00', true],
    ['20/11/2569 08:15 น.', '2026-11-20T08:15:00+07:00', true],
    ['  20/11/2569\u00a0 08:15 ', '2026-11-20T08:15:00+07:00', true],
    ['๒๐/๑๑/๒๕๖๙ ๐๘:๑๕', '2026-11-20T08:15:00+07:00', true],
    ['20/11/2569 08:15_x000D_', '2026-11-20T08:15:00+07:00', true],
    ['20/11/2026 08:15', '2026-11-20T08:15:00+07:00', true],
    ['2026-11-20T08:15:30', '2026-11-20T08:15:30+07:00', true],
    ['2569-11-20 08:15', '2026-11-20T08:15:00+07:00', true],
    ['29/02/2567', '2024-02-29T00:00:00+07:00', false],
    ['20/11/2569 00:00:00', '2026-11-20T00:00:00+07:00', true],
    ['31/12/2569 23:59:59', '2026-12-31T23:59:59+07:00', true],
  ])('%s', (written, iso, hasTime) => {
    const moment = momentOf(text(written), false);
    expect(moment === null ? null : [bangkokIso(moment.at), moment.hasTime]).toEqual([iso, hasTime]);
  });

  test.each([
    ...[
      '',
      ' ',
      '-',
      '20/11',
      '20/11/69',
      '11/20/2569',
      '31/11/2569',
      '29/02/2569',
      '00/11/2569',
      '20/00/2569',
    ],
    ...[
      '20/11/2569 24:00',
      '20/11/2569 08:60',
      '20/11/2569 8',
      '20/11/2569 08:15:61',
      '20 พ.ย. 2569',
      '20.11.2569',
    ],
    ...[
      '20/11/1483',
      '20/11/0000',
      '20/11/9999',
      'x 20/11/2569',
      '20/11/2569 08:15 PM',
      '46346.34',
      '20/11/25690',
    ],
    ...['2026-13-01', '2026-11-20T08:15:30+07:00', '-20/11/2569', '20/11/2569 08:15 x'],
  ])('%j is no date', (written) => {
    expect(momentOf(text(written), false)).toBeNull();
  });

  test.each<[string, boolean, string, boolean]>([
    // 2026-11-20 is day 46346 of Excel's calendar
    ['46346', false, '2026-11-20T00:00:00+07:00', false],
    ['46346.34375', false, '2026-11-20T08:15:00+07:00', true],
    ['46346.343749999', false, '2026-11-20T08:15:00+07:00', true],
    ['46346.99999', false, '2026-11-20T23:59:59+07:00', true],
    ['44884.34375', true, '2026-11-20T08:15:00+07:00', true],
    // the year 2569 of Excel's calendar
    ['244673.34375', false, '2026-11-20T08:15:00+07:00', true],
    ['36526', false, '2000-01-01T00:00:00+07:00', false],
  ])('serial %s (1904: %s)', (serial, is1904, iso, hasTime) => {
    const moment = momentOf(number(serial), is1904);
    expect(moment === null ? null : [bangkokIso(moment.at), moment.hasTime]).toEqual([iso, hasTime]);
  });

  test.each([
    '0',
    '1',
    '60',
    '36525',
    '-46346',
    '4.6346E4',
    '9999999',
    '46346,5',
    'NaN',
    '1e999',
    '20112569',
  ])('serial %s is no day of these years', (serial) => {
    expect(momentOf(number(serial), false)).toBeNull();
  });

  test('a date of the year 2569 in which an American Excel may have swapped day and month', () => {
    const serial = (month: number, day: number): Cell =>
      number(String((Date.UTC(2569, month - 1, day) - Date.UTC(1899, 11, 30)) / 86_400_000));
    const dates = [serial(11, 20), serial(11, 11), serial(11, 5), serial(5, 11), serial(12, 12)].map(
      (cell) => momentOf(cell, false)?.date ?? null,
    );
    expect(dates).toEqual(['2026-11-20', '2026-11-11', null, null, '2026-12-12']);
  });

  test('a date cell of ISO 8601, and what is none', () => {
    const moment = momentOf({ kind: 'date', text: '2026-11-20T08:15:00' }, false);
    expect(moment?.at).toBe(Date.UTC(2026, 10, 20, 1, 15));
    expect(momentOf({ kind: 'other' }, false)).toBeNull();
  });
});

describe('citizen ids', () => {
  const pid = sampleCitizenId(7);
  const dashed = pid.replace(/^(.)(.{4})(.{5})(.{2})/, '$1-$2-$3-$4-');

  test('thirteen digits, with dashes, blanks, an apostrophe, in Thai digits; a whole number', () => {
    const thai = pid.replace(/\d/g, (d) => String.fromCharCode(0x0e50 + Number(d)));
    for (const written of [pid, dashed, dashed.replaceAll('-', ' '), ` ${pid}\u200b `, `'${pid}`, thai]) {
      expect(citizenIdOf(text(written)) === pid).toBe(true);
    }
    expect(citizenIdOf(number(pid)) === pid).toBe(true);
  });

  test('nothing is guessed: a digit lost, notation, rounding, a wrong check digit, another kind of cell', () => {
    const wrong = `${pid.slice(0, 12)}${(Number(pid[12]) + 1) % 10}`;
    const exponent = `${pid[0]}.${pid.slice(1)}E12`;
    const inText = [
      wrong,
      pid.slice(1),
      `${pid}0`,
      `x${pid}`,
      `${pid.slice(0, 7)}xxxxxx`,
      '1.1037E+12',
      exponent,
      '',
      '-',
    ];
    for (const written of inText) expect(citizenIdOf(text(written))).toBeNull();
    // the check digit of this one happens to be right
    const rounded = '9900000000000';
    for (const written of [exponent, `${pid}.0`, pid.slice(1), '1.1037E+12', rounded, `-${pid}`]) {
      expect(citizenIdOf(number(written))).toBeNull();
    }
    expect(citizenIdOf({ kind: 'other' })).toBeNull();
    expect(citizenIdOf(undefined)).toBeNull();
  });
});

describe('codes and words', () => {
  test.each<[Cell | undefined, string | null]>([
    [text('PP0123456789'), 'PP0123456789'],
    [text(' PP0123456789\n'), 'PP0123456789'],
    [text('EP123456789'), 'EP123456789'],
    [text('X-123'), 'X-123'],
    [number('123456'), '123456'],
    [number('1E12'), null],
    [number('1234567890123456'), null],
    [text('PG0060001'), null],
    [text('PP01234567890123456789'), null],
    [text('ไม่มี'), null],
    [text('-'), null],
    [{ kind: 'other' }, null],
    [undefined, null],
  ])('claim code %j is %s', (cell, code) => expect(claimCodeOf(cell)).toBe(code));

  test.each<[Cell | undefined, string | null]>([
    [text('10978'), '10978'],
    [text(' 10978 '), '10978'],
    [text('๑๐๙๗๘'), '10978'],
    [text('123456789'), '123456789'],
    [text('A1234'), 'A1234'],
    [number('10978'), '10978'],
    [number('24'), '00024'],
    [text('978'), null],
    [number('109780'), null],
    [number('1.0978E4'), null],
    [text('10978 รพ.'), null],
    [undefined, null],
  ])('hospital code %j is %s', (cell, hcode) => expect(hcodeOf(cell)).toBe(hcode));

  test.each<[string, ReturnType<typeof statusOf>]>([
    ['ใช้งาน', 'in-use'],
    [' ใช้งานอยู่ ', 'in-use'],
    ['Active', 'in-use'],
    ['E', 'in-use'],
    ['ยกเลิก', 'cancelled'],
    ['ถูกยกเลิกแล้ว', 'cancelled'],
    ['ไม่ใช้งาน', 'cancelled'],
    ['Inactive', 'cancelled'],
    ['C', 'cancelled'],
    ['', null],
    ['ใช้งานไม่ได้', null],
    ['รอตรวจสอบ', null],
    ['ไม่', null],
  ])('status %j is %s', (word, status) => expect(statusOf(text(word))).toBe(status));

  test('a claim type is text of NHSO’s; a number is none', () => {
    expect(claimTypeOf(text('PG0060001'))).toBe('PG0060001');
    for (const cell of [text('เข้ารับบริการ'), text('x'.repeat(21)), number('60001'), undefined]) {
      expect(claimTypeOf(cell)).toBeNull();
    }
  });

  test('a channel is for people, and brings no person in', () => {
    expect(channelOf(text(' LINE '))).toBe('LINE');
    expect(channelOf(text(`x${'ก'.repeat(100)}`))).toHaveLength(60);
    expect(channelOf(text('a_x0000_b'))).toBe('ab');
    expect(channelOf(text('\ud800x'))).toBe('\ufffdx');
    for (const cell of [text(sampleCitizenId(3)), text('9-9000-00000-03-1'), text(''), undefined]) {
      expect(channelOf(cell)).toBeNull();
    }
  });

  test('a dash says as little as nothing', () => {
    for (const cell of [undefined, text(''), text(' '), text('-'), text('--'), text('\u200b')])
      expect(isBlank(cell)).toBe(true);
    for (const cell of [text('0'), number('0'), { kind: 'other' } as const])
      expect(isBlank(cell)).toBe(false);
  });
});
