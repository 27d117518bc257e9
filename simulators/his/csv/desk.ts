/**
 * A HIS that drops files: whole or piece by piece, in the letters, separators and dates of different programs; and the import
 * that takes the codes out of the bridge's files.
 */

import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One visit, as the HIS exports it. Texts that are empty are cells that are empty. */
export interface FileVisit {
  vn: string;
  /** When it began, UTC epoch ms. */
  at: number;
  hn?: string;
  pid?: string;
  title?: string;
  fname?: string;
  lname?: string;
  birth?: string;
  sex?: string;
  nationality?: string;
  mobile?: string;
  phone?: string;
  right?: string;
  rightName?: string;
  scheme?: string;
  department?: string;
  status?: string;
  code?: string;
  an?: string;
  /** In the place of the one that `at` is: as the file shall hold it. */
  date?: string;
  time?: string;
  /** A column that means nothing to the bridge. */
  staff?: string;
}

/** How a HIS writes its files. */
export interface Style {
  separator: ',' | ';' | '\t' | '|';
  letters: 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'tis-620';
  heads: 'english' | 'thai';
  /** `buddhist`: 20/11/2569 · `iso`: 2026-11-20 · `iso-buddhist`: 2569-11-20 · `packed`: 25691120 */
  dates: 'iso' | 'iso-buddhist' | 'buddhist' | 'packed';
  quotes: 'all' | 'needed' | 'excel';
  lineEnd: '\n' | '\r\n';
  endsWithLineEnd: boolean;
}

export const PLAIN: Style = {
  separator: ',',
  letters: 'utf-8',
  heads: 'english',
  dates: 'iso',
  quotes: 'needed',
  lineEnd: '\r\n',
  endsWithLineEnd: true,
};

/** As they were met, or may be. */
export const STYLES: Readonly<Record<string, Style>> = {
  plain: PLAIN,
  'Excel "CSV UTF-8"': { ...PLAIN, letters: 'utf-8-bom', dates: 'buddhist' },
  'Excel with a Thai code page': { ...PLAIN, letters: 'tis-620', dates: 'buddhist', heads: 'thai' },
  'Excel with semicolons': { ...PLAIN, letters: 'utf-8-bom', separator: ';', quotes: 'excel' },
  'Excel "Unicode text"': { ...PLAIN, letters: 'utf-16le', separator: '\t', dates: 'buddhist' },
  'a Delphi program': {
    ...PLAIN,
    letters: 'tis-620',
    separator: '|',
    dates: 'packed',
    endsWithLineEnd: false,
  },
  'a shell script': { ...PLAIN, lineEnd: '\n', separator: '\t', dates: 'iso-buddhist' },
  'a report generator': {
    ...PLAIN,
    quotes: 'all',
    heads: 'thai',
    dates: 'iso-buddhist',
    letters: 'utf-8-bom',
  },
};

const HEADS = {
  english: {
    ...{
      vn: 'VN',
      hn: 'HN',
      an: 'AN',
      date: 'VSTDATE',
      time: 'VSTTIME',
      pid: 'CID',
      title: 'PNAME',
      fname: 'FNAME',
    },
    ...{
      lname: 'LNAME',
      birth: 'BIRTHDAY',
      sex: 'SEX',
      nationality: 'NATIONALITY',
      mobile: 'MOBILE',
      right: 'PTTYPE',
    },
    ...{ scheme: 'INSCL', department: 'MAIN_DEP', status: 'STATUS', code: 'CLAIM_CODE' },
    ...{ phone: 'TEL', rightName: 'PTTYPE_NAME', staff: 'STAFF' },
  },
  thai: {
    ...{ vn: 'เลขที่รับบริการ', hn: 'HN', an: 'AN', date: 'วันที่รับบริการ', time: 'เวลา', pid: 'เลขบัตรประชาชน' },
    ...{ title: 'คำนำหน้า', fname: 'ชื่อ', lname: 'นามสกุล', birth: 'วันเกิด', sex: 'เพศ', nationality: 'สัญชาติ' },
    ...{
      mobile: 'เบอร์มือถือ',
      right: 'รหัสสิทธิ',
      scheme: 'กองทุน',
      department: 'แผนก',
      status: 'สถานะ',
      code: 'รหัส Authen',
    },
    ...{ phone: 'โทรศัพท์', rightName: 'ชื่อสิทธิ', staff: 'ผู้บันทึก' },
  },
} as const;

type Column = keyof (typeof HEADS)['english'];
const COLUMNS = Object.keys(HEADS.english) as Column[];

/** The bytes of a file with these visits. */
export function fileOf(visits: readonly FileVisit[], style: Style = PLAIN): Buffer {
  const heads = COLUMNS.map((column) => HEADS[style.heads][column]);
  const rows = visits.map((visit) => COLUMNS.map((column) => textAt(visit, column, style)));
  const lines = [heads, ...rows].map((row) => row.map((text) => cell(text, style)).join(style.separator));
  return lettersOf(lines.join(style.lineEnd) + (style.endsWithLineEnd ? style.lineEnd : ''), style.letters);
}

function textAt(visit: FileVisit, column: Column, { dates }: Style): string {
  const here = new Date(visit.at + 7 * 3_600_000).toISOString();
  const [year = '', month = '', day = ''] = here.slice(0, 10).split('-');
  const buddhist = String(Number(year) + 543);
  if (column === 'date' && visit.date !== undefined) return visit.date;
  if (column === 'time' && visit.time !== undefined) return visit.time;
  if (column === 'time')
    return dates === 'packed' ? here.slice(11, 19).replaceAll(':', '') : here.slice(11, 19);
  if (column !== 'date') return visit[column] ?? '';
  switch (dates) {
    case 'iso':
      return `${year}-${month}-${day}`;
    case 'iso-buddhist':
      return `${buddhist}-${month}-${day}`;
    case 'buddhist':
      return `${Number(day)}/${Number(month)}/${buddhist}`;
    case 'packed':
      return `${buddhist}${month}${day}`;
  }
}

function cell(text: string, { separator, quotes }: Style): string {
  if (quotes === 'excel' && /^\d+$/.test(text)) return `="${text}"`;
  const needs = quotes === 'all' || text.includes(separator) || /["\r\n]/.test(text);
  return needs ? `"${text.replaceAll('"', '""')}"` : text;
}

function lettersOf(text: string, letters: Style['letters']): Buffer {
  switch (letters) {
    case 'utf-8':
      return Buffer.from(text);
    case 'utf-8-bom':
      return Buffer.from(`\ufeff${text}`);
    case 'utf-16le':
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 'tis-620':
      // the Thai block stands in TIS-620 in the same order, from 0xA1 on
      return Buffer.from(
        [...text].map((sign) => (sign < '\u0e00' ? sign.charCodeAt(0) : sign.charCodeAt(0) - 0x0d60)),
      );
  }
}

export class CsvDesk {
  readonly folder: string;
  #files = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** As a careful HIS does: written elsewhere, then renamed into place. Returns the file's name. */
  async drop(
    content: readonly FileVisit[] | Buffer,
    given: { name?: string; style?: Style } = {},
  ): Promise<string> {
    const name = given.name ?? `visits-${String(++this.#files).padStart(4, '0')}.csv`;
    const bytes = Buffer.isBuffer(content) ? content : fileOf(content as readonly FileVisit[], given.style);
    await mkdir(path.join(this.folder, 'visits'), { recursive: true });
    const hidden = path.join(this.folder, 'visits', `${name}.part`);
    await writeFile(hidden, bytes);
    // a rename shows by its time, which the system keeps in steps of some milliseconds
    await sleep(15);
    await rename(hidden, path.join(this.folder, 'visits', name));
    return name;
  }

  /** As a careless one does: straight into place, in pieces, with pauses between them. */
  async dropInPieces(bytes: Buffer, name: string, pieces: number, pauseMs: number): Promise<void> {
    await mkdir(path.join(this.folder, 'visits'), { recursive: true });
    const handle = await open(path.join(this.folder, 'visits', name), 'w');
    try {
      const size = Math.ceil(bytes.length / pieces);
      for (let at = 0; at < bytes.length; at += size) {
        if (at > 0) await sleep(pauseMs);
        await handle.writeFile(bytes.subarray(at, at + size));
      }
    } finally {
      await handle.close();
    }
  }

  /** What the HIS's import finds for the day: by visit number the cells after it. */
  async codes(date: string, name = `${date}.csv`): Promise<ReadonlyMap<string, readonly string[]>> {
    let text: string;
    try {
      text = await readFile(path.join(this.folder, 'codes', name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
      throw error;
    }
    const lines = text
      .replace(/^\ufeff/, '')
      .split('\r\n')
      .slice(1, -1);
    return new Map(lines.map((line) => line.split(',')).map(([vn = '', ...cells]) => [vn, cells]));
  }
}
