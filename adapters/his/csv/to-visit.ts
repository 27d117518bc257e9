/**
 * Rows as visits. Nothing here throws: a row that has a visit number but cannot be understood becomes a visit with a
 * `problem` that names the column and what was expected; a row of which no case can be made is told of in the report.
 */

import { parseBangkokDateTime, type ServiceDate, startOfServiceDate } from '../../../src/domain/bangkok.ts';
import { checkDigit } from '../../../src/domain/citizen-id.ts';
import { chooseMobile } from '../../../src/domain/phone.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import { shown } from '../fields.ts';
import type { Field, Header } from './header.ts';
import type { Row } from './rows.ts';
import { cellText, isRounded, readBirth, readMoment, readTime } from './values.ts';

export interface RowContext {
  hcode: string;
  header: Header;
  /** In lower case. */
  cancelledStatuses: ReadonlySet<string>;
  /** The day of the file: of a visit whose own date cannot be read. */
  fileDate: ServiceDate;
  /** Service dates outside are not taken. */
  earliest: ServiceDate;
  latest: ServiceDate;
}

export type FromRow =
  | { visit: Visit; hasTime: boolean }
  | { refused: { th: string; en: string } }
  /** The HIS no longer has it. */
  | { removed: string }
  /** Of a day that is no longer kept. */
  | 'old';

/** In the column `status`: the visit was taken out of the HIS altogether. */
const REMOVED = new Set(['deleted', 'removed', 'ลบ', 'ลบแล้ว']);

/** Letters, digits and the signs that visit numbers have; it goes into file names and cells, so nothing that begins a formula. */
const VN = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ./_-]{0,49}$/u;

export function toVisit(row: Row, context: RowContext): FromRow {
  const { header } = context;
  if (row.fault === 'open-quote') return no('เครื่องหมายคำพูด (") ไม่ปิด', 'a quote (") is not closed');
  if (row.cells.length < header.columns) {
    // Excel leaves empty cells at the end of a row away
    const needed = Math.max(...(['vn', 'date', 'pid'] as const).map((field) => header.at.get(field) ?? 0));
    if (row.cells.length <= needed) {
      return no(
        `มี ${row.cells.length} คอลัมน์ ต้องมี ${header.columns}`,
        `${row.cells.length} columns: expected ${header.columns}`,
      );
    }
  } else if (row.cells.slice(header.columns).some((cell) => cell.trim() !== '')) {
    return no(
      `มี ${row.cells.length} คอลัมน์ ต้องมี ${header.columns}`,
      `${row.cells.length} columns: expected ${header.columns}; a cell that holds the separator must stand in quotes`,
    );
  }
  const text = (field: Field): string | null => {
    const at = header.at.get(field);
    return at === undefined ? null : cellText(row.cells[at]);
  };
  const vn = text('vn');
  if (vn === null)
    return no('ไม่มีเลขที่รับบริการ (vn)', `${named(header, 'vn')} is empty: expected a visit number`);
  if (isRounded(vn)) {
    return no(
      'Excel ปัดเลขที่รับบริการ (vn) แล้ว',
      `${named(header, 'vn')} was rounded by Excel: format the column as text`,
    );
  }
  if (!VN.test(vn)) {
    return no(
      'เลขที่รับบริการ (vn) ต้องเป็นตัวอักษรหรือตัวเลขไม่เกิน 50 ตัว',
      `${named(header, 'vn')}: expected letters, digits and . / _ - (at most 50)`,
    );
  }
  const hcode = text('hcode');
  if (hcode !== null && hcode !== context.hcode) {
    return no(
      `เป็นของหน่วยบริการอื่น ต้องเป็น ${context.hcode}`,
      `${named(header, 'hcode')} is of another hospital: expected ${context.hcode}`,
    );
  }
  if (REMOVED.has(text('status')?.toLowerCase() ?? '')) return { removed: vn };
  return build(vn, text, context);
}

function build(vn: string, text: (field: Field) => string | null, context: RowContext): FromRow {
  const { header } = context;
  const problems: string[] = [];
  const wrong = (field: Field, what: string): void => void problems.push(`${named(header, field)} ${what}`);
  const when = readWhen(text, context, wrong);
  if (when.date < context.earliest) return 'old';
  const hn = unrounded(text('hn'), 'hn', wrong);
  const an = text('an');
  const pid = unrounded(text('pid'), 'pid', wrong);
  if (pid !== null && hasLostZero(pid))
    wrong('pid', 'has 12 digits: expected 13 (Excel drops the 0 in front)');
  if ([pid, text('pid'), text('fname'), text('lname')].every((one) => one === null)) {
    wrong('pid', 'is empty, and so is the name: there is no person, expected a citizen id or a name');
  }
  const phones = (['mobile', 'phone'] as const)
    .map((field) => unrounded(text(field), field, wrong))
    .filter((p) => p !== null);
  if (chooseMobile(phones) === null && phones.some((phone) => /^[689]\d{8}$/.test(phone))) {
    wrong('mobile', 'has 9 digits: expected 10 (Excel drops the 0 in front)');
  }
  const right = text('right');
  const department = text('department') ?? text('departmentName');
  const status = text('status')?.toLowerCase() ?? null;
  const visit: Visit = {
    hcode: context.hcode,
    vn,
    hn,
    an,
    serviceDate: when.date,
    startedAt: when.at,
    pid,
    person: {
      title: text('title'),
      fname: text('fname'),
      lname: text('lname'),
      birthDate: readBirth(text('birth') ?? ''),
      sex: SEX[text('sex')?.toLowerCase() ?? ''] ?? null,
      nationality: nationalityOf(text('nationality')),
    },
    phones,
    right:
      right === null && text('scheme') === null
        ? null
        : {
            code: right ?? text('scheme') ?? '',
            name: text('rightName'),
            scheme: text('scheme'),
            hospMain: text('hospMain'),
            hospSub: text('hospSub'),
          },
    kind: an === null ? 'outpatient' : 'inpatient',
    department: department === null ? null : { code: department, name: text('departmentName') },
    cancelled: status !== null && context.cancelledStatuses.has(status),
    code: unrounded(text('code'), 'code', wrong),
    loggedCode: null,
    problem: problems.length === 0 ? null : problems.join('; '),
  };
  return { visit, hasTime: when.hasTime };
}

function readWhen(
  text: (field: Field) => string | null,
  { header, fileDate, latest }: RowContext,
  wrong: (field: Field, what: string) => void,
): { date: ServiceDate; at: number; hasTime: boolean } {
  const dateText = text('date');
  const moment = readMoment(dateText ?? '', true);
  let date = moment?.date ?? fileDate;
  if (moment === null)
    wrong('date', `is ${shown(dateText)}: expected a date such as 2026-11-20 or 20/11/2569`);
  else if (date > latest) {
    wrong('date', `is ${shown(dateText)}: expected no day after ${latest} (day before month)`);
    date = fileDate;
  }
  const timeText = header.at.has('time') ? text('time') : null;
  // a column of time that Excel has made a date and time of
  const time =
    timeText === null
      ? (moment?.time ?? null)
      : (readTime(timeText) ?? readMoment(timeText, true)?.time ?? null);
  if (timeText !== null && time === null)
    wrong('time', `is ${shown(timeText)}: expected a time such as 08:30`);
  const at = time === null ? null : parseBangkokDateTime(`${date}T${time}`);
  return { date, at: at ?? startOfServiceDate(date), hasTime: at !== null };
}

const SEX: Readonly<Record<string, 'male' | 'female'>> = {
  '1': 'male',
  m: 'male',
  male: 'male',
  ชาย: 'male',
  ช: 'male',
  '2': 'female',
  f: 'female',
  female: 'female',
  หญิง: 'female',
  ญ: 'female',
};

/** A code is kept as it is; the word for Thai is the code for it. */
function nationalityOf(text: string | null): string | null {
  return text !== null && /^(ไทย|thai|thailand)$/i.test(text) ? 'TH' : text;
}

function unrounded(
  text: string | null,
  field: Field,
  wrong: (field: Field, what: string) => void,
): string | null {
  if (text === null || !isRounded(text)) return text;
  wrong(
    field,
    `is ${shown(text)}: its digits were lost in Excel, expected all of them (format the column as text)`,
  );
  return null;
}

/** Twelve digits that a 0 in front makes a citizen id of; it is told, not put there. */
function hasLostZero(pid: string): boolean {
  return /^\d{12}$/.test(pid) && checkDigit(`0${pid}`.slice(0, 12)) === Number(pid[11]);
}

function named(header: Header, field: Field): string {
  return `column "${header.names.get(field) ?? field}"`;
}

function no(th: string, en: string): FromRow {
  return { refused: { th, en } };
}
