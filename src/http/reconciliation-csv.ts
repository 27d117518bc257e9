/** A run as CSV for the claims office: one line a visit, heads in Thai with the API's name beside them. */

import { misfitText } from '../domain/outcome-text.ts';
import type { Reconciliation, ReconciliationItem } from '../service/ports/reconciliations.ts';
import { csvHead, csvRows } from './csv.ts';
import { reconciliationItemJson } from './reconciliation-json.ts';
import type { ReconciliationItemJson } from './schemas/reconciliation.ts';

type Column = readonly [
  head: string,
  cell: (item: ReconciliationItemJson, run: Reconciliation) => string | null,
];

const COLUMNS: readonly Column[] = [
  ['หน่วยบริการ hcode', (_, run) => run.hcode],
  ['วันที่รับบริการ serviceDate', (_, run) => run.serviceDate],
  ['VN vn', ({ vn }) => vn],
  ['HN hn', ({ hn }) => hn],
  ['ผล outcome', ({ outcome }) => outcome],
  ['ความหมาย outcomeText', ({ outcomeText }) => outcomeText.th],
  ['รหัส claimCode', ({ claimCode }) => claimCode],
  ['ประเภทบริการ claimType', ({ claimType }) => claimType],
  ['พบจาก source', ({ source }) => source],
  ['รายละเอียด detail', ({ detail }) => detail],
  ['รหัสที่ต้องพิจารณา candidates', ({ candidates }) => candidates.map(candidateText).join('; ')],
  ['สิ่งที่ต้องทำ next', ({ outcomeText }) => outcomeText.next.th],
  ['สถานะรายการ state', ({ stateText }) => stateText.th],
  ['บันทึกลง HIS written', ({ written, undoneAt }) => writtenText(written !== null, undoneAt)],
  ['ตรวจเมื่อ decidedAt', ({ decidedAt }) => decidedAt.replace('T', ' ').replace('+07:00', '')],
];

export const CSV_FILE_TYPE = 'text/csv; charset=utf-8';

/** The first piece of the file. */
export function reconciliationCsvHead(): string {
  return csvHead(COLUMNS.map(([head]) => head));
}

/** Any number of further pieces. */
export function reconciliationCsvRows(run: Reconciliation, items: readonly ReconciliationItem[]): string {
  const shown = items.map((item) => reconciliationItemJson(item, run));
  return csvRows(shown.map((item) => COLUMNS.map(([, cell]) => cell(item, run) ?? '')));
}

/** `PP1234567890 (PG0060001, 2026-11-19 08:30, ออกให้หน่วยบริการอื่น 11111)` */
function candidateText({ claimCode, claimType, hcode, issuedAt, misfits, heldBy }: Candidate): string {
  const beside: Partial<Record<(typeof misfits)[number], string | null>> = {
    hospital: hcode,
    'held-by-other-visit': heldBy === null ? null : `VN ${heldBy}`,
  };
  const about = [
    claimType,
    issuedAt?.slice(0, 16).replace('T', ' ') ?? null,
    ...misfits.map((misfit) => [misfitText(misfit).th, beside[misfit]].filter(Boolean).join(' ')),
  ];
  return `${claimCode} (${about.filter((text) => text !== null).join(', ')})`;
}

type Candidate = ReconciliationItemJson['candidates'][number];

function writtenText(isWritten: boolean, undoneAt: string | null): string {
  if (!isWritten) return '';
  return undoneAt === null ? 'บันทึกแล้ว' : 'บันทึกแล้ว และยกเลิกแล้ว';
}
