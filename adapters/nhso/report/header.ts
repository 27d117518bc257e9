/** Where the columns of the report are, by their Thai names. */

import type { Wording } from '../../../src/domain/reason-text.ts';
import { DOWNLOAD_AGAIN, Refusal } from './refusal.ts';
import type { Cell, Row } from './sheet.ts';
import { plain } from './values.ts';

/**
 * What is read of the 24 columns, by the names of reference §4; some hospitals' files call three of them by a longer
 * name. Without one of the first six a code cannot be matched.
 */
const NAMES = {
  hcode: ['รหัสหน่วย'],
  pid: ['เลขบัตร', 'เลขบัตรประชาชน'],
  claimCode: ['CLAIM CODE'],
  claimType: ['รหัสบริการ'],
  servedAt: ['วันที่เข้ารับบริการ'],
  status: ['สถานะใช้งาน'],
  recordedAt: ['วันที่บันทึก', 'วันที่บันทึก Authen Code'],
  channel: ['ช่องทางการขอ', 'ช่องทางการขอ Authen Code'],
  cancelNote: ['หมายเหตุการยกเลิก'],
} as const;

export type Field = keyof typeof NAMES;
const FIELDS = Object.keys(NAMES) as Field[];
const NEEDED = ['hcode', 'pid', 'claimCode', 'claimType', 'servedAt', 'status'] as const satisfies Field[];

/** Rows above the header: a title, blank ones. */
export const HEADER_WITHIN = 50;

export type Columns = Readonly<Partial<Record<Field, number>>> &
  Readonly<Record<(typeof NEEDED)[number], number>>;

export function nameOf(field: Field): string {
  return NAMES[field][0];
}

const FIELD_BY_NAME: ReadonlyMap<string, Field> = new Map(
  FIELDS.flatMap((field) => NAMES[field].map((name) => [folded(name), field] as const)),
);

/** Null when nothing is missing. */
export interface Header {
  columns: Partial<Record<Field, number>>;
  missing: readonly Field[];
  twice: readonly Field[];
}

/** What the row names of the columns that are needed; null when it is no header: it names not even two. */
export function headerIn({ cells }: Row): Header | null {
  const columns: Partial<Record<Field, number>> = {};
  const twice: Field[] = [];
  for (const [column, cell] of cells) {
    const field = cell.kind === 'text' ? FIELD_BY_NAME.get(folded(cell.text)) : undefined;
    if (field === undefined) continue;
    if (columns[field] === undefined) columns[field] = column;
    else twice.push(field);
  }
  const missing = NEEDED.filter((field) => columns[field] === undefined);
  return NEEDED.length - missing.length < 2 ? null : { columns, missing, twice };
}

export function isWhole(header: Header): header is Header & { columns: Columns } {
  return header.missing.length === 0 && header.twice.length === 0;
}

/** A row that says the names again, as files do that were put together of several. */
export function isHeaderAgain(cell: Cell | undefined): boolean {
  return cell?.kind === 'text' && FIELD_BY_NAME.get(folded(cell.text)) === 'claimCode';
}

const ALL: Wording = {
  en: `Expected, in any order: ${NEEDED.map(quoted).join(', ')}.`,
  th: `ต้องมีคอลัมน์: ${NEEDED.map(quoted).join(', ')}`,
};

/** `header`: the best that was found in the file, and its row. */
export function headerRefusal(best: { header: Header; row: number } | null): Refusal {
  if (best === null) {
    return new Refusal(
      {
        en: `No row of column names was found within the first ${HEADER_WITHIN} rows of any sheet. ${ALL.en}`,
        th: `ไม่พบแถวหัวคอลัมน์ภายใน ${HEADER_WITHIN} แถวแรกของทุกชีต ${ALL.th}`,
      },
      THE_REPORT,
    );
  }
  const { missing, twice } = best.header;
  const [what, named] = missing.length > 0 ? (['missing', missing] as const) : (['twice', twice] as const);
  const names = named.map(quoted).join(', ');
  const said =
    what === 'missing'
      ? { en: `Row ${best.row}: the column ${names} is missing.`, th: `แถวที่ ${best.row}: ไม่พบคอลัมน์ ${names}` }
      : {
          en: `Row ${best.row}: the column ${names} stands twice.`,
          th: `แถวที่ ${best.row}: คอลัมน์ ${names} ซ้ำกัน`,
        };
  return new Refusal({ en: `${said.en} ${ALL.en}`, th: `${said.th} ${ALL.th}` }, THE_REPORT);
}

const THE_REPORT: Wording = {
  en: `${DOWNLOAD_AGAIN.en.replace(/\.$/, '')}, with all columns, and import it as it came.`,
  th: `${DOWNLOAD_AGAIN.th} ให้ครบทุกคอลัมน์ และนำเข้าโดยไม่แก้ไข`,
};

function quoted(field: Field): string {
  return `"${nameOf(field)}"`;
}

/** Spaces, dashes, underscores and case do not tell names apart, nor do the two ways of writing a Thai "ำ". */
function folded(name: string): string {
  return plain(name.slice(0, 200))
    .normalize('NFKC')
    .replace(/[\s_-]/g, '')
    .toUpperCase();
}
