/** The invented people of `../hosxp/sample-people.ts` as a JHCIS keeps them: a number of their unit instead of an hn. */

import { SAMPLE_PEOPLE as HOSXP_PEOPLE, plainPerson as hosxpPerson } from '../hosxp/sample-people.ts';

/** What is awkward about a person, or about the visit they make on a sample day. */
export type Awkward =
  | 'no-phone'
  | 'landline-only'
  | 'filler-phone'
  | 'several-numbers'
  | 'phone-in-telephoneperson'
  | 'no-cid'
  | 'bad-cid'
  | 'zero-cid'
  | 'foreigner'
  | 'two-visits'
  | 'child'
  | 'code-present'
  | 'other-code-present'
  | 'claim-type-as-code'
  | 'cancelled'
  | 'no-right'
  | 'no-time'
  | 'title-code'
  | 'of-another-unit'
  | 'visit-of-another-unit'
  | 'zero-birth';

export interface SamplePerson {
  /** Unit in whose name the person is kept; null for the unit whose database it is. */
  pcucodeperson: string | null;
  pid: number;
  idcard: string | null;
  prename: string;
  fname: string;
  lname: string;
  /** Gregorian, `YYYY-MM-DD`; `0000-00-00` too. */
  birth: string;
  sex: '1' | '2';
  nation: string;
  telephoneperson: string | null;
  mobile: string | null;
  /** The right that their visits have. */
  rightcode: string | null;
  awkward: Awkward | null;
}

/** A unit beside the one whose database it is: some databases hold rows of several. */
export const OTHER_UNIT = '99998';

/** Sample person number `n` with nothing awkward about them. */
export function plainPerson(n: number): SamplePerson {
  const { cid, pname, fname, lname, birthday, sex, nationality, mobile, pttype } = hosxpPerson(n);
  return {
    ...{ pcucodeperson: null, pid: n, idcard: cid, prename: pname, fname, lname, birth: birthday, sex },
    ...{ nation: nationality, telephoneperson: null, mobile, rightcode: pttype, awkward: null },
  };
}

/** Awkward in both: what the other file says of them stands. */
const SHARED = {
  'no-phone': 'no-phone',
  'filler-phone': 'filler-phone',
  'no-cid': 'no-cid',
  'bad-cid': 'bad-cid',
  'zero-cid': 'zero-cid',
  foreigner: 'foreigner',
  'two-visits': 'two-visits',
  child: 'child',
  'code-present': 'code-present',
  'other-code-present': 'other-code-present',
  cancelled: 'cancelled',
  'zero-birthday': 'zero-birth',
} as const;

const OWN: readonly [Awkward, Partial<SamplePerson>][] = [
  ['landline-only', { mobile: null, telephoneperson: '02-000-0001' }],
  ['several-numbers', { mobile: null, telephoneperson: '02-0000002, 060-010-0011 (ลูกสาว)' }],
  ['phone-in-telephoneperson', { mobile: '-', telephoneperson: '060 020 0021' }],
  ['claim-type-as-code', {}],
  ['no-right', { rightcode: null }],
  ['no-time', {}],
  ['title-code', { prename: '003', sex: '1' }],
  ['of-another-unit', { pcucodeperson: OTHER_UNIT }],
  ['visit-of-another-unit', {}],
];

function shared(): SamplePerson[] {
  const kinds: Readonly<Record<string, Awkward>> = SHARED;
  return HOSXP_PEOPLE.flatMap((p, i) => {
    const awkward = kinds[p.awkward ?? ''];
    if (awkward === undefined) return [];
    const { cid, pname, fname, sex, nationality, mobile, birthday, pttype } = p;
    const differs = { idcard: cid, prename: pname, fname, sex, nation: nationality, mobile, birth: birthday };
    return [{ ...plainPerson(i + 1), ...differs, rightcode: pttype, awkward }];
  });
}

const FIRST_OWN = 101;
const FIRST_PLAIN = 201;

/** One of each awkward kind, then 60 who are not. */
export const SAMPLE_PEOPLE: readonly SamplePerson[] = [
  ...shared(),
  ...OWN.map(([awkward, differs], i) => ({
    ...{ ...plainPerson(FIRST_OWN + i), rightcode: '89' },
    ...differs,
    awkward,
  })),
  ...Array.from({ length: 60 }, (_, i) => plainPerson(FIRST_PLAIN + i)),
];
