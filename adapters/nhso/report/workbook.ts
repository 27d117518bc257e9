/** The workbook's own table of contents: where its sheets and its shared texts are, and how it counts days. */

import { posix } from 'node:path';
import type { Archive } from './archive.ts';
import { DOWNLOAD_AGAIN, damaged, Refusal, SAVE_AS_XLSX } from './refusal.ts';
import { readXml } from './xml.ts';

/** They hold a few hundred bytes. */
const CONTENTS_MAX = 4 * 1024 * 1024;
const SHEETS_MAX = 200;

export interface Workbook {
  /** Names of the sheets' parts, in the order of their tabs. */
  sheets: readonly string[];
  /** Null when every text stands in its cell. */
  sharedStrings: string | null;
  /** Days are counted from 1904 (workbooks of old Macs), not from 1900. */
  is1904: boolean;
}

/** Throws a {@link Refusal}. */
export async function readWorkbook(archive: Archive): Promise<Workbook> {
  const path = await documentPart(archive);
  const { ids, is1904 } = await contents(archive, path);
  if (ids.length === 0 || ids.length > SHEETS_MAX) throw damaged();
  const { dir, base } = posix.parse(path);
  const relations = await relationsOf(archive, `${dir}/_rels/${base}.rels`, dir);
  const sheets = ids.flatMap((id) => {
    const found = relations.find((r) => r.id === id);
    // a tab may also hold a chart
    return found?.type === 'worksheet' && archive.has(found.target) ? [found.target] : [];
  });
  if (sheets.length === 0) throw damaged();
  const texts = relations.find((r) => r.type === 'sharedStrings')?.target ?? null;
  return { sheets, sharedStrings: texts !== null && archive.has(texts) ? texts : null, is1904 };
}

async function documentPart(archive: Archive): Promise<string> {
  if (!archive.has('[Content_Types].xml') || !archive.has('_rels/.rels')) throw otherArchive(archive);
  const relations = await relationsOf(archive, '_rels/.rels', '');
  const found = relations.find((r) => r.type === 'officeDocument')?.target ?? '';
  if (!archive.has(found) || !found.endsWith('.xml') || archive.has('word/document.xml')) {
    throw otherArchive(archive);
  }
  return found;
}

function otherArchive(archive: Archive): Refusal {
  const isSpreadsheet = ['xl/workbook.bin', 'content.xml', 'index/document.iwa'].some((n) => archive.has(n));
  if (isSpreadsheet) {
    return new Refusal(
      {
        en: 'This is a spreadsheet of another form (.xlsb, .ods, .numbers).',
        th: 'ไฟล์นี้เป็นสเปรดชีตชนิดอื่น (.xlsb, .ods, .numbers)',
      },
      SAVE_AS_XLSX,
    );
  }
  return new Refusal(
    { en: 'This is an archive (zip), but no Excel workbook.', th: 'ไฟล์นี้เป็นไฟล์บีบอัด (zip) ไม่ใช่ไฟล์ Excel' },
    {
      en: `If it is NHSO's download, unpack it and import the .xlsx in it. ${DOWNLOAD_AGAIN.en}`,
      th: `หากเป็นไฟล์ที่ดาวน์โหลดจาก สปสช. ให้แตกไฟล์แล้วนำเข้าไฟล์ .xlsx ที่อยู่ข้างใน หรือ${DOWNLOAD_AGAIN.th.replace(/^ให้/, '')}`,
    },
  );
}

async function contents(archive: Archive, path: string): Promise<{ ids: string[]; is1904: boolean }> {
  const ids: string[] = [];
  let is1904 = false;
  await each(archive, path, (name, attributes) => {
    if (name === 'workbookPr') is1904 = ['1', 'true', 'on'].includes(attributes.date1904 ?? '');
    if (name !== 'sheet') return;
    const id = Object.entries(attributes).find(([key]) => /^(.+:)?id$/.test(key))?.[1];
    if (id !== undefined) ids.push(id);
  });
  return { ids, is1904 };
}

interface Relation {
  id: string;
  /** The last word of its address: `worksheet`. */
  type: string;
  /** Name of the part. */
  target: string;
}

async function relationsOf(archive: Archive, path: string, dir: string): Promise<Relation[]> {
  const found: Relation[] = [];
  if (!archive.has(path)) throw damaged();
  await each(archive, path, (name, { Id, Type, Target, TargetMode }) => {
    if (name !== 'Relationship' || Id === undefined || TargetMode === 'External') return;
    const target = posix.join(
      '/',
      dir,
      posix.isAbsolute(Target ?? '') ? posix.relative(`/${dir}`, Target ?? '') : (Target ?? ''),
    );
    found.push({ id: Id, type: Type?.split('/').at(-1) ?? '', target: target.slice(1) });
  });
  return found;
}

async function each(
  archive: Archive,
  path: string,
  open: (name: string, attributes: Readonly<Record<string, string>>) => void,
): Promise<void> {
  const nothing = (): void => undefined;
  const steps = readXml(archive.bytes(path, CONTENTS_MAX), { open, close: nothing, text: nothing });
  for await (const _ of steps);
}
