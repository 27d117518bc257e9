/** What is read as a word, a text or a parameter, and what is refused because engines would read it otherwise. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Engine, ScanError, scan } from '../../../../adapters/his/query/scan.ts';
import { Statement } from '../../../../adapters/his/query/statement.ts';

const ENGINES: readonly Engine[] = ['mysql', 'postgres', 'mssql'];
const parameters = (text: string, engine: Engine): string[] =>
  scan(text, engine).flatMap((token) => (token.kind === 'parameter' ? [token.text] : []));

describe('parameters', () => {
  test.each([
    ['a plain one', 'select :date', ['date']],
    ['each time it stands there', 'select :a, :b, :a', ['a', 'b', 'a']],
    ['not within a text', "select ':no', :yes", ['yes']],
    ['not within a quoted quote', "select 'it''s :no', :yes", ['yes']],
    ['not within a comment', 'select /* :no */ :yes -- :no\n, :too', ['yes', 'too']],
    ['with letters, digits and underscores', 'select :key_a1', ['key_a1']],
  ])('%s', (_what, text, found) => {
    for (const engine of ENGINES) expect(parameters(text, engine), engine).toEqual(found);
  });

  test('a cast of PostgreSQL is none', () => {
    expect(parameters("select '1'::int, :a::text, b :: date", 'postgres')).toEqual(['a']);
  });

  test('quotes of each engine', () => {
    expect(parameters('select "a:no" from t', 'postgres')).toEqual([]);
    expect(parameters('select `a:no`, ":no" from t', 'mysql')).toEqual([]);
    expect(parameters('select [a:no], "b:no" from t', 'mssql')).toEqual([]);
    expect(scan('"a" \'b\'', 'mysql').map((t) => t.kind)).toEqual(['text', 'text']);
    expect(scan('"a" \'b\'', 'postgres').map((t) => t.kind)).toEqual(['name', 'text']);
  });

  test('become the engine’s own marks; comments do not travel; values stand apart', () => {
    const text = 'select a -- why; drop table x\n from t /* :no */ where b=:one and c>=:two and d=:one;';
    const bound = (engine: Engine) =>
      new Statement('visits', text, engine).bind({ one: "1' or '1'='1", two: null });
    expect(bound('mysql').sql).toBe('select a from t where b=? and c>=? and d=?');
    expect(bound('postgres').sql).toBe('select a from t where b=$1 and c>=$2 and d=$3');
    expect(bound('mssql').sql).toBe('select a from t where b=@1 and c>=@2 and d=@3');
    expect(bound('mysql').parameters).toEqual(["1' or '1'='1", null, "1' or '1'='1"]);
  });

  test('a value that is not given is a fault of ours', () => {
    expect(() => new Statement('visits', 'select :a', 'mysql').bind({})).toThrow('visits: no value for :a');
  });
});

describe('refused, with the place', () => {
  test.each([
    ['two statements', 'select 1; drop table x', 'more than one statement'],
    ['a second one behind a comment', 'select 1; -- x\n delete from t', 'more than one statement'],
    ['an open quote', "select 'a", 'a quote is not closed that opens at line 1, column 8'],
    ['an open comment', 'select 1 /* a', 'a comment is not closed that opens at line 1, column 10'],
    [
      'a comment within a comment',
      'select /* a /* b */ c */ 1',
      'a comment within a comment at line 1, column 8',
    ],
    ['a comment that MySQL runs', 'select /*!50000 1 */', 'a comment with orders in it at line 1, column 8'],
    ['a comment that MariaDB runs', 'select /*M! 1 */', 'a comment with orders in it at line 1, column 8'],
    ['a backslash in a text', "select '\\' or 1=1 -- '", 'a backslash within quotes at line 1, column 9'],
    ['a NUL', 'select 1\0', 'a control character stands at line 1, column 9'],
    ['a mark of another kind', 'select\n  ?', '"?" outside of quotes at line 2, column 3'],
    ['an ODBC escape', "select {d '2026-01-01'}", '"{" outside of quotes at line 1, column 8'],
    ['a number that is none', 'select 1a', 'a word begins with a digit at line 1, column 8'],
    ['a colon alone', 'select : a', '":" is not understood at line 1, column 8'],
  ])('%s', (_what, text, message) => {
    for (const engine of ENGINES) expect(() => scan(text, engine), engine).toThrow(new ScanError(message));
  });

  test.each([
    ['mysql', 'select @a := 1'],
    ['mysql', 'select 1 --1'],
    ['mysql', 'select a $ b'],
    ['postgres', 'select $$a; drop table b$$'],
    ['postgres', 'select $1'],
    ['mssql', 'select @@version'],
    ['mssql', 'select * from #t'],
  ] as const)('%s: %s', (engine, text) => {
    expect(() => scan(text, engine)).toThrow(ScanError);
  });
});

describe('whatever the text', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
  const inner = fc
    .string({ unit: fc.constantFrom(...": ;-*/'#a ก\n") })
    .filter((text) => !text.includes('/*'));
  const piece = fc.oneof(
    name.map((n) => ({ text: `:${n}`, parameter: n })),
    name.map((n) => ({ text: n, parameter: null })),
    inner.map((t) => ({ text: `'${t.replaceAll("'", "''")}'`, parameter: null })),
    inner.map((t) => ({
      text: `/*${t.replaceAll('*/', '').replaceAll('/*', '').replace(/[*/]/g, '')}*/`,
      parameter: null,
    })),
    inner.map((t) => ({ text: `-- ${t.replaceAll('\n', '')}\n`, parameter: null })),
    fc.constantFrom('=', '<=', '(', ')', ',', '1.5').map((text) => ({ text, parameter: null })),
  );

  test('its parameters are those that were put there, in their order', () => {
    fc.assert(
      fc.property(fc.array(piece), fc.constantFrom(...ENGINES), (pieces, engine) => {
        const text = pieces.map((p) => p.text).join(' ');
        expect(parameters(text, engine)).toEqual(pieces.flatMap((p) => p.parameter ?? []));
      }),
    );
  });

  test('it is read or refused, never anything else, and never slowly', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii', maxLength: 200 }),
        fc.constantFrom(...ENGINES),
        (text, engine) => {
          try {
            const places = scan(text, engine).flatMap(({ from, to }) => [from, to]);
            expect(places).toEqual(places.toSorted((a, b) => a - b));
          } catch (error) {
            expect(error).toBeInstanceOf(ScanError);
          }
        },
      ),
    );
  });
});
