import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DateStyle } from '../../../../adapters/his/query/date-style.ts';
import { his } from '../../../../src/config-his.ts';

const AT = Date.parse('2026-11-08T07:05:09+07:00');

describe('a pattern writes and reads', () => {
  test.each([
    ['yyyy-MM-dd HH:mm:ss', '2026-11-08 07:05:09'],
    ['BBBB-MM-dd,HH:mm:ss', '2569-11-08,07:05:09'],
    ['dd/MM/BBBB HH:mm:ss', '08/11/2569 07:05:09'],
    ['d/M/BBBB H:mm:ss', '8/11/2569 7:05:09'],
    ['yyyyMMddHHmmss', '20261108070509'],
    ['BBMMddHHmmss', '691108070509'],
    ['yyyy-MM-ddTHH:mm:ss', '2026-11-08T07:05:09'],
  ])('%s', (pattern, text) => {
    const style = new DateStyle(pattern);
    expect(style.write(AT)).toBe(text);
    expect(style.instant(text)).toBe(AT);
    expect(style.date(text)).toBe('2026-11-08');
    expect(style.time(text)).toBe('07:05:09');
  });

  test.each([
    ['yyyy-MM-dd HH:mm:ss', '2026-11-08 07:05:09.123', '2026-11-08T07:05:09+07:00'],
    ['yyyy-MM-dd HH:mm:ss', '2026-11-08 07:05', '2026-11-08T07:05:00+07:00'],
    ['yyyy-MM-dd HH:mm:ss', '2026-11-08 07:05:09+00', '2026-11-08T07:05:09Z'],
    ['yyyy-MM-dd HH:mm:ss', '2026-11-08 07:05:09.5+0530', '2026-11-08T07:05:09+05:30'],
    ['yyyy-MM-dd HH:mm:ss', '2569-11-08 07:05:09', '2026-11-08T07:05:09+07:00'],
    ['dd/MM/BBBB HH:mm', '08/11/2026 07:05', '2026-11-08T07:05:00+07:00'],
  ])('%s reads %s', (pattern, text, instant) => {
    expect(new DateStyle(pattern).instant(text)).toBe(Date.parse(instant));
  });

  test('a date alone is read out of a column with a time', () => {
    expect(new DateStyle('yyyy-MM-dd').date('2026-11-08 00:00:00.000')).toBe('2026-11-08');
  });

  test.each([
    ['yyyy-MM-dd', '0000-00-00'],
    ['yyyy-MM-dd', '2026-02-30'],
    ['yyyy-MM-dd', '08/11/2026'],
    ['dd/MM/BBBB', '29/02/2568'],
    ['dd/MM/BBBB', ''],
    ['dd/MM/BBBB', '8/11/2569'],
  ])('%s does not read %s', (pattern, text) => {
    expect(new DateStyle(pattern).date(text)).toBeNull();
  });

  test.each(['24:00:00', '07:60:00', '7:05', 'x'])('no time of a day: %s', (text) => {
    expect(new DateStyle('HH:mm:ss').time(text)).toBeNull();
  });
});

test('whatever is written is read again, to the second', () => {
  const pattern = fc.constantFrom(
    'yyyy-MM-dd HH:mm:ss',
    'dd/MM/BBBB HH:mm:ss',
    'BBBBMMddHHmmss',
    'd.M.yyyy H:mm:ss',
  );
  const at = fc.integer({ min: Date.parse('1900-01-01'), max: Date.parse('2399-12-31') });
  fc.assert(
    fc.property(pattern, at, (text, ms) => {
      const style = new DateStyle(text);
      expect(style.instant(style.write(ms))).toBe(Math.floor(ms / 1000) * 1000);
    }),
  );
});

describe('the configuration', () => {
  const given = (dates: Record<string, string>) =>
    his.safeParse({
      ...{ kind: 'query', url: 'mysql://u@h/d', dates },
      statements: { visits: 'select 1', visit: 'select 1', write: 'update t' },
    });
  test('takes words for the two usual ones', () => {
    const { data } = given({ date: 'buddhist', dateTime: 'buddhist' });
    expect(data).toMatchObject({
      dates: {
        date: 'BBBB-MM-dd',
        dateTime: 'BBBB-MM-dd HH:mm:ss',
        time: 'HH:mm:ss',
        birthDate: 'yyyy-MM-dd',
      },
    });
  });
  test.each([
    [{ date: 'dd/MM' }, 'dates.date'],
    [{ date: 'DD/MM/YYYY' }, 'dates.date'],
    [{ time: 'dd/MM/yyyy' }, 'dates.time'],
    [{ dateTime: 'dd/MM/yyyy' }, 'dates.dateTime'],
    [{ birthDate: 'dd/MM/yy' }, 'dates.birthDate'],
    [{ issuedAt: 'HH:mm' }, 'dates.issuedAt'],
  ])('refuses %o', (dates, path) => {
    expect(given(dates).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});
