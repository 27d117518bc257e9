/** Which UPDATE or INSERT of a configuration is accepted, and why the others are not. */

import { describe, expect, test } from 'vitest';
import { type Engine, ScanError, scan } from '../../../../adapters/his/query/scan.ts';
import type { Values } from '../../../../adapters/his/query/statement.ts';
import type { TableFacts } from '../../../../adapters/his/query/table-facts.ts';
import { WriteStatements } from '../../../../adapters/his/query/write-build.ts';
import { readWrite } from '../../../../adapters/his/query/write-grammar.ts';
import { type Proof, proveUndo, proveWrite } from '../../../../adapters/his/query/write-proof.ts';
import { mssqlDialect, mysqlDialect, postgresDialect } from '../../../../adapters/his/sql/dialect.ts';

const column = (name: string, isText = true) => ({ name, isText, length: isText ? 50 : null, isDate: false });

/** Unique by (site, vn) and by row_id. */
const VISIT: TableFacts = {
  ...{ schema: 'hos', name: 'visit', storage: null },
  columns: [
    ...['site', 'vn', 'Code', 'code_type', 'locked', 'state'].map((name) => column(name)),
    ...['row_id', 'code_time'].map((name) => column(name, false)),
  ],
  uniqueKeys: [['site', 'vn'], ['row_id']],
};
const LOG: TableFacts = {
  ...{
    schema: 'hos',
    name: 'log',
    storage: null,
    columns: ['vn', 'code', 'kind', 'removed'].map((n) => column(n)),
  },
  uniqueKeys: [['row_id']],
};

function prove(text: string, table = VISIT, engine: Engine = 'mysql'): string[] {
  try {
    const proof = proveWrite(readWrite(scan(text, engine)), table);
    return 'faults' in proof ? proof.faults : [];
  } catch (error) {
    if (error instanceof ScanError) return [error.message];
    throw error;
  }
}

const KEY = 'site = :key_site and vn = :vn';

describe('an UPDATE is accepted', () => {
  test.each([
    ['by its key, while empty', `update visit set code = :claimCode where ${KEY} and code is null`],
    [
      'in another order',
      `update visit set code = :claimCode where coalesce(code, '') = '' and :vn = vn and ${KEY}`,
    ],
    [
      'with an alias',
      `update hos.visit as v set v.code = :claimCode where v.row_id = :key_row and (v.code is null or v.code = '')`,
    ],
    [
      'with functions of any engine',
      `update visit set code = :claimCode where ${KEY} and ltrim(rtrim(isnull(code, ''))) = ''`,
    ],
    ['with nullif', `update visit set code = :claimCode where ${KEY} and nullif(trim(code), '') is null`],
    [
      'with more columns and conditions',
      `update visit set code = :claimCode, code_type = :claimType, code_time = now() where ${KEY} and code = '' and (locked is null or locked <> 'Y') and state not in ('9', 'x')`,
    ],
    [
      'with a text for a part of the key',
      `update visit set code = :claimCode where site = '10978' and vn = :vn and code is null`,
    ],
  ])('%s', (_what, text) => {
    expect(prove(text)).toEqual([]);
  });
});

describe('an UPDATE is refused', () => {
  const rows =
    'more than one row of visit could be touched: expected column = :vn or = :key_… for every column of a unique index, (site, vn) or (row_id)';
  const guard = "nothing in WHERE says that Code must be empty: expected (Code is null or Code = '')";
  test.each([
    ['without a key', 'update visit set code = :claimCode where code is null', [rows]],
    ['by half a key', 'update visit set code = :claimCode where vn = :vn and code is null', [rows]],
    [
      'by a key under OR',
      `update visit set code = :claimCode where (${KEY} or vn = 'x') and code is null`,
      [rows],
    ],
    ['by a key under NOT', `update visit set code = :claimCode where not (${KEY}) and code is null`, [rows]],
    [
      'by a key in a function',
      'update visit set code = :claimCode where site = :key_site and trim(vn) = :vn and code is null',
      [rows],
    ],
    [
      'by a key that is a range',
      'update visit set code = :claimCode where site = :key_site and vn >= :vn and code is null',
      [rows],
    ],
    [
      'by a key beside a number',
      'update visit set code = :claimCode where site = 0 and vn = :vn and code is null',
      [rows],
    ],
    [
      'by a key beside its own column',
      'update visit set code = :claimCode where site = site and vn = :vn and code is null',
      [rows],
    ],
    [
      'by the code',
      `update visit set code = :claimCode where site = :claimCode and vn = :vn and code is null`,
      [rows],
    ],
    ['without a guard', `update visit set code = :claimCode where ${KEY}`, [guard]],
    [
      'with a guard under OR with something else',
      `update visit set code = :claimCode where ${KEY} and (code is null or locked is null)`,
      [guard],
    ],
    [
      'with a guard that is none',
      `update visit set code = :claimCode where ${KEY} and code is not null`,
      [guard],
    ],
    [
      'with a guard over another column',
      `update visit set code = :claimCode where ${KEY} and code_type is null`,
      [guard],
    ],
    [
      'with coalesce to something',
      `update visit set code = :claimCode where ${KEY} and coalesce(code, 'x') = ''`,
      [guard],
    ],
    [
      'that sets no code',
      `update visit set code = 'PP1' where ${KEY} and code is null`,
      ['expected one column that is given :claimCode, found 0'],
    ],
    [
      'that sets two',
      `update visit set code = :claimCode, code_type = :claimCode where ${KEY} and code is null`,
      ['expected one column that is given :claimCode, found 2'],
    ],
    [
      'that puts it where no text stands',
      `update visit set code_time = :claimCode where ${KEY} and code_time is null`,
      ['code_time is no text: a code could not stand in it'],
    ],
    [
      'that changes the key',
      `update visit set code = :claimCode, vn = 'x' where ${KEY} and code is null`,
      ["vn is set and is a part of the row's key"],
    ],
    [
      'with a column that is not there',
      `update visit set code = :claimCode where ${KEY} and code is null and gone = 'x'`,
      ['visit has no column gone, or the account may not see it'],
    ],
    ['without WHERE', 'update visit set code = :claimCode', ['expected WHERE at its end']],
    [
      'of two tables',
      `update visit, patient set code = :claimCode where ${KEY}`,
      ['expected an alias where "," stands'],
    ],
    [
      'with a join',
      `update visit v join patient p on p.hn = v.hn set v.code = :claimCode where ${KEY}`,
      ['expected SET where "join" stands'],
    ],
    [
      'with FROM',
      `update visit set code = :claimCode from patient where ${KEY} and code is null`,
      ['expected WHERE where "from" stands'],
    ],
    [
      'with LIMIT',
      `update visit set code = :claimCode where ${KEY} and code is null limit 1`,
      ['expected the end of the statement where "limit" stands'],
    ],
    [
      'with RETURNING',
      `update visit set code = :claimCode where ${KEY} and code is null returning vn`,
      ['expected the end of the statement where "returning" stands'],
    ],
    [
      'with TOP',
      `update top (1) visit set code = :claimCode where ${KEY}`,
      ['expected an alias where "(" stands'],
    ],
    [
      'with a SELECT within',
      `update visit set code = (select max(code) from log) where ${KEY} and code is null`,
      ['expected a :parameter, a text, a number, NULL or the engine’s clock such as now() where "(" stands'],
    ],
    [
      'with IN (SELECT)',
      `update visit set code = :claimCode where vn in (select vn from log) and code is null`,
      [
        'expected a :parameter, a text, a number, NULL or the engine’s clock such as now() where "select" stands',
      ],
    ],
    [
      'with UNION',
      `update visit set code = :claimCode where ${KEY} and code is null union select 1`,
      ['expected the end of the statement where "union" stands'],
    ],
    [
      'with a second statement',
      `update visit set code = :claimCode where ${KEY} and code is null; drop table visit`,
      ['more than one statement'],
    ],
    [
      'with a comment that hides the rest',
      `update visit set code = :claimCode -- where ${KEY} and code is null`,
      ['expected WHERE at its end'],
    ],
    [
      'with a function that is not known',
      `update visit set code = :claimCode where ${KEY} and sleep(10) = 0 and code is null`,
      ['expected =, <>, IS NULL or IN where "(" stands'],
    ],
    [
      'by REPLACE',
      'replace into visit (vn, code) values (:vn, :claimCode)',
      ['expected UPDATE or INSERT of one table where "replace" stands'],
    ],
    ['by DELETE', `delete from visit where ${KEY}`, ['expected UPDATE or INSERT']],
    [
      'by WITH',
      `with a as (select 1) update visit set code = :claimCode where ${KEY}`,
      ['expected UPDATE or INSERT of one table where "with" stands'],
    ],
    [
      'by CALL',
      'call write_code(:vn, :claimCode)',
      ['expected UPDATE or INSERT of one table where "call" stands'],
    ],
  ])('%s', (_what, text, faults) => {
    expect(prove(text)).toEqual(faults);
  });

  test('of a table without a unique index', () => {
    expect(
      prove(`update visit set code = :claimCode where ${KEY} and code is null`, { ...VISIT, uniqueKeys: [] }),
    ).toEqual(['visit has no unique index: nothing proves that only one row is touched']);
  });

  test('of a table with columns that differ in case alone, where the statement does not say which', () => {
    const table = { ...VISIT, columns: [...VISIT.columns, column('CODE')] };
    expect(prove(`update visit set code = :claimCode where ${KEY} and code is null`, table)[0]).toContain(
      'several columns code',
    );
    expect(
      prove(`update visit set "CODE" = :claimCode where ${KEY} and "CODE" is null`, table, 'postgres'),
    ).toEqual([]);
  });
});

describe('an INSERT', () => {
  const notExists = (where: string, values = ':vn, :claimCode, :claimType') =>
    `insert into log (vn, code, kind) select ${values} where not exists (select 1 from log where ${where})`;
  test.each([
    ['while there is none', notExists('vn = :vn')],
    ['while there is none that stands', notExists("vn = :vn and removed is null and code <> ''")],
    [
      'from dual',
      'insert into log (vn, code) select :vn, :claimCode from dual where not exists (select * from log l where l.vn = :vn)',
    ],
  ])('is accepted: %s', (_what, text) => {
    expect(prove(text, LOG)).toEqual([]);
  });

  const blind =
    'NOT EXISTS would not find the row that is put: expected column = :vn in it, each column with the value that is put';
  test.each([
    [
      'without a guard',
      'insert into log (vn, code) values (:vn, :claimCode)',
      [expect.stringContaining('VALUES would put a second row beside the first')],
    ],
    ['with a guard over another value', notExists('vn = :key_other'), [blind]],
    ['with a guard that never holds', notExists("vn = :vn and kind = 'x'"), [blind]],
    ['with a guard over rows of another kind', notExists('vn = :vn and removed is not null'), [blind]],
    ['with a guard over the code alone', notExists('code = :claimCode'), [blind]],
    ['with a guard under OR', notExists('vn = :vn or removed is null'), [blind]],
    [
      'with a guard in another table',
      'insert into log (vn, code) select :vn, :claimCode where not exists (select 1 from visit where vn = :vn)',
      ['NOT EXISTS looks into visit: expected log, where the row is put'],
    ],
    [
      'of many rows',
      'insert into log (vn, code) select vn, :claimCode from visit',
      ['expected a :parameter, a text, a number, NULL or the engine’s clock such as now() where "vn" stands'],
    ],
    [
      'of two rows',
      "insert into log (vn, code) values (:vn, :claimCode), ('x', 'y')",
      ['expected the end of the statement where "," stands'],
    ],
    [
      'that updates',
      'insert into log (vn, code) values (:vn, :claimCode) on duplicate key update code = :claimCode',
      ['expected the end of the statement where "on" stands'],
    ],
    [
      'that ignores',
      'insert ignore into log (vn, code) values (:vn, :claimCode)',
      ['expected INTO where "ignore" stands'],
    ],
    ['with too few values', 'insert into log (vn, code) values (:vn)', ['2 columns, but 1 values']],
  ])('is refused: %s', (_what, text, faults) => {
    expect(prove(text, LOG)).toEqual(faults);
  });

  test('with VALUES is accepted where a unique key refuses the second', () => {
    const table = { ...LOG, uniqueKeys: [['vn', 'kind']] };
    expect(prove("insert into log (vn, code, kind) values (:vn, :claimCode, 'A')", table)).toEqual([]);
    expect(
      prove('insert into log (vn, code, kind) values (:vn, :claimCode, :claimType)', table),
    ).toHaveLength(1);
  });
});

describe('an undo', () => {
  const faults = (text: string): string[] => {
    const proof = proveUndo(readWrite(scan(text, 'mysql')), LOG);
    return 'faults' in proof ? proof.faults : [];
  };
  test.each([
    "update log set removed = 'Y' where vn = :vn and code = :claimCode and removed is null",
    'delete from log where vn = :vn and code = :claimCode',
  ])('is accepted: %s', (text) => expect(faults(text)).toEqual([]));
  test.each([
    [
      'delete from log where vn = :vn',
      'expected column = :claimCode in WHERE, so that no other code is taken back',
    ],
    [
      'delete from log where code = :claimCode',
      'expected column = :vn (or = :key_…) in WHERE, so that no other visit’s row is taken back',
    ],
    [
      'delete from log where (vn = :vn or code = :claimCode) and code = :claimCode',
      'expected column = :vn (or = :key_…) in WHERE, so that no other visit’s row is taken back',
    ],
    ['insert into log (vn, code) values (:vn, :claimCode)', 'expected UPDATE or DELETE'],
  ])('is refused: %s', (text, fault) => expect(faults(text)).toEqual([fault]));
});

describe('what is run', () => {
  const VALUES: Values = {
    vn: "1' or '1'='1",
    claimCode: 'PP1',
    claimType: null,
    issuedAt: '2026',
    key_site: 's',
  };
  const built = (text: string, table = VISIT) => {
    const proof: Proof = proveWrite(readWrite(scan(text, 'mysql')), table);
    if ('faults' in proof) throw new Error(proof.faults.join());
    return proof.proved;
  };

  test('is put together from the proof: names quoted, values bound, what stands beside the code only where nothing stands', () => {
    const proved = built(
      `update visit set code = :claimCode, code_type = :claimType where ${KEY} and code is null and (locked is null or locked <> 'Y')`,
    );
    const { sql, parameters } = mysqlDialect.compile(
      new WriteStatements(proved, mysqlDialect).update(VALUES),
    );
    expect(sql).toBe(
      "update `hos`.`visit` set `Code` = ?, `code_type` = case when (`code_type` is null or trim(`code_type`) = '') then ? else `code_type` end " +
        "where `site` = ? and `vn` = ? and (`Code` is null or trim(`Code`) = '') and (`locked` is null or `locked` <> ?)",
    );
    expect(parameters).toEqual(['PP1', null, 's', "1' or '1'='1", 'Y']);
  });

  test('says each engine’s own', () => {
    const update = built(`update visit set code = :claimCode where ${KEY} and code is null`);
    const mssql = mssqlDialect.compile(new WriteStatements(update, mssqlDialect).update(VALUES)).sql;
    expect(mssql).toBe(
      `update "hos"."visit" set "Code" = @1 where "site" = @2 and "vn" = @3 and ("Code" is null or ltrim(rtrim("Code")) = '')`,
    );
    const insert = built(
      'insert into log (vn, code) select :vn, :claimCode where not exists (select 1 from log where vn = :vn)',
      LOG,
    );
    const of = (dialect: typeof mysqlDialect) =>
      dialect.compile(new WriteStatements(insert, dialect).insert(VALUES)).sql.replace(/\s+/g, ' ');
    expect(of(postgresDialect)).toBe(
      'insert into "hos"."log" ("vn", "code") select $1, $2 where not exists (select 1 from "hos"."log" where "vn" = $3)',
    );
    expect(of(mysqlDialect)).toContain('select ?, ? from dual where not exists');
  });
});
