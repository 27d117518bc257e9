/** What is laid beside a file that was refused, or read without some of its rows: for the clerk, in Thai and English. No cell's content. */

import type { ReadResult, Words } from './read-file.ts';

/** Windows' Notepad shows Thai by this mark and parts lines by CRLF. */
const MARK = '\ufeff';
const END = '\r\n';

export function wholeReport(file: string, why: Words): string {
  const lines = [
    `ไฟล์ ${file} ไม่ถูกนำเข้า: ${why.th}`,
    `แก้ไขแล้ววางไฟล์ใหม่ในโฟลเดอร์ visits`,
    '',
    `${file} was not taken in: ${why.en}`,
    'Correct it and drop it into the folder "visits" again.',
  ];
  return MARK + lines.join(END) + END;
}

export function rowsReport(file: string, result: ReadResult, keepDays: number): string {
  const { rows, refused, refusedRows, old } = result;
  const lines = [
    `ไฟล์ ${file}: นำเข้า ${rows - refusedRows - old} จาก ${rows} แถว`,
    `${file}: ${rows - refusedRows - old} of ${rows} rows were taken in.`,
    '',
    ...refused.flatMap(({ line, why }) => [`บรรทัดที่ ${line}: ${why.th}`, `line ${line}: ${why.en}`, '']),
  ];
  const untold = refusedRows - refused.length;
  if (untold > 0) lines.push(`และอีก ${untold} แถว · and ${untold} more rows`, '');
  if (old > 0) {
    lines.push(
      `${old} แถวเก่ากว่า ${keepDays} วัน ไม่ถูกนำเข้า (วันที่อ่านเป็น วัน/เดือน/ปี)`,
      `${old} rows are of days more than ${keepDays} days ago and were not taken (dates are read day before month).`,
      '',
    );
  }
  return MARK + lines.join(END);
}
