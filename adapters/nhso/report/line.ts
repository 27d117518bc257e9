/** One row of the report: a code, or everything that is wrong with it. */

import type { Wording } from '../../../src/domain/reason-text.ts';
import type { ReportFault, ReportLine } from '../../../src/service/ports/reported-codes.ts';
import { type Moment, momentOf } from './dates.ts';
import { type Columns, type Field, isHeaderAgain, nameOf } from './header.ts';
import type { Cell, Row } from './sheet.ts';
import { channelOf, citizenIdOf, claimCodeOf, claimTypeOf, hcodeOf, isBlank, statusOf } from './values.ts';

type Said = ReportLine extends infer L ? (L extends ReportLine ? Omit<L, 'row'> : never) : never;

export interface Frame {
  columns: Columns;
  is1904: boolean;
  isOurs: (hcode: string) => boolean;
}

/** Null for a row that is no line of the report: it names no person, no code and no day. */
export function readLine({ row, cells }: Row, frame: Frame): ReportLine | null {
  const at = (field: Field): Cell | undefined => {
    const column = frame.columns[field];
    return column === undefined ? undefined : cells.get(column);
  };
  if (['pid', 'claimCode', 'servedAt'].every((field) => isBlank(at(field as Field)))) return null;
  if (isHeaderAgain(at('claimCode'))) return null;
  return { row, ...said(at, frame) };
}

function said(at: (field: Field) => Cell | undefined, { is1904, isOurs }: Frame): Said {
  const hcode = hcodeOf(at('hcode'));
  // what is wrong with other hospitals' lines is no matter of ours
  if (hcode !== null && !isOurs(hcode)) return { kind: 'elsewhere' };
  const status = statusOf(at('status'));
  const pid = citizenIdOf(at('pid'));
  const claimCode = claimCodeOf(at('claimCode'));
  const claimType = claimTypeOf(at('claimType'));
  const served = servedAt(at, is1904);
  const faults: ReportFault[] = [];
  const fault = (isFault: boolean, field: Field, expected: Wording): void => {
    if (isFault) faults.push({ column: nameOf(field), expected });
  };
  fault(hcode === null, 'hcode', EXPECTED.hcode);
  fault(pid === null, 'pid', at('pid')?.kind === 'number' ? EXPECTED.pidNumber : EXPECTED.pid);
  fault(claimCode === null, 'claimCode', EXPECTED.claimCode);
  // a code whose type is not told goes to a person, with the visit
  fault(claimType === null && !isBlank(at('claimType')), 'claimType', EXPECTED.claimType);
  fault(
    served === null,
    'servedAt',
    at('servedAt')?.kind === 'number' ? EXPECTED.servedNumber : EXPECTED.servedAt,
  );
  fault(status === null, 'status', EXPECTED.status);
  fault(status === 'in-use' && !isBlank(at('cancelNote')), 'cancelNote', EXPECTED.cancelNote);
  const isTold = hcode !== null && pid !== null && claimCode !== null && served !== null;
  if (faults.length > 0 || !isTold) {
    return status === 'cancelled' && hcode !== null ? { kind: 'cancelled' } : { kind: 'bad', faults };
  }
  const code = {
    ...{ hcode, pid, claimCode, claimType, channel: channelOf(at('channel')), issuedAt: served.at },
    ...{ serviceDate: served.date, isCancelled: status === 'cancelled' },
  };
  return { kind: 'code', code };
}

/** Where the day has no time, the moment at which the code was recorded tells it, if that was on the same day. */
function servedAt(at: (field: Field) => Cell | undefined, is1904: boolean): Moment | null {
  const moment = (field: Field): Moment | null => {
    const cell = at(field);
    return cell === undefined ? null : momentOf(cell, is1904);
  };
  const served = moment('servedAt');
  if (served === null || served.hasTime) return served;
  const recorded = moment('recordedAt');
  return recorded !== null && recorded.date === served.date ? recorded : served;
}

const EXPECTED = {
  hcode: { en: 'expected a hospital code such as 10978', th: 'ต้องเป็นรหัสหน่วยบริการ 5 หลัก เช่น 10978' },
  pid: {
    en: 'expected a citizen id of 13 digits with the right check digit',
    th: 'ต้องเป็นเลขประจำตัวประชาชน 13 หลักที่ถูกต้อง',
  },
  pidNumber: {
    en: 'expected 13 digits as text; Excel holds a number here, and some of its digits are lost',
    th: 'ต้องเป็นข้อความ 13 หลัก แต่ Excel เก็บเป็นตัวเลขและบางหลักหายไป',
  },
  claimCode: {
    en: 'expected a code such as PP and ten digits',
    th: 'ต้องเป็นรหัส เช่น PP ตามด้วยตัวเลข 10 หลัก',
  },
  claimType: { en: 'expected a claim type such as PG0060001', th: 'ต้องเป็นรหัสบริการ เช่น PG0060001' },
  servedAt: {
    en: 'expected a date such as 20/11/2569 08:15',
    th: 'ต้องเป็นวันที่ เช่น 20/11/2569 08:15',
  },
  servedNumber: {
    en: 'expected a date such as 20/11/2569 08:15 as text; Excel has made a date of its own of it, in which day and month may be swapped',
    th: 'ต้องเป็นข้อความวันที่ เช่น 20/11/2569 08:15 แต่ Excel แปลงเป็นวันที่แล้ว วันกับเดือนอาจสลับกัน',
  },
  status: {
    en: 'expected ใช้งาน (in use) or ยกเลิก (cancelled)',
    th: 'ต้องเป็น "ใช้งาน" หรือ "ยกเลิก"',
  },
  cancelNote: {
    en: 'expected no reason for a cancellation where the code is in use; look the code up at NHSO',
    th: 'มีหมายเหตุการยกเลิกทั้งที่สถานะเป็นใช้งาน ให้ตรวจสอบรหัสนี้ที่ สปสช.',
  },
} as const satisfies Record<string, Wording>;
