/** The row that names the columns: in Thai or English, as HISs and clerks write it, or as the configuration says. */

import { cellsOf } from './rows.ts';
import { cellText } from './values.ts';

/** What a column may hold; the first name of each is the documented one. */
export const NAMES = {
  vn: [
    'vn',
    'visit no',
    'visit number',
    'visitno',
    'visit id',
    'seq',
    'เลขที่รับบริการ',
    'เลขที่ visit',
    'ลำดับการมารับบริการ',
    'วีเอ็น',
  ],
  date: [
    'date',
    'visit date',
    'vstdate',
    'service date',
    'date serv',
    'visit datetime',
    'service datetime',
    'วันที่',
    'วันที่รับบริการ',
    'วันที่มารับบริการ',
    'วันรับบริการ',
    'วันเวลาที่รับบริการ',
  ],
  pid: [
    'pid',
    'cid',
    'citizen id',
    'id card',
    'idcard',
    'national id',
    'เลขบัตรประชาชน',
    'เลขประจำตัวประชาชน',
    'เลขที่บัตรประชาชน',
    'เลขบัตร',
    'เลข 13 หลัก',
  ],
  time: [
    'time',
    'visit time',
    'vsttime',
    'service time',
    'time serv',
    'เวลา',
    'เวลาที่รับบริการ',
    'เวลารับบริการ',
    'เวลามา',
  ],
  hn: ['hn', 'hospital number', 'patient no', 'เลขที่ผู้ป่วย', 'เลขที่ผู้ป่วยนอก', 'เอชเอ็น'],
  an: ['an', 'admission number', 'admit no', 'เลขที่ผู้ป่วยใน', 'เอเอ็น'],
  hcode: ['hcode', 'hospital code', 'รหัสหน่วยบริการ', 'รหัสสถานพยาบาล', 'รหัส รพ'],
  title: ['title', 'pname', 'prename', 'prefix', 'คำนำหน้า', 'คำนำหน้าชื่อ'],
  fname: ['fname', 'first name', 'name', 'ชื่อ', 'ชื่อผู้ป่วย', 'ชื่อ สกุล', 'ชื่อ นามสกุล'],
  lname: ['lname', 'last name', 'surname', 'สกุล', 'นามสกุล'],
  birth: ['birth', 'birthday', 'birth date', 'dob', 'วันเกิด', 'วันเดือนปีเกิด'],
  sex: ['sex', 'gender', 'เพศ'],
  nationality: ['nationality', 'nation', 'สัญชาติ', 'รหัสสัญชาติ'],
  mobile: [
    'mobile',
    'mobile phone',
    'mobile phone number',
    'cell phone',
    'มือถือ',
    'เบอร์มือถือ',
    'โทรศัพท์มือถือ',
    'เบอร์โทรศัพท์มือถือ',
  ],
  phone: ['phone', 'tel', 'telephone', 'hometel', 'phone number', 'โทร', 'โทรศัพท์', 'เบอร์โทร', 'เบอร์โทรศัพท์'],
  right: ['right', 'pttype', 'right code', 'สิทธิ', 'รหัสสิทธิ', 'สิทธิการรักษา', 'รหัสสิทธิการรักษา'],
  rightName: ['right name', 'pttype name', 'ชื่อสิทธิ', 'ชื่อสิทธิการรักษา'],
  scheme: ['scheme', 'inscl', 'main inscl', 'hipdata code', 'กองทุน', 'สิทธิหลัก'],
  hospMain: ['hospmain', 'hmain', 'hosp main', 'หน่วยบริการหลัก', 'สถานพยาบาลหลัก'],
  hospSub: ['hospsub', 'hsub', 'hosp sub', 'หน่วยบริการรอง', 'สถานพยาบาลรอง'],
  department: ['department', 'dep', 'main dep', 'clinic', 'department code', 'แผนก', 'รหัสแผนก', 'คลินิก'],
  departmentName: ['department name', 'clinic name', 'ชื่อแผนก', 'ชื่อคลินิก'],
  status: ['status', 'visit status', 'สถานะ', 'สถานะการมา'],
  code: [
    'code',
    'claim code',
    'authen code',
    'auth code',
    'authencode',
    'claimcode',
    'รหัส authen',
    'เลข authen',
    'รหัสยืนยันตัวตน',
    'เลข authen code',
  ],
} as const;

export type Field = keyof typeof NAMES;

/** In the order of the documentation. */
const FIELDS = Object.keys(NAMES) as readonly Field[];

/** Without these no case can be made of a row. */
const NEEDED: readonly Field[] = ['vn', 'date', 'pid'];

export const SEPARATORS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
export type Separator = keyof typeof SEPARATORS;

export interface Header {
  /** As it stands in the file. */
  separator: string;
  /** The line after it. */
  nextLine: number;
  columns: number;
  at: ReadonlyMap<Field, number>;
  /** The file's own names, for messages. */
  names: ReadonlyMap<Field, string>;
}

export interface NoHeader {
  refused: { th: string; en: string };
}

/** A title or an empty line may stand before it. */
const LOOKED_AT = 10;

/**
 * Finds the header among the first lines of a file. `isAll`: there are no more lines than these. Null when more is needed
 * to tell.
 */
export function findHeader(
  lines: readonly string[],
  isAll: boolean,
  mapping: Readonly<Partial<Record<Field, string>>>,
  wanted: Separator | 'auto',
): Header | NoHeader | null {
  const known = knownNames(mapping);
  let said: string | null = null;
  let best: { missing: readonly Field[]; line: number; seen: readonly string[] } | null = null;
  for (const [i, line] of lines.slice(0, LOOKED_AT).entries()) {
    const sep = /^"?sep=(.)"?$/i.exec(line.trim());
    if (sep !== null) {
      said = sep[1] as string;
      continue;
    }
    const signs =
      wanted === 'auto' ? (said === null ? Object.values(SEPARATORS) : [said]) : [SEPARATORS[wanted]];
    for (const sign of signs) {
      const cells = (cellsOf(line, sign) ?? []).map((cell) => cellText(cell) ?? '');
      const { at, twice } = placesOf(cells, known);
      const missing = NEEDED.filter((field) => !at.has(field));
      if (missing.length === 0 && twice === null) {
        const names = new Map([...at].map(([field, place]) => [field, cells[place] ?? '']));
        return { separator: sign, nextLine: i + 2, columns: cells.length, at, names };
      }
      if (missing.length === 0 && twice !== null) return { refused: twiceText(i + 1, twice) };
      if (at.size > 0 && (best === null || missing.length < best.missing.length)) {
        best = { missing, line: i + 1, seen: cells.filter((cell) => cell !== '') };
      }
    }
  }
  if (!isAll && lines.length < LOOKED_AT) return null;
  return { refused: missingText(best) };
}

function knownNames(mapping: Readonly<Partial<Record<Field, string>>>): ReadonlyMap<string, Field> {
  const known = new Map<string, Field>();
  for (const field of FIELDS) {
    // a column that the configuration names is that one and no other
    if (mapping[field] !== undefined) continue;
    for (const name of NAMES[field]) known.set(plain(name), field);
  }
  for (const field of FIELDS) {
    const name = mapping[field];
    if (name !== undefined) known.set(plain(name), field);
  }
  return known;
}

function placesOf(
  cells: readonly string[],
  known: ReadonlyMap<string, Field>,
): { at: Map<Field, number>; twice: { field: Field; names: string[] } | null } {
  const at = new Map<Field, number>();
  let twice: { field: Field; names: string[] } | null = null;
  for (const [place, cell] of cells.entries()) {
    const field = known.get(plain(cell));
    if (field === undefined) continue;
    const before = at.get(field);
    if (before === undefined) at.set(field, place);
    else twice ??= { field, names: [cells[before] ?? '', cell] };
  }
  return { at, twice };
}

/** `VISIT_NO.` and `visit no` are the same name. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_.\-"'()/:*]+/g, '');
}

function twiceText(
  line: number,
  { field, names }: { field: Field; names: readonly string[] },
): { th: string; en: string } {
  const both = names.map((name) => `"${name}"`).join(', ');
  return {
    th: `บรรทัดที่ ${line}: มีคอลัมน์ ${field} สองคอลัมน์ (${both}) ระบุคอลัมน์ที่ถูกต้องใน his.columns.${field}`,
    en: `line ${line}: two columns could be ${field} (${both}): say which in his.columns.${field}`,
  };
}

function missingText(best: { missing: readonly Field[]; line: number; seen: readonly string[] } | null): {
  th: string;
  en: string;
} {
  const missing = best?.missing ?? NEEDED;
  const line = best?.line ?? 1;
  const seen = (best?.seen ?? [])
    .map((name) => `"${name.slice(0, 40)}"`)
    .slice(0, 30)
    .join(', ');
  const list = missing.join(', ');
  return {
    th: `บรรทัดที่ ${line}: ไม่พบหัวคอลัมน์ ${list}${seen === '' ? '' : ` (พบ ${seen})`} แถวแรกต้องเป็นชื่อคอลัมน์ เช่น vn, date, pid`,
    en: `line ${line}: no column for ${list}${seen === '' ? '' : ` (there are ${seen})`}; expected a first row of column names such as vn, date, pid, or his.columns`,
  };
}
