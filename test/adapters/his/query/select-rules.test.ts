/** What a SELECT of a configuration may be, and how a configuration that breaks a rule is told of it. */

import { describe, expect, test } from 'vitest';
import type { QueryOptions } from '../../../../adapters/his/options.ts';
import { FIELDS } from '../../../../adapters/his/query/fields.ts';
import { readStatements } from '../../../../adapters/his/query/statements.ts';
import { his } from '../../../../src/config-his.ts';

const GOOD = {
  visits: 'select 1 from v where d = :date',
  visit: 'select 1 from v where n = :vn',
  write: 'x',
};

function faults(statements: Partial<QueryOptions['statements']>, url = 'mysql://u@h/d'): string {
  try {
    readStatements({ url, statements: { ...GOOD, ...statements } });
    return '';
  } catch (error) {
    expect(error).toMatchObject({ code: 'config', retry: 'no' });
    return (error as Error).message;
  }
}
const visits = (text: string, url?: string): string => faults({ visits: text }, url);

describe('accepted', () => {
  test.each([
    'select * from v where d = :date;',
    'SELECT v.update, v."lock", v.vn FROM v WHERE d = :date',
    'with a as (select 1 as x) select * from v, a where d in (:date, :otherDate)',
    'select * from v where at >= :from and at < :until',
    "select replace(n, '-', '') as n, insert(a, 1, 1, 'x') from v where d = :date -- update it",
    "select 'delete from v' as updated_at from v where d = :date",
    'select * from v where d = :date union all select * from w where d = :date',
  ])('%s', (text) => expect(visits(text)).toBe(''));
});

describe('refused', () => {
  test.each([
    ['no SELECT', 'update v set a = 1 where d = :date', 'expected one SELECT'],
    ['a second statement', 'select 1 from v where d = :date; drop table v', 'more than one statement'],
    ['a table that is made', 'select * into copy_of_v from v where d = :date', '"into" has no place'],
    ['a file', "select * from v where d = :date into outfile '/tmp/x'", '"outfile" has no place'],
    ['rows that are locked', 'select * from v where d = :date for update', '"update" has no place'],
    [
      'rows that are locked for reading',
      'select * from v where d = :date lock in share mode',
      '"lock" has no place',
    ],
    [
      'a hint that locks',
      'select * from v with (updlock, holdlock) where d = :date',
      '"updlock" has no place',
    ],
    [
      'WITH that deletes',
      'with a as (delete from v returning *) select * from a where d = :date',
      '"delete" has no place',
    ],
    ['T-SQL without a semicolon', 'select 1 from v where d = :date exec xp_cmdshell', '"exec" has no place'],
    ['a function that waits', 'select pg_sleep(10) from v where d = :date', '"pg_sleep" has no place'],
    [
      'a function that waits, with a blank',
      'select sleep (10) from v where d = :date',
      '"sleep" has no place',
    ],
    [
      'a function that reads files',
      "select load_file('/etc/passwd') from v where d = :date",
      '"load_file" has no place',
    ],
    [
      'a function that takes a lock',
      "select get_lock('x', 1) from v where d = :date",
      '"get_lock" has no place',
    ],
    ['a sequence', "select nextval('s') from v where d = :date", '"nextval" has no place'],
    ['a stored procedure', 'call visits(:date)', '"call" has no place'],
    ['an unknown parameter', 'select 1 from v where d = :day and e = :date', ':day is not known here'],
    ['no date', 'select 1 from v', 'expected :date, or :from and :until in it'],
    ['nothing', ' -- select', 'it is empty'],
  ])('%s', (_what, text, fault) => {
    const message = visits(text);
    expect(message).toContain('his.statements.visits: ');
    expect(message).toContain(fault);
  });

  test('each statement is told by itself, all at once', () => {
    const message = faults({
      visits: 'select 1',
      visit: 'select 1',
      newer: 'select 1',
      missing: 'drop table v',
    });
    for (const name of ['visits', 'visit', 'newer', 'missing'])
      expect(message).toContain(`his.statements.${name}: `);
  });

  test('a password in a comment of the text is not told', () => {
    expect(visits("select 'secret' into x from v where d = :date")).not.toContain('secret');
  });
});

describe('a write that breaks a rule keeps nobody from reading', () => {
  test.each([
    ['drop table v', 'expected UPDATE or INSERT of one table where "drop" stands'],
    [
      'update v set a = :claimCode where b = :hn',
      ':hn is not known here: expected :vn, :claimCode, :claimType, :issuedAt, :key_…',
    ],
    ["update v set a = 'x' where b = :vn", 'expected :claimCode in it'],
  ])('%s', (write, fault) => {
    const { write: read } = readStatements({ url: 'postgres://u@h/d', statements: { ...GOOD, write } });
    expect(read).toEqual({ faults: [fault] });
  });
});

test('the configuration’s schema and the adapter know the same fields', () => {
  const columns = (of: Record<string, string>) =>
    his.safeParse({ ...{ kind: 'query', url: 'mysql://u@h/d', statements: GOOD }, columns: of }).success;
  expect(columns(Object.fromEntries(FIELDS.map((field) => [field, 'x'])))).toBe(true);
  expect(columns({ hospital: 'x' })).toBe(false);
});
