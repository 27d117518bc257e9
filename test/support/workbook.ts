/** Makes workbooks for tests, cell by cell and byte by byte: also such as no program would write. */

import { crc32, deflateRawSync } from 'node:zlib';
import { sampleCitizenId } from './samples.ts';

export const COLUMNS = [
  ...['รหัสหน่วย', 'ชื่อหน่วย', 'เลขบัตร', 'ชื่อ-สกุล', 'วันเกิด', 'เบอร์โทร', 'สิทธิหลัก', 'สิทธิย่อย'],
  ...['รหัสการเข้ารับบริการ', 'CLAIM CODE', 'ประเภทการเข้ารับบริการ', 'รหัสบริการ', 'บริการ', 'HN', 'AN'],
  ...['วันที่เข้ารับบริการ', 'วันที่บันทึก', 'สถานะใช้งาน', 'ช่องทางการขอ', 'วิธีการพิสูจน์ตัวตน', 'ผู้บันทึก'],
  ...['วันที่แก้ไข', 'ผู้แก้ไข', 'หมายเหตุการยกเลิก'],
] as const;
export type ColumnName = (typeof COLUMNS)[number];

/** A text as the workbook's writer puts it; nothing; a cell of a type of its own; or XML as it stands. */
export type CellSpec = string | null | { v: string; t?: string } | { xml: string };
export type ReportCells = Record<ColumnName, CellSpec>;

/** The n-th good row: a code of that person on 20/11/2569. */
export function goodRow(n: number, changed: Partial<ReportCells> = {}): ReportCells {
  const empty = Object.fromEntries(COLUMNS.map((name) => [name, null])) as ReportCells;
  return {
    ...empty,
    รหัสหน่วย: '10978',
    ชื่อหน่วย: 'โรงพยาบาลทดสอบ',
    เลขบัตร: sampleCitizenId(n),
    'ชื่อ-สกุล': `ทดสอบ${n} ระบบดี`,
    วันเกิด: '13/04/2523',
    เบอร์โทร: `08${String(n).padStart(8, '0')}`,
    สิทธิหลัก: '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ',
    สิทธิย่อย: '(89) ช่วงอายุ 12-59 ปี',
    รหัสการเข้ารับบริการ: String(100_000 + n),
    'CLAIM CODE': `PP${String(n).padStart(10, '0')}`,
    ประเภทการเข้ารับบริการ: 'เข้ารับบริการ',
    รหัสบริการ: 'PG0060001',
    บริการ: 'เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)',
    HN: String(n).padStart(9, '0'),
    วันที่เข้ารับบริการ: '20/11/2569 08:15:30',
    วันที่บันทึก: '20/11/2569 08:16:00',
    สถานะใช้งาน: 'ใช้งาน',
    ช่องทางการขอ: 'KIOSK',
    วิธีการพิสูจน์ตัวตน: 'SMART CARD',
    ผู้บันทึก: 'ทดสอบ เวชระเบียน',
    ...changed,
  };
}

/** Rows of the report under its 24 names. */
export function reportSheet(
  rows: readonly ReportCells[],
  columns: readonly ColumnName[] = COLUMNS,
): CellSpec[][] {
  return [[...columns], ...rows.map((row) => columns.map((name) => row[name]))];
}

export interface BookOptions {
  strings?: 'inline' | 'shared';
  is1904?: boolean;
  /** Of every element's name: `x:`. */
  prefix?: string;
  /** Parts in the place of, or beside, those that are made; null leaves one out. */
  parts?: Readonly<Record<string, string | Buffer | null>>;
}

export type Part = [name: string, content: Buffer];

/** The parts of a workbook with these sheets. */
export function bookParts(sheets: readonly CellSpec[][][], options: BookOptions = {}): Part[] {
  const { strings = 'inline', is1904 = false, prefix = '', parts = {} } = options;
  const texts: string[] = [];
  const made: Record<string, string | Buffer | null> = {
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    '_rels/.rels': relations([['rId1', 'officeDocument', 'xl/workbook.xml']]),
    'xl/workbook.xml': workbook(sheets.length, is1904, prefix),
    'xl/_rels/workbook.xml.rels': relations([
      ...sheets.map((_, i) => [`rId${i + 1}`, 'worksheet', `worksheets/sheet${i + 1}.xml`] as const),
      ['rIdS', 'sharedStrings', 'sharedStrings.xml'],
    ]),
  };
  sheets.forEach((rows, i) => {
    made[`xl/worksheets/sheet${i + 1}.xml`] = sheetXml(rows, strings === 'shared' ? texts : null, prefix);
  });
  if (strings === 'shared') made['xl/sharedStrings.xml'] = textsXml(texts, prefix);
  return Object.entries({ ...made, ...parts }).flatMap(([name, content]): Part[] =>
    content === null ? [] : [[name, Buffer.from(content as string)]],
  );
}

export function book(sheet: CellSpec[][], options: BookOptions = {}): Buffer {
  return zip(bookParts([sheet], options));
}

const NS = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

function workbook(count: number, is1904: boolean, p: string): string {
  const sheet = (i: number): string => `<${p}sheet name="ชีต ${i}" sheetId="${i}" r:id="rId${i}"/>`;
  const all = Array.from({ length: count }, (_, i) => sheet(i + 1)).join('');
  const start = `<${p}workbook ${xmlns(p)} xmlns:r="${REL}"><${p}workbookPr date1904="${is1904 ? 1 : 0}"/>`;
  return `<?xml version="1.0" encoding="UTF-8"?>${start}<${p}sheets>${all}</${p}sheets></${p}workbook>`;
}

function relations(all: readonly (readonly [id: string, type: string, target: string])[]): string {
  const each = all.map(([id, type, to]) => `<Relationship Id="${id}" Type="${REL}/${type}" Target="${to}"/>`);
  return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${each.join('')}</Relationships>`;
}

function xmlns(prefix: string): string {
  return prefix === '' ? `xmlns="${NS}"` : `xmlns:${prefix.slice(0, -1)}="${NS}"`;
}

function sheetXml(rows: readonly CellSpec[][], texts: string[] | null, p: string): string {
  const body = rows.map((cells, r) => {
    const each = cells.map((cell, c) => cellXml(cell, `${letters(c)}${r + 1}`, texts, p));
    return `<${p}row r="${r + 1}">${each.join('')}</${p}row>`;
  });
  const head = `<?xml version="1.0" encoding="UTF-8"?><${p}worksheet ${xmlns(p)}>`;
  return `${head}<${p}sheetData>${body.join('')}</${p}sheetData></${p}worksheet>`;
}

function cellXml(cell: CellSpec, at: string, texts: string[] | null, p: string): string {
  if (cell === null) return '';
  if (typeof cell === 'object') {
    if ('xml' in cell) return cell.xml;
    const type = cell.t === undefined ? '' : ` t="${cell.t}"`;
    return `<${p}c r="${at}"${type}><${p}v>${escaped(cell.v)}</${p}v></${p}c>`;
  }
  if (texts === null) {
    return `<${p}c r="${at}" t="inlineStr"><${p}is><${p}t>${escaped(cell)}</${p}t></${p}is></${p}c>`;
  }
  texts.push(cell);
  return `<${p}c r="${at}" t="s"><${p}v>${texts.length - 1}</${p}v></${p}c>`;
}

function textsXml(texts: readonly string[], p: string): string {
  const each = texts.map((text) => `<${p}si><${p}t>${escaped(text)}</${p}t></${p}si>`);
  return `<?xml version="1.0" encoding="UTF-8"?><${p}sst ${xmlns(p)}>${each.join('')}</${p}sst>`;
}

function letters(column: number): string {
  const rest = String.fromCharCode(65 + (column % 26));
  return column < 26 ? rest : letters(Math.floor(column / 26) - 1) + rest;
}

/** What XML cannot hold is written as Excel writes it. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\ufffe\uffff]/gu, (c) =>
      '\t\n\r'.includes(c) ? c : `_x${c.charCodeAt(0).toString(16).padStart(4, '0')}_`,
    )
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/\]\]>/g, ']]&gt;');
}

export interface ZipOptions {
  /** The low bit says "encrypted". */
  flags?: number;
  /** 8 = deflate, 0 = stored. */
  method?: number;
  /** What the directory says that a part inflates to. */
  size?: (real: number) => number;
  crc?: (real: number) => number;
}

export function zip(parts: readonly Part[], options: ZipOptions = {}): Buffer {
  const { flags = 0x800, method = 8, size = (n) => n, crc = (n) => n } = options;
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of parts) {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const label = Buffer.from(name);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(flags, 2);
    facts.writeUInt16LE(method, 4);
    facts.writeUInt32LE(crc(crc32(content)) >>> 0, 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(size(content.length), 18);
    facts.writeUInt16LE(label.length, 22);
    bodies.push(Buffer.from('PK\x03\x04'), facts, label, packed);
    const where = Buffer.alloc(14);
    where.writeUInt32LE(at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), facts, where, label);
    at += 30 + label.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...bodies, listed, Buffer.from('PK\x05\x06'), end]);
}
