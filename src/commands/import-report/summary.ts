/** What an import says at its end, in English and in Thai: the claims office runs it. */

import type { ImportSummary } from '../../service/import-report.ts';
import type { ReportFault } from '../../service/ports/reported-codes.ts';

/** Rows that are told on the terminal; all are in the list of `--errors`. */
const TOLD = 20;
const DAYS_TOLD = 14;

export interface BadRows {
  add(row: number, faults: readonly ReportFault[]): void;
  /** `list`: the file of `--errors`, when there is one. */
  lines(list: string | undefined): string[];
}

/** Keeps what will be told, and no more. */
export function badRows(): BadRows {
  const told: string[] = [];
  let rows = 0;
  return {
    add(row, faults) {
      rows += 1;
      if (rows > TOLD) return;
      for (const { column, expected } of faults) {
        told.push(`row ${row}, column "${column}": ${expected.en}`, `    แถวที่ ${row}: ${expected.th}`);
      }
    },
    lines(list) {
      if (rows === 0) return [];
      const where =
        list === undefined ? 'see them all with --errors errors.csv' : `all of them are in ${list}`;
      return [...told, ...(rows > TOLD ? [`… and ${number(rows - TOLD)} more rows; ${where}`] : []), ''];
    },
  };
}

export function counted(name: string, summary: ImportSummary, isDryRun: boolean): string[] {
  const { taken, known, elsewhere, cancelled, bad } = summary;
  const line = (value: number, en: string, th: string): string =>
    `  ${number(value).padStart(9)}  ${en.padEnd(22)}  ${th}`;
  return [
    `${name}: ${number(summary.rows)} rows / รายงานมี ${number(summary.rows)} แถว`,
    isDryRun ? line(taken, 'would be taken', 'จะรับเข้า') : line(taken, 'taken', 'รับเข้าแล้ว'),
    line(known, 'already known', 'มีอยู่แล้ว'),
    line(elsewhere, 'not of this hospital', 'ของหน่วยบริการอื่น'),
    line(cancelled, 'cancelled', 'ถูกยกเลิก'),
    line(bad, 'bad', 'ข้อมูลไม่ถูกต้อง'),
  ];
}

/** What is to be done next. */
export function afterwards(summary: ImportSummary, isDryRun: boolean): string[] {
  const lines: string[] = [];
  if (summary.withdrawn > 0) {
    const n = number(summary.withdrawn);
    lines.push(`${n} codes that were good until now are cancelled / มี ${n} รหัสที่ถูกยกเลิกภายหลัง`);
  }
  if (summary.bad > 0) {
    lines.push(
      'Bad rows: correct them in the file, or look those codes up at NHSO; importing the file again doubles nothing.',
      'แถวที่ข้อมูลไม่ถูกต้อง: แก้ไขในไฟล์แล้วนำเข้าใหม่ได้ รายการเดิมจะไม่ซ้ำ หรือตรวจสอบรหัสที่ สปสช.',
    );
  }
  const days = [...summary.days].flatMap(([hcode, dates]) =>
    [...dates].sort().map((date) => ({ hcode, date })),
  );
  if (isDryRun) return [...lines, 'Dry run: nothing was stored. / ทดสอบเท่านั้น ยังไม่ได้บันทึก'];
  if (days.length === 0) return lines;
  return [
    ...lines,
    'Next, find the visits that these codes belong to / ขั้นต่อไป จับคู่รหัสกับการเข้ารับบริการ:',
    ...days
      .slice(0, DAYS_TOLD)
      .map(({ hcode, date }) => `  npm run reconcile -- --site ${hcode} --date ${date}`),
    ...(days.length > DAYS_TOLD
      ? [`  … and ${days.length - DAYS_TOLD} more days, to ${days.at(-1)?.date}`]
      : []),
  ];
}

function number(value: number): string {
  return value.toLocaleString('en');
}
