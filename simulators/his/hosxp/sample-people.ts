/**
 * People who do not exist. Every citizen id begins with 9, which the registry gives to nobody, and has a valid check
 * digit; every name says that it is made up.
 */

import { inventedCid } from '../people.ts';

/** What is awkward about a person, or about the visit they make on a sample day. */
export type Awkward =
  | 'no-phone'
  | 'landline-only'
  | 'filler-phone'
  | 'several-numbers'
  | 'phone-in-informtel'
  | 'no-cid'
  | 'bad-cid'
  | 'zero-cid'
  | 'cid-with-dashes'
  | 'foreigner'
  | 'two-visits'
  | 'child'
  | 'inpatient'
  | 'code-present'
  | 'code-in-authen-log'
  | 'cancelled'
  | 'locked-row'
  | 'no-right-row'
  | 'other-code-present'
  | 'zero-birthday';

export interface SamplePerson {
  hn: string;
  cid: string | null;
  pname: string;
  fname: string;
  lname: string;
  /** Gregorian, `YYYY-MM-DD`; `0000-00-00` where the engine can hold it. */
  birthday: string;
  sex: '1' | '2';
  hometel: string | null;
  informtel: string | null;
  mobile: string | null;
  nationality: string;
  /** The right that their visits have. */
  pttype: string;
  awkward: Awkward | null;
}

function sampleHn(n: number): string {
  return String(n).padStart(9, '0');
}

const FIRST = ['มะลิ', 'กุหลาบ', 'ดาวเรือง', 'จำปา', 'บัว', 'ลีลาวดี', 'พุด', 'แก้ว', 'ปีบ', 'ชบา'];
const LAST = ['ภูเขา', 'แม่น้ำ', 'ท้องฟ้า', 'ทะเล', 'ป่าไม้', 'ทุ่งนา', 'ลำธาร', 'หาดทราย'];
const PLAIN_RIGHTS = ['89', '75', '30', '20', '21', '89'];

/** Sample person number `n` with nothing awkward about them: mobile, citizen id, a right that needs a code. */
export function plainPerson(n: number): SamplePerson {
  const man = n % 2 === 0;
  return {
    hn: sampleHn(n),
    cid: inventedCid(n),
    pname: man ? 'นาย' : 'นางสาว',
    fname: `ทดสอบ${FIRST[n % FIRST.length]}`,
    lname: `สมมุติ${LAST[Math.floor(n / FIRST.length) % LAST.length]}`,
    birthday: `${1950 + (n % 50)}-${String(1 + (n % 12)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`,
    sex: man ? '1' : '2',
    hometel: null,
    informtel: null,
    mobile: `0600${String(n).padStart(5, '0').slice(-5)}1`,
    nationality: '99',
    pttype: PLAIN_RIGHTS[n % PLAIN_RIGHTS.length] ?? '89',
    awkward: null,
  };
}

const AWKWARD: readonly [Awkward, Partial<SamplePerson>][] = [
  ['no-phone', { mobile: null }],
  ['landline-only', { mobile: null, hometel: '02-000-0001' }],
  ['filler-phone', { mobile: '0999999999' }],
  ['several-numbers', { mobile: '02-0000002, 060-010-0011 (ลูกสาว)' }],
  ['phone-in-informtel', { mobile: null, hometel: '-', informtel: '060 020 0021' }],
  ['no-cid', { cid: null }],
  ['bad-cid', { cid: `${inventedCid(7).slice(0, 12)}${(Number(inventedCid(7)[12]) + 1) % 10}` }],
  ['zero-cid', { cid: '0000000000000' }],
  ['cid-with-dashes', { cid: inventedCid(9).replace(/^(.)(....)(.....)(..)(.)$/, '$1-$2-$3-$4-$5') }],
  [
    'foreigner',
    { cid: null, pname: 'Mr.', fname: 'TEST', lname: 'INVENTED', nationality: '48', pttype: '99', sex: '1' },
  ],
  ['two-visits', {}],
  ['child', { pname: 'ด.ญ.', fname: 'ทดสอบน้อย', birthday: '2019-04-01', sex: '2', pttype: '71' }],
  ['inpatient', { pname: 'นาง', sex: '2' }],
  ['code-present', {}],
  ['code-in-authen-log', {}],
  ['cancelled', {}],
  ['locked-row', {}],
  ['no-right-row', {}],
  ['other-code-present', {}],
  ['zero-birthday', { birthday: '0000-00-00' }],
];

/** People number 1–20 are awkward, one of each kind; 21–80 are not. */
export const SAMPLE_PEOPLE: readonly SamplePerson[] = [
  ...AWKWARD.map(([awkward, differs], i) => ({ ...plainPerson(i + 1), pttype: '89', ...differs, awkward })),
  ...Array.from({ length: 60 }, (_, i) => plainPerson(AWKWARD.length + 1 + i)),
];
