/** The people registry behind NHSO: invented persons with their rights. A pid nobody added gets a plausible UCS right. */

import { buddhistDate, localDateTime, thaiAge } from '../common/bangkok.ts';

export const CLAIM_TYPES: Readonly<Record<string, string>> = {
  PG0060001: 'เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)',
  PG0110001: 'Self Isolation',
  PG0120001: 'UCEP PLUS (ผู้ป่วยกลุ่มอาการสีเหลืองและสีแดง)',
  PG0130001: 'บริการฟอกเลือดด้วยเครื่องไตเทียม (HD)',
};

export const RIGHTS = {
  UCS: {
    mainInscl: '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ',
    subInscl: '(89) ช่วงอายุ 12-59 ปี',
    paidModel: '1',
  },
  SSS: {
    mainInscl: '(SSS) สิทธิประกันสังคม',
    subInscl: '(S1) สิทธิเบิกกองทุนประกันสังคม (ผู้ประกันตน)',
    paidModel: '5',
  },
  OFC: { mainInscl: '(OFC) สิทธิข้าราชการ', subInscl: '(O1) สิทธิเบิกกรมบัญชีกลาง (ข้าราชการ)', paidModel: '2' },
  LGO: {
    mainInscl: '(LGO) สิทธิสวัสดิการพนักงานส่วนท้องถิ่น',
    subInscl: '(L1) สิทธิเบิกหน่วยงานตนเอง (อปท.)',
    paidModel: '2',
  },
} as const;

export interface NhsoPerson {
  /** 13 digits. */
  pid: string;
  /** The agent's numeric title code: "003" นาย, "004" นางสาว, "005" นาง, "001" ด.ช. */
  titleName: string;
  fname: string;
  lname: string;
  /** Gregorian, `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. */
  birthDate: string;
  sex: 'ชาย' | 'หญิง';
  nation: string;
  /** `none`: NHSO knows the person but no right, so the right's keys are absent. */
  right: keyof typeof RIGHTS | 'none';
  /** Offered claim types; an empty list leaves the key out of the answer. */
  claimTypes: readonly string[];
  /** `mainInsc1` as the printed sample has it, instead of the live `mainInscl`. */
  printedSpelling: boolean;
  /** False: NHSO's registry does not have the citizen id. */
  known: boolean;
}

/** What a caller gives; the rest is filled in from {@link plausiblePerson}. */
export type PersonInput = { pid: string } & Partial<NhsoPerson>;

const MEN = ['ทดสอบชาย', 'สมมุติ', 'ตัวอย่าง', 'จำลองชัย', 'ลองดู'];
const WOMEN = ['ทดสอบหญิง', 'สมมุติพร', 'ตัวอย่างดี', 'จำลองศรี', 'ลองใจ'];
const SURNAMES = ['ไม่มีจริง', 'ข้อมูลสมมุติ', 'ระบบจำลอง', 'ชุดทดสอบ', 'นามสมมติ'];

/** An invented person; the same pid always gives the same one. */
export function plausiblePerson(pid: string): NhsoPerson {
  const seed = Number(pid.slice(-7)) || 0;
  const man = seed % 2 === 0;
  const names = man ? MEN : WOMEN;
  return {
    pid,
    titleName: man ? '003' : '004',
    fname: names[seed % names.length] ?? 'ทดสอบ',
    lname: SURNAMES[Math.floor(seed / 7) % SURNAMES.length] ?? 'ไม่มีจริง',
    birthDate: `${1960 + (seed % 45)}-${pad(1 + (seed % 12))}-${pad(1 + (seed % 28))}`,
    sex: man ? 'ชาย' : 'หญิง',
    nation: '099',
    right: 'UCS',
    claimTypes: Object.keys(CLAIM_TYPES),
    printedSpelling: false,
    known: true,
  };
}

/** What stands on the card itself. */
export function cardAnswer(person: NhsoPerson): Record<string, unknown> {
  return {
    pid: person.pid,
    titleName: person.titleName,
    fname: person.fname,
    lname: person.lname,
    birthDate: buddhistDate(person.birthDate),
    sex: person.sex,
    nation: person.nation,
  };
}

/** `read`'s answer: card, right and the correlation id. A key without a value is absent. */
export function readAnswer(
  person: NhsoPerson,
  hcode: string,
  correlationId: string,
  now: number,
): Record<string, unknown> {
  const right = person.right === 'none' || !person.known ? undefined : RIGHTS[person.right];
  const [main, sub] = person.printedSpelling ? ['mainInsc1', 'subInsc1'] : ['mainInscl', 'subInscl'];
  const checkDate = localDateTime(now);
  const answer: Record<string, unknown> = {
    ...cardAnswer(person),
    age: thaiAge(person.birthDate, now),
    transDate: checkDate,
    checkDate,
    correlationId,
  };
  if (right !== undefined) {
    answer[main] = right.mainInscl;
    answer[sub] = right.subInscl;
    answer.paidModel = right.paidModel;
    answer.hospMain = { hcode, hname: 'โรงพยาบาลจำลอง' };
    answer.startDateTime = '2017-05-01T00:00:00';
  }
  if (person.claimTypes.length > 0) {
    answer.claimTypes = person.claimTypes.map((claimType) => ({
      claimType,
      claimTypeName: CLAIM_TYPES[claimType] ?? claimType,
    }));
  }
  return answer;
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
