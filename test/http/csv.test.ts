import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellOf, csvHead, csvRows } from '../../src/http/csv.ts';
import { readCsv } from '../support/csv-reader.ts';

/** What a person who knows the two forms takes a cell for. */
function textOf(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : (/^="([^"]*)"$/s.exec(cell)?.[1] ?? cell);
}

const evil = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'=+-@\'"\t\r\n ,;|09%.:/eEก่ำ＝\u200b\ufeff\0') }),
  fc.constantFrom("=cmd|' /C calc'!A0", '@SUM(1)', '+66812345678', '-1', '="x"', "'=1", '\t=1', '\u200b=1'),
  fc.stringMatching(/^[0-9]{1,15}$/),
);

describe('a cell', () => {
  test.each([
    // what a spreadsheet would take for a number or a date
    ['691120083111', '="691120083111"'],
    ['000012345', '="000012345"'],
    ['2026-11-19', '="2026-11-19"'],
    ['2026-11-19 08:30:00', '="2026-11-19 08:30:00"'],
    ['12/60', '="12/60"'],
    ['1E5', '="1E5"'],
    ['8:15 PM', '="8:15 PM"'],
    ['MAR1', '="MAR1"'],
    ['12-Nov', '="12-Nov"'],
    ['๑๒๓', '="๑๒๓"'],
    ['(5)', '="(5)"'],
    ['฿100', '="฿100"'],
    ['TRUE', '="TRUE"'],
    // what it would carry out
    ['=1+1', "'=1+1"],
    ['="000"', `'="000"`],
    ['+66812345678', "'+66812345678"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    [' =1', "' =1"],
    ['\u200b=1', "'\u200b=1"],
    ['＝1', "'＝1"],
    ["'x", "''x"],
    // what it leaves alone
    ['PP1234567890', 'PP1234567890'],
    ['EP123456', 'EP123456'],
    ['had-one', 'had-one'],
    ['missing', 'missing'],
    ['ambiguous', 'ambiguous'],
    ['ไม่พบรหัส', 'ไม่พบรหัส'],
    ['2 codes fit', '2 codes fit'],
    ['A 12/3', 'A 12/3'],
    ['', ''],
  ])('%j is written %j', (text, cell) => {
    expect(cellOf(text)).toBe(cell);
    expect(textOf(cell)).toBe(text);
  });

  test('begins no formula, whatever it holds, but for the form that says "these digits are a text"', () => {
    fc.assert(
      fc.property(evil, (text) => {
        const cell = cellOf(text);
        if (/^="[\p{Nd}\p{Sc}A-Za-z .,:/()%+-]+"$/u.test(cell)) return;
        expect(cell).not.toMatch(/^[\s\p{C}]*[=+\-@|%＝＋－＠]/u);
      }),
      { numRuns: 1_000 },
    );
  });

  test('gives back the text that went in', () => {
    fc.assert(
      fc.property(evil, (text) => {
        expect(textOf(cellOf(text))).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a file', () => {
  test('begins with the mark that tells UTF-8, once, and ends its lines with CRLF', () => {
    const file = csvHead(['ผล', 'vn']) + csvRows([['พบ', '1']]) + csvRows([]);
    expect(file).toBe('\ufeff"ผล","vn"\r\n"พบ","=""1"""\r\n');
  });

  test('is read back cell by cell by any reader', () => {
    const rows = fc
      .integer({ min: 1, max: 5 })
      .chain((columns) =>
        fc.array(fc.array(evil, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 8 }),
      );
    fc.assert(
      fc.property(rows, ([heads = [], ...body]) => {
        const [bom, ...file] = csvHead(heads) + csvRows(body);
        expect(bom).toBe('\ufeff');
        expect(readCsv(file.join('')).map((row) => row.map(textOf))).toEqual([heads, ...body]);
      }),
      { numRuns: 200 },
    );
  });
});
