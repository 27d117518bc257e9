/** People who do not exist, as any desk may register them; every name says that it is made up. */

import type { DeskPerson } from './desk.ts';

/** The check digit over twelve digits: weights 13…2, (11 − sum mod 11) mod 10. */
function withCheckDigit(first12: string): string {
  const sum = [...first12].reduce((total, digit, i) => total + Number(digit) * (13 - i), 0);
  return `${first12}${(11 - (sum % 11)) % 10}`;
}

/** The citizen id of invented person number `n` (0–9,999,999). */
export function inventedCid(n: number): string {
  return withCheckDigit(`90000${String(n).padStart(7, '0')}`);
}

const FIRST = ['มะลิ', 'กุหลาบ', 'ดาวเรือง', 'จำปา', 'บัว', 'ลีลาวดี', 'พุด', 'แก้ว', 'ปีบ', 'ชบา'];
const LAST = ['ภูเขา', 'แม่น้ำ', 'ท้องฟ้า', 'ทะเล', 'ป่าไม้', 'ทุ่งนา', 'ลำธาร', 'หาดทราย'];

/** Invented person number `n` with nothing awkward about them. Their hn is `n`, which every HIS can hold. */
export function inventedPerson(n: number, differs: Partial<DeskPerson> = {}): DeskPerson {
  const man = n % 2 === 0;
  return {
    hn: String(n),
    cid: inventedCid(n),
    title: man ? 'นาย' : 'นางสาว',
    fname: `ทดสอบ${FIRST[n % FIRST.length]}`,
    lname: `สมมุติ${LAST[Math.floor(n / FIRST.length) % LAST.length]}`,
    birthDate: `${1950 + (n % 50)}-${String(1 + (n % 12)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`,
    sex: man ? 'male' : 'female',
    mobile: `0600${String(n).padStart(5, '0').slice(-5)}1`,
    otherPhone: null,
    nationality: '99',
    ...differs,
  };
}
