/** What a file is, by its first bytes: names lie, and government sites send HTML that is called `.xls`. */

import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Wording } from '../../../src/domain/reason-text.ts';
import { DOWNLOAD_AGAIN, damaged, Refusal, SAVE_AS_XLSX, SHORTER_PERIOD } from './refusal.ts';

/** A report of 50,000 rows has 5 MB. */
const FILE_MAX = 200 * 1024 * 1024;
const HEAD = 4_096;

const NEITHER: Wording = { en: 'This is no Excel workbook (.xlsx).', th: 'ไฟล์นี้ไม่ใช่ Excel (.xlsx)' };
const OLD_XLS: Wording = {
  en: 'This is an Excel file of the old form (.xls).',
  th: 'ไฟล์นี้เป็น Excel รุ่นเก่า (.xls)',
};
const WEB_PAGE: Wording = {
  en: 'This is a web page that is called an Excel file.',
  th: 'ไฟล์นี้เป็นหน้าเว็บ (HTML) ที่ตั้งชื่อเป็นไฟล์ Excel',
};

/** Throws a {@link Refusal} unless the file begins like an .xlsx: a zip archive. */
export async function mustBeZip(path: string): Promise<void> {
  const { head, directory } = await beginningOf(path);
  const starts = (...bytes: number[]): boolean => bytes.every((byte, i) => head[i] === byte);
  if (starts(0x50, 0x4b, 0x03, 0x04)) return;
  if (head.length === 0) throw new Refusal({ en: 'The file is empty.', th: 'ไฟล์ว่างเปล่า' }, DOWNLOAD_AGAIN);
  if (basename(path).startsWith('~$')) {
    throw new Refusal(
      { en: 'This is Excel’s own mark of an open file.', th: 'ไฟล์นี้เป็นไฟล์ชั่วคราวของ Excel' },
      { en: 'Name the report itself.', th: 'ให้ระบุไฟล์รายงานตัวจริง' },
    );
  }
  if (starts(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1)) throw ofOle(directory);
  // Excel 2 to 4, and 5 without its container
  if (head[0] === 0x09 && [0x00, 0x02, 0x04, 0x08].includes(head[1] ?? -1)) {
    throw new Refusal(OLD_XLS, SAVE_AS_XLSX);
  }
  if (starts(0x50, 0x4b, 0x05, 0x06)) throw new Refusal(NEITHER, DOWNLOAD_AGAIN);
  throw ofText(textOf(head));
}

async function beginningOf(path: string): Promise<{ head: Buffer; directory: Buffer }> {
  try {
    // a pipe would never end, a device never begin
    const found = await stat(path);
    if (!found.isFile()) throw notAFile();
    if (found.size > FILE_MAX) throw new Refusal(LARGER, SHORTER_PERIOD);
    const file = await open(path);
    try {
      const head = await readAt(file, 0);
      const sector = head.length >= 52 ? head.readUInt32LE(48) : 0;
      return { head, directory: await readAt(file, (sector + 1) * 512) };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw cause instanceof Refusal ? cause : unreadable(cause);
  }
}

const LARGER: Wording = { en: 'The file is larger than 200 MB.', th: 'ไฟล์มีขนาดใหญ่กว่า 200 MB' };

async function readAt(file: Awaited<ReturnType<typeof open>>, position: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD), 0, HEAD, position);
  return buffer.subarray(0, bytesRead);
}

function notAFile(): Refusal {
  return new Refusal(
    { en: 'This is no file.', th: 'สิ่งที่ระบุไม่ใช่ไฟล์' },
    { en: 'Name the report.', th: 'ให้ระบุไฟล์รายงาน' },
  );
}

/** What the file system says of it. */
export function unreadable(cause: unknown): Refusal {
  const code = (cause as NodeJS.ErrnoException).code ?? 'error';
  if (code === 'ENOENT') {
    return new Refusal(
      { en: 'There is no such file.', th: 'ไม่พบไฟล์นี้' },
      { en: 'Look at its name and folder.', th: 'ให้ตรวจชื่อไฟล์และโฟลเดอร์' },
    );
  }
  return new Refusal(
    { en: `The file cannot be read (${code}).`, th: `อ่านไฟล์ไม่ได้ (${code})` },
    {
      en: 'See that you may read it, and that its disk or network share is there.',
      th: 'ให้ตรวจสิทธิ์การอ่านไฟล์ และตรวจว่าดิสก์หรือโฟลเดอร์เครือข่ายยังเชื่อมต่ออยู่',
    },
  );
}

/** Old workbooks and ones with a password lie in the same container; its directory names what it holds. */
function ofOle(directory: Buffer): Refusal {
  if (!directory.includes(Buffer.from('EncryptedPackage', 'utf16le')))
    return new Refusal(OLD_XLS, SAVE_AS_XLSX);
  return protectedByPassword();
}

export function protectedByPassword(): Refusal {
  return new Refusal(
    { en: 'The workbook is protected by a password.', th: 'ไฟล์ตั้งรหัสผ่านไว้' },
    {
      en: 'Open it in Excel, remove the password (File, Info, Protect Workbook), save it, and import that file.',
      th: 'ให้เปิดใน Excel เอารหัสผ่านออก (ไฟล์ > ข้อมูล > ป้องกันเวิร์กบุ๊ก) แล้วบันทึกและนำเข้าใหม่',
    },
  );
}

function textOf(head: Buffer): string {
  const encoding = head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(head).trimStart().toLowerCase();
}

function ofText(text: string): Refusal {
  if (/<(!doctype html|html|head|body|table|meta)\b/.test(text)) return new Refusal(WEB_PAGE, SAVE_AS_XLSX);
  if (text.startsWith('<?xml') && text.includes('schemas-microsoft-com:office:spreadsheet')) {
    return new Refusal(OLD_XLS, SAVE_AS_XLSX);
  }
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  // a csv that went through Excel has lost the end of each citizen id: it is no way round
  if (!text.includes('\0') && (line.match(/[,;\t]/g)?.length ?? 0) >= 3) {
    return new Refusal(
      { en: 'This is a text file (CSV).', th: 'ไฟล์นี้เป็นไฟล์ข้อความ (CSV)' },
      {
        en: 'Download the report from NHSO as Excel. If there is only the CSV, bring it into Excel with Data, From Text, all columns as text, and save that as "Excel Workbook (.xlsx)".',
        th: 'ให้ดาวน์โหลดรายงานจาก สปสช. เป็น Excel หากมีเฉพาะ CSV ให้นำเข้าใน Excel ด้วยเมนู ข้อมูล > จากข้อความ กำหนดทุกคอลัมน์เป็นข้อความ แล้วบันทึกเป็น "Excel Workbook (.xlsx)"',
      },
    );
  }
  // a zip whose first bytes are gone, or anything else
  return text.includes('xl/workbook.xml') ? damaged() : new Refusal(NEITHER, DOWNLOAD_AGAIN);
}
