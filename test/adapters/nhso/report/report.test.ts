/** Whole files as programs write them, and as people make them. */

import { describe, expect, test } from 'vitest';
import { sampleCitizenId } from '../../../support/samples.ts';
import {
  book,
  bookParts,
  type CellSpec,
  COLUMNS,
  goodRow,
  type ReportCells,
  reportSheet,
  zip,
} from '../../../support/workbook.ts';
import { codesIn, faultsIn, readBytes, refusalOf } from './read.ts';

const FIRST = {
  claimCode: 'PP0000000001',
  claimType: 'PG0060001',
  hcode: '10978',
  pid: sampleCitizenId(1),
  issuedAt: Date.UTC(2026, 10, 20, 1, 15, 30),
  serviceDate: '2026-11-20',
  channel: 'KIOSK',
  isCancelled: false,
};
const row = (changed: Partial<ReportCells>): CellSpec[][] => reportSheet([goodRow(1, changed)]);

describe('a report is read', () => {
  test.each([
    ['texts in the cells', {}],
    ['a table of texts', { strings: 'shared' }],
    ['elements with a prefix', { prefix: 'x:' }],
    ['a prefix and a table', { strings: 'shared', prefix: 's:' }],
  ] as const)('%s', async (_, options) => {
    const lines = await readBytes(book(reportSheet([goodRow(1), goodRow(2)]), options));
    expect(lines.map((line) => [line.row, line.kind])).toEqual([
      [2, 'code'],
      [3, 'code'],
    ]);
    expect(codesIn(lines)[0]).toEqual(FIRST);
  });

  test('a table of texts that is larger than its pages', async () => {
    const rows = Array.from({ length: 600 }, (_, n) =>
      goodRow(n, { ชื่อหน่วย: 'ก'.repeat((n * 37) % 9_000), ช่องทางการขอ: n % 3 === 0 ? '' : `ช่อง ${n}` }),
    );
    const codes = codesIn(await readBytes(book(reportSheet(rows), { strings: 'shared' })));
    expect(codes.map((code) => code.channel)).toEqual(rows.map((_, n) => (n % 3 === 0 ? null : `ช่อง ${n}`)));
    expect(codes.map((code) => code.claimCode)).toEqual(rows.map((one) => one['CLAIM CODE']));
  });

  test('the 24 columns, in the order of the site, are known to this test', () => {
    expect(COLUMNS).toHaveLength(24);
  });

  test('a title, blank rows, columns in another order, unknown ones, names written otherwise', async () => {
    const order = COLUMNS.toReversed();
    const [names = [], ...rows] = reportSheet([goodRow(1)], order);
    const spelt = names.map((name) =>
      String(name)
        .replace('CLAIM CODE', ' claim_code ')
        .replace('วันที่บันทึก', 'วันที่บันทึก Authen Code')
        .replace('เลขบัตร', 'เลข บัตร\u200b'),
    );
    const sheet = [['รายงานการขอ Authen'], [], [...spelt, 'ของเราเอง'], ...rows.map((r) => [...r, 'x'])];
    const lines = await readBytes(book(sheet));
    expect(codesIn(lines)).toEqual([FIRST]);
    expect(lines[0]?.row).toBe(4);
  });

  test('blank rows, sums, and the names once more are no lines', async () => {
    const [names = [], first = []] = reportSheet([goodRow(1)]);
    const lines = await readBytes(book([names, [], first, ['รวม', '1 รายการ'], names, ['', ' ', '-']]));
    expect(lines.map((line) => line.kind)).toEqual(['code']);
  });

  test('every sheet that has the columns, and none that has not', async () => {
    const sheets = [[['บันทึก', 'x']], reportSheet([goodRow(1)]), reportSheet([goodRow(2)])];
    expect(codesIn(await readBytes(zip(bookParts(sheets)))).map((code) => code.claimCode)).toEqual([
      'PP0000000001',
      'PP0000000002',
    ]);
  });

  test('days as Excel counts them, from 1900 and from 1904', async () => {
    const at = (v: string, is1904: boolean) =>
      readBytes(book(row({ วันที่เข้ารับบริการ: { v } }), { is1904 })).then((lines) => codesIn(lines)[0]?.issuedAt);
    expect(await at('46346.34375', false)).toBe(Date.UTC(2026, 10, 20, 1, 15));
    expect(await at('44884.34375', true)).toBe(Date.UTC(2026, 10, 20, 1, 15));
  });

  test('a day without a time takes that of the record, if it is of the same day', async () => {
    const at = async (recorded: string) =>
      codesIn(await readBytes(book(row({ วันที่เข้ารับบริการ: '20/11/2569', วันที่บันทึก: recorded }))))[0]?.issuedAt;
    expect(await at('20/11/2569 10:00')).toBe(Date.UTC(2026, 10, 20, 3));
    expect(await at('21/11/2569 10:00')).toBe(Date.UTC(2026, 10, 19, 17));
    expect(await at('พรุ่งนี้')).toBe(Date.UTC(2026, 10, 19, 17));
  });

  test('runs of one text are one text, without how to pronounce it; entities and CDATA; escapes', async () => {
    const cell = (xml: string) => ({ ช่องทางการขอ: { xml: `<c r="S2" t="inlineStr"><is>${xml}</is></c>` } });
    const channel = async (xml: string) => codesIn(await readBytes(book(row(cell(xml)))))[0]?.channel;
    expect(await channel('<r><t>LI</t></r><r><rPr><b/></rPr><t>NE</t></r><rPh><t>ไลน์</t></rPh>')).toBe(
      'LINE',
    );
    expect(await channel('<t>A&amp;B &#3585;</t>')).toBe('A&B ก');
    expect(await channel('<t><![CDATA[A<B]]></t>')).toBe('A<B');
    expect(await channel('<t xml:space="preserve"> A_x0020_B </t>')).toBe('A B');
  });

  test('formulas, booleans and errors; cells and rows without a name of their own', async () => {
    const formula = { xml: '<c r="J2" t="str"><f>"PP"&amp;1</f><v>PP0000000009</v></c>' };
    expect(codesIn(await readBytes(book(row({ 'CLAIM CODE': formula }))))[0]?.claimCode).toBe('PP0000000009');
    for (const t of ['b', 'e']) {
      expect(
        faultsIn(await readBytes(book(row({ 'CLAIM CODE': { t, v: t === 'b' ? '1' : '#REF!' } })))),
      ).toEqual(['2 CLAIM CODE']);
    }
    const whole: CellSpec[][] = reportSheet([goodRow(1)]).map((r) => r.map((c) => c ?? ''));
    const withoutNames = bookParts([whole]).map(([name, content]): [string, Buffer] =>
      /sheet1/.test(name)
        ? [name, Buffer.from(String(content).replace(/ r="[A-Z]*\d+"/g, ''))]
        : [name, content],
    );
    expect(codesIn(await readBytes(zip(withoutNames)))).toEqual([FIRST]);
  });
});

describe('a row is', () => {
  test('of another hospital, whatever else is wrong with it', async () => {
    const lines = await readBytes(book(row({ รหัสหน่วย: '11001', เลขบัตร: 'x', สถานะใช้งาน: '' })));
    expect(lines).toEqual([{ row: 2, kind: 'elsewhere' }]);
  });

  test('cancelled, told well or not', async () => {
    const told = await readBytes(book(row({ สถานะใช้งาน: 'ยกเลิก', หมายเหตุการยกเลิก: 'ผิดคน' })));
    expect(codesIn(told)).toEqual([{ ...FIRST, isCancelled: true }]);
    const untold = await readBytes(book(row({ สถานะใช้งาน: 'ยกเลิก', 'CLAIM CODE': null })));
    expect(untold).toEqual([{ row: 2, kind: 'cancelled' }]);
  });

  test('an EP code as it is; a code without a type', async () => {
    const sheet = reportSheet([goodRow(1, { 'CLAIM CODE': 'EP123456789' }), goodRow(2, { รหัสบริการ: '-' })]);
    const codes = codesIn(await readBytes(book(sheet)));
    expect(codes.map((code) => [code.claimCode, code.claimType])).toEqual([
      ['EP123456789', 'PG0060001'],
      ['PP0000000002', null],
    ]);
  });

  const pid = sampleCitizenId(1);
  test.each<[string, Partial<ReportCells>, string[]]>([
    ['no hospital', { รหัสหน่วย: null }, ['รหัสหน่วย']],
    ['an id as a rounded number', { เลขบัตร: { v: `${pid[0]}.${pid.slice(1, 6)}E12` } }, ['เลขบัตร']],
    ['an id in scientific notation', { เลขบัตร: '9.9E+12' }, ['เลขบัตร']],
    [
      'an id with a wrong check digit',
      { เลขบัตร: `${pid.slice(0, 12)}${(Number(pid[12]) + 5) % 10}` },
      ['เลขบัตร'],
    ],
    ['no code', { 'CLAIM CODE': null }, ['CLAIM CODE']],
    ['a type that is none', { รหัสบริการ: 'เข้ารับบริการรักษาทั่วไป' }, ['รหัสบริการ']],
    ['a short year', { วันที่เข้ารับบริการ: '20/11/69' }, ['วันที่เข้ารับบริการ']],
    ['an unknown status', { สถานะใช้งาน: 'รอตรวจสอบ' }, ['สถานะใช้งาน']],
    ['no status', { สถานะใช้งาน: '' }, ['สถานะใช้งาน']],
    ['in use, with a reason for its cancellation', { หมายเหตุการยกเลิก: 'ผิดคน' }, ['หมายเหตุการยกเลิก']],
    ['several at once', { เลขบัตร: 'x', สถานะใช้งาน: 'x' }, ['เลขบัตร', 'สถานะใช้งาน']],
  ])('bad: %s', async (_, changed, columns) => {
    const lines = await readBytes(book(reportSheet([goodRow(1, changed), goodRow(2)])));
    expect(faultsIn(lines)).toEqual(columns.map((column) => `2 ${column}`));
    expect(codesIn(lines), 'the next row is not stopped').toHaveLength(1);
    expect(JSON.stringify(lines[0]).replace(/\D/g, '')).not.toContain(pid.slice(0, 6));
  });
});

describe('columns', () => {
  test.each(['รหัสหน่วย', 'เลขบัตร', 'CLAIM CODE', 'รหัสบริการ', 'วันที่เข้ารับบริการ', 'สถานะใช้งาน'] as const)(
    'without %s the file is refused, and it is named with its row',
    async (missing) => {
      const columns = COLUMNS.filter((name) => name !== missing);
      const sheet = [['ชื่อรายงาน'], ...reportSheet([goodRow(1)], columns)];
      const { message } = await refusalOf(readBytes(book(sheet)));
      expect(message).toContain(`Row 2: the column "${missing}" is missing. Expected`);
      expect(message).toContain(`แถวที่ 2: ไม่พบคอลัมน์ "${missing}"`);
    },
  );

  test('twice', async () => {
    const [names = [], first = []] = reportSheet([goodRow(1)]);
    const sheet = [
      [...names, 'CLAIM CODE'],
      [...first, 'PP0000000099'],
    ];
    expect((await refusalOf(readBytes(book(sheet)))).message).toContain('"CLAIM CODE" stands twice');
  });

  test('nowhere, or too far down', async () => {
    const far = [...Array.from({ length: 60 }, () => ['x']), ...reportSheet([goodRow(1)])];
    for (const sheet of [[['a', 'b']], [], far]) {
      expect((await refusalOf(readBytes(book(sheet)))).message).toContain('No row of column names was found');
    }
  });

  test('that do not matter may be gone', async () => {
    const columns = COLUMNS.filter((name) => !/บันทึก|ช่องทาง|หมายเหตุ|HN|AN|ชื่อ/.test(name));
    const [code] = codesIn(await readBytes(book(reportSheet([goodRow(1)], columns))));
    expect(code).toEqual({ ...FIRST, channel: null });
  });
});
