/** The report of a hospital and days, of what a centre has really issued. */

import { localDate } from '../common/bangkok.ts';
import type { NhsoCentre } from '../nhso-agent/centre.ts';
import { CLAIM_TYPES, RIGHTS } from '../nhso-agent/people.ts';
import type { ReportRow } from './row.ts';

export interface CentreReport {
  /** Null: every hospital's codes, which NHSO's site does not give but a file put together by hand may hold. */
  hcode: string | null;
  /** Service dates, both included. */
  from: string;
  to: string;
  /** Codes that a clerk cancelled. */
  cancelled?: ReadonlySet<string> | undefined;
}

export function reportOf(centre: NhsoCentre, report: CentreReport): ReportRow[] {
  return centre
    .codes()
    .filter((code) => {
      const date = localDate(code.issuedAt);
      return (
        (report.hcode === null || code.hcode === report.hcode) && date >= report.from && date <= report.to
      );
    })
    .map((code, n) => {
      const person = centre.person(code.pid);
      const right = person.right === 'none' ? { mainInscl: '', subInscl: '' } : RIGHTS[person.right];
      const cancelled = report.cancelled?.has(code.claimCode) ?? false;
      return {
        hcode: code.hcode,
        hname: `โรงพยาบาลจำลอง ${code.hcode}`,
        pid: code.pid,
        fullName: `${person.fname} ${person.lname}`,
        birthDate: `${person.birthDate}-01-01`.slice(0, 10),
        tel: code.mobile,
        mainInscl: right.mainInscl,
        subInscl: right.subInscl,
        entryNo: String(100_000 + n),
        claimCode: code.claimCode,
        serviceType: 'เข้ารับบริการ',
        serviceCode: code.claimType,
        serviceName: CLAIM_TYPES[code.claimType] ?? code.claimType,
        hn: null,
        an: null,
        servedAt: code.issuedAt,
        recordedAt: code.issuedAt,
        cancelled,
        channel: code.channel.toUpperCase(),
        method: 'SMART CARD',
        recorder: 'ระบบอัตโนมัติ',
        editedAt: cancelled ? code.issuedAt + 3_600_000 : null,
        editor: cancelled ? 'ระบบอัตโนมัติ' : null,
        cancelReason: cancelled ? 'ยกเลิกโดยผู้ใช้' : null,
      };
    });
}
