/** Files that are no report: what each is called, and what to do next. */

import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleCitizenId } from '../../../support/samples.ts';
import { book, bookParts, type CellSpec, goodRow, reportSheet, zip } from '../../../support/workbook.ts';
import { readAt, readBytes, refusalOf } from './read.ts';

const SHEET = reportSheet([goodRow(1)]);
const said = async (bytes: Uint8Array | string, name?: string): Promise<string> =>
  (await refusalOf(readBytes(Buffer.from(bytes as string), name))).message;
const withPart = (name: string, content: string | Buffer | null): Buffer =>
  book(SHEET, { parts: { [name]: content } });
const SHEET1 = 'xl/worksheets/sheet1.xml';
const NS = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

/** A container of old Office files, whose directory names this stream. */
function ole(stream: string): Buffer {
  const bytes = Buffer.alloc(2_048);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(bytes);
  bytes.writeUInt32LE(1, 48);
  bytes.write('Root Entry', 1_024, 'utf16le');
  bytes.write(stream, 1_152, 'utf16le');
  return bytes;
}

describe('by what it is', () => {
  const SAVE = /save it as "Excel Workbook \(\.xlsx\)"[\s\S]*บันทึกเป็นชนิด/;
  test.each<[string, Uint8Array | string, RegExp, RegExp]>([
    ['an .xls', ole('Workbook'), /Excel file of the old form/, SAVE],
    ['an .xls without its container', Buffer.from('0908100000060500', 'hex'), /old form/, SAVE],
    ['a web page', '\uFEFF\r\n<html xmlns:x="urn:x"><table><tr><td>1', /web page/, SAVE],
    ['a web page with a doctype', '<!DOCTYPE HTML><html>', /web page/, SAVE],
    [
      'XML of Excel 2003',
      '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
      /old form/,
      SAVE,
    ],
    [
      'a CSV',
      `รหัสหน่วย,ชื่อหน่วย,เลขบัตร,ชื่อ\r\n10978,x,${sampleCitizenId(1)},y`,
      /text file \(CSV\)/,
      /all columns as text/,
    ],
    ['a CSV of UTF-16', Buffer.from('\uFEFFa\tb\tc\td\r\n', 'utf16le'), /text file/, /Download the report/],
    ['a workbook with a password', ole('EncryptedPackage'), /protected by a password/, /remove the password/],
    ['nothing', '', /is empty/, /Download/],
    ['an empty archive', zip([]), /no Excel workbook/, /Download/],
    ['a PDF', '%PDF-1.7', /no Excel workbook/, /Download/],
    ['a text', 'hello', /no Excel workbook/, /Download/],
    ['an archive with a report in it', zip([['report.xlsx', book(SHEET)]]), /archive \(zip\)/, /unpack it/],
    [
      'a letter',
      zip([...bookParts([SHEET]), ['word/document.xml', Buffer.from('<x/>')]]),
      /archive/,
      /unpack/,
    ],
    [
      'an .xlsb',
      zip([
        ['[Content_Types].xml', Buffer.from('x')],
        ['xl/workbook.bin', Buffer.from('x')],
      ]),
      /another form/,
      SAVE,
    ],
    [
      'an .ods',
      zip([
        ['mimetype', Buffer.from('x')],
        ['content.xml', Buffer.from('<x/>')],
      ]),
      /another form/,
      SAVE,
    ],
  ])('%s', async (_, bytes, what, next) => {
    const message = await said(bytes);
    expect(message).toMatch(what);
    expect(message).toMatch(next);
  });

  test('Excel’s mark of an open file', async () => {
    expect(await said('\u0007clerk', '~$report.xlsx')).toMatch(/Excel’s own mark/);
  });
});

describe('by what the disk says', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'authen-bridge-report-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const at = async (path: string) => (await refusalOf(readAt(path))).message;

  test('not there, a folder, larger than any report', async () => {
    expect(await at(join(folder, 'none.xlsx'))).toMatch(/There is no such file/);
    mkdirSync(join(folder, 'folder.xlsx'));
    expect(await at(join(folder, 'folder.xlsx'))).toMatch(/This is no file/);
    expect(await at('/dev/null')).toMatch(/This is no file/);
    const large = join(folder, 'large.xlsx');
    writeFileSync(large, 'PK\x03\x04');
    truncateSync(large, 201 * 1024 * 1024);
    expect(await at(large)).toMatch(/larger than 200 MB/);
  });
});

describe('damaged', () => {
  test('cut at any place', async () => {
    const whole = book(SHEET, { strings: 'shared' });
    for (let length = 4; length < whole.length; length += 97) {
      expect(await said(whole.subarray(0, length))).toMatch(/damaged or cut short/);
    }
  });

  test('a wrong checksum: nothing is taken', async () => {
    for (const strings of ['inline', 'shared'] as const) {
      expect(await said(zip(bookParts([SHEET], { strings }), { crc: (n) => n ^ 1 }))).toMatch(/damaged/);
    }
  });

  test.each<[string, Buffer]>([
    ['XML that ends early', withPart(SHEET1, `<worksheet xmlns="${NS}"><sheetData><row>`)],
    ['no XML', withPart(SHEET1, 'hello')],
    ['an empty part', withPart(SHEET1, '')],
    ['bytes that are no UTF-8', withPart(SHEET1, Buffer.from('<a>\xff</a>', 'latin1'))],
    ['a text of a number that is not there', book([[{ t: 's', v: '7' }]])],
    ['a text of no number', book([[{ t: 's', v: 'x' }]], { strings: 'shared' })],
    ['no sheet', withPart(SHEET1, null)],
    ['no list of parts', withPart('xl/_rels/workbook.xml.rels', null)],
    ['a workbook without sheets', withPart('xl/workbook.xml', `<workbook xmlns="${NS}"/>`)],
    ['one name twice', zip([...bookParts([SHEET]), [SHEET1, Buffer.from('<x/>')]])],
    ['a way of packing that Excel has not', zip(bookParts([SHEET]), { method: 12 })],
  ])('%s', async (_, bytes) => {
    expect(await said(bytes)).toMatch(/damaged or cut short/);
  });

  test('parts with a password', async () => {
    expect(await said(zip(bookParts([SHEET]), { flags: 0x801 }))).toMatch(/protected by a password/);
  });
});

describe('made to do harm', () => {
  const TOO_MUCH = /more than a report may/;

  test('a part that inflates to more than it says, or less', async () => {
    for (const size of [(n: number) => n - 1, (n: number) => n + 1, () => 10]) {
      expect(await said(zip(bookParts([SHEET]), { size }))).toMatch(/damaged/);
    }
  });

  test('a bomb: a part that says what it is, a table of texts, a text, a tag, a row, a depth, rows', async () => {
    expect(await said(zip(bookParts([SHEET]), { size: () => 3e9 }))).toMatch(TOO_MUCH);
    const zeros = Buffer.alloc(200 * 1024 * 1024);
    expect(await said(withPart('xl/workbook.xml', zeros))).toMatch(TOO_MUCH);
    expect(await said(withPart('xl/sharedStrings.xml', zeros))).toMatch(TOO_MUCH);
    const long = 'x'.repeat(3 * 1024 * 1024);
    for (const xml of [
      `<a>${long}</a>`,
      `<${long}/>`,
      `<a b="${long}"/>`,
      `<!--${long}--><a/>`,
      `<a><![CDATA[${long}]]></a>`,
    ]) {
      expect(await said(withPart(SHEET1, xml))).toMatch(TOO_MUCH);
    }
    expect(await said(withPart(SHEET1, `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`))).toMatch(TOO_MUCH);
    const wide: CellSpec[] = Array.from({ length: 16_500 }, () => ({ xml: '<c r="A1"><v>1</v></c>' }));
    expect(await said(book([wide]))).toMatch(TOO_MUCH);
    expect(await said(withPart(SHEET1, `<a>${'<row/>'.repeat(1_048_577)}</a>`))).toMatch(TOO_MUCH);
    const parts = Array.from({ length: 6_000 }, (_, i): [string, Buffer] => [`x${i}`, Buffer.alloc(0)]);
    expect(await said(zip([...bookParts([SHEET]), ...parts]))).toMatch(TOO_MUCH);
  });

  test('entities are not expanded, and nothing is fetched: a DOCTYPE is refused in every part', async () => {
    const lol = Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join(
      '',
    );
    const doctypes = [
      `<!DOCTYPE a [<!ENTITY l0 "ha">${lol}]>`,
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
      '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
    ];
    for (const doctype of doctypes) {
      for (const [name, content] of bookParts([SHEET], { strings: 'shared' })) {
        if (name === '[Content_Types].xml') continue;
        const text = String(content).replace(/^<\?xml.*?\?>/, '');
        const bytes = book(SHEET, { strings: 'shared', parts: { [name]: `${doctype}${text}` } });
        expect(await said(bytes), name).toMatch(/DOCTYPE/);
      }
    }
    expect(await said(withPart(SHEET1, '<a>&x;</a>'))).toMatch(/damaged/);
  });

  test('targets outside of the archive lead nowhere', async () => {
    for (const target of ['../../../../etc/passwd', 'file:///etc/passwd', 'C:\\x', '//host/x', '']) {
      const rels = `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="${target}"/></Relationships>`;
      expect(await said(withPart('xl/_rels/workbook.xml.rels', rels))).toMatch(/damaged/);
    }
  });
});
