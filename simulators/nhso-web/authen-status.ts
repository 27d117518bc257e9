/** What check-authen-status says of a person and a day, in the form of today and in the older, flat one. */

import { localDate, localDateTime } from '../common/bangkok.ts';
import type { CentreCode, Channel, NhsoCentre } from '../nhso-agent/centre.ts';
import { CLAIM_TYPES, RIGHTS } from '../nhso-agent/people.ts';

export interface StatusForm {
  shape: 'histories' | 'flat';
  /**
   * How `statusAuthen` is said. `contrary`: false although there are codes, as programs of today have met it: the word is not
   * to be relied on.
   */
  statusAuthen: 'boolean' | 'text' | 'contrary';
  /** How many of the person's codes of other days stand in the histories too. */
  otherDays: number;
}

export const STATUS_FORM: Readonly<StatusForm> = {
  shape: 'histories',
  statusAuthen: 'boolean',
  otherDays: 5,
};

const CHANNELS: Readonly<Record<Channel, string>> = {
  agent: 'AGENT',
  line: 'LINE',
  kiosk: 'KIOSK',
  'new-authen': 'NEW AUTHEN',
  erm: 'ERM',
};

export interface StatusQuery {
  pid: string;
  serviceDate: string;
  /** Null: of any claim type. */
  serviceCode: string | null;
}

export function statusAnswer(
  centre: NhsoCentre,
  query: StatusQuery,
  form: StatusForm,
): Record<string, unknown> {
  const { pid, serviceDate, serviceCode } = query;
  const person = centre.person(pid);
  const right = person.right === 'none' || !person.known ? undefined : RIGHTS[person.right];
  const codes = centre
    .codes(pid)
    .filter((c) => serviceCode === null || c.claimType === serviceCode)
    .sort((a, b) => b.issuedAt - a.issuedAt);
  const ofDay = codes.filter((c) => localDate(c.issuedAt) === serviceDate);
  const rest = codes.filter((c) => localDate(c.issuedAt) !== serviceDate).slice(0, form.otherDays);
  return {
    statusAuthen: status(ofDay.length > 0, form),
    statusMessage: ofDay.length > 0 ? 'พบข้อมูลการยืนยันตัวตน' : 'ไม่พบข้อมูลการยืนยันตัวตน',
    personalId: pid,
    ...(person.known ? { firstName: person.fname, lastName: person.lname } : {}),
    ...(right === undefined
      ? {}
      : { mainInscl: idAndName(right.mainInscl), subInscl: idAndName(right.subInscl) }),
    ...(form.shape === 'flat' ? flat(ofDay[0]) : { serviceHistories: [...ofDay, ...rest].map(history) }),
  };
}

export function hospital(hcode: string): { hcode: string; hname: string } {
  return { hcode, hname: `โรงพยาบาลจำลอง ${hcode}` };
}

/** "(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ" in its two parts. */
export function idAndName(text: string): { id: string; name: string } {
  const [, id = '', name = ''] = /^\((\w+)\) (.*)$/.exec(text) ?? [];
  return { id, name };
}

function status(there: boolean, form: StatusForm): boolean | string {
  if (form.statusAuthen === 'contrary') return false;
  return form.statusAuthen === 'text' ? String(there) : there;
}

function history(code: CentreCode): Record<string, unknown> {
  return {
    hospital: hospital(code.hcode),
    serviceDateTime: localDateTime(code.issuedAt),
    claimCode: code.claimCode,
    service: { code: code.claimType, name: CLAIM_TYPES[code.claimType] ?? code.claimType },
    sourceChannel: CHANNELS[code.channel],
    // absent, not null, where none was given
    ...(code.mobile === null ? {} : { tel: code.mobile }),
  };
}

/** One code only, the day's newest, whichever hospital's it is. */
function flat(code: CentreCode | undefined): Record<string, unknown> {
  if (code === undefined) return {};
  return {
    ...hospital(code.hcode),
    serviceDate: localDateTime(code.issuedAt),
    serviceCode: code.claimType,
    serviceName: CLAIM_TYPES[code.claimType] ?? code.claimType,
    claimCode: code.claimCode,
  };
}
