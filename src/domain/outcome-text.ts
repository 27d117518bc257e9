/**
 * What each outcome of the night's reconciliation means, and what the claims office should do (Thai first, English for
 * who looks after the machine); and in what a code that was seen does not fit. The compiler sees to it that none is missing.
 */

import type { Misfit } from './authen-code.ts';
import type { ReasonWording, Wording } from './reason-text.ts';
import type { Outcome } from './reconcile.ts';

const NOTHING: Wording = { th: 'ไม่ต้องทำอะไร', en: 'Nothing needs to be done.' };

const TEXTS: Record<Outcome, ReasonWording> = {
  'had-one': {
    th: 'ใน HIS มีรหัสอยู่แล้ว',
    en: 'The HIS held the code already.',
    next: NOTHING,
  },
  found: {
    th: 'พบรหัสที่ออกไว้แล้ว และบันทึกลง HIS แล้ว',
    en: 'A code that fits was found and written into the HIS.',
    next: NOTHING,
  },
  ambiguous: {
    th: 'พบรหัส แต่ไม่แน่ชัดว่ารหัสใดเป็นของการมารับบริการนี้',
    en: "Codes were found, but which of them is this visit's is not certain.",
    next: {
      th: 'เทียบรหัสที่แสดงไว้กับ สปสช. แล้วเลือกรหัสที่ถูกต้อง หรือปิดรายการพร้อมเหตุผล',
      en: "Compare the candidates with NHSO; adopt the right one ('adopt-code') or close the case with a reason.",
    },
  },
  missing: {
    th: 'ไม่พบรหัสของการมารับบริการนี้',
    en: 'No code was found.',
    next: {
      th: 'ตรวจกับจุดบริการว่าผู้ป่วยยืนยันตัวตนในวันนั้นหรือไม่ ระบบจะค้นหาให้อีกในรอบถัดไปจนกว่าจะเกินกำหนดวัน',
      en: 'Ask the counter whether the patient was authenticated that day; the next runs look again until the day is too old.',
    },
  },
  'other-hospital': {
    th: 'ในวันนั้นมีเฉพาะรหัสที่ออกให้หน่วยบริการอื่น',
    en: 'The only code of the patient and day was issued to another hospital.',
    next: {
      th: 'ตรวจว่าผู้ป่วยมารับบริการที่นี่จริงและยืนยันตัวตนที่หน่วยใด รหัสของหน่วยอื่นใช้แทนกันไม่ได้',
      en: 'Find out whether the patient was authenticated here as well; the code of another hospital cannot be used.',
    },
  },
  disagree: {
    th: 'รหัสใน HIS กับรหัสที่ สปสช. ไม่ตรงกัน',
    en: 'The HIS and NHSO hold different codes for the visit.',
    next: {
      th: 'เทียบทั้งสองรหัสกับ สปสช. หากรหัสใน HIS ผิดให้แก้ใน HIS ระบบไม่เขียนทับ',
      en: 'Compare both with NHSO; if the one in the HIS is wrong, correct it there: the bridge never overwrites.',
    },
  },
  'not-required': {
    th: 'ไม่ต้องมีรหัส หรือการมารับบริการถูกยกเลิกแล้ว',
    en: 'The visit needs no code, or stands no more.',
    next: {
      th: 'ไม่ต้องทำอะไร หากควรต้องมีรหัส ให้ผู้ดูแลระบบตรวจส่วน "requires" ในไฟล์ตั้งค่า',
      en: 'Nothing needs to be done. If it should need a code, look at "requires" in the configuration.',
    },
  },
};

const FOUND_IN_A_DRY_RUN: ReasonWording = {
  th: 'พบรหัสที่ออกไว้แล้ว (รอบทดลอง ยังไม่ได้บันทึกลง HIS)',
  en: 'A code that fits was found; a dry run writes nothing.',
  next: {
    th: 'หากผลถูกต้อง ให้เรียกใช้อีกครั้งโดยไม่มี --dry-run ระบบจะบันทึกให้',
    en: 'If this is right, run it without --dry-run: then it is written.',
  },
};

const FOUND_AND_UNDONE: ReasonWording = {
  th: 'พบรหัสและบันทึกลง HIS แล้ว ต่อมามีการยกเลิกผลของรอบนี้',
  en: 'A code that fits was found and written into the HIS; the run was undone since.',
  next: {
    th: 'ดูที่ สปสช. ว่ารหัสใดเป็นของการมารับบริการนี้ แล้วเลือกรหัสนั้น หรือปิดรายการพร้อมเหตุผล',
    en: "See at NHSO which code belongs to this visit and adopt it ('adopt-code'), or close the case with a reason.",
  },
};

/** What became of what the run found. */
export interface Aftermath {
  dryRun: boolean;
  undone: boolean;
}

export function outcomeText(outcome: Outcome, { dryRun, undone }: Aftermath): ReasonWording {
  if (outcome === 'found' && dryRun) return FOUND_IN_A_DRY_RUN;
  if (outcome === 'found' && undone) return FOUND_AND_UNDONE;
  return TEXTS[outcome];
}

/** True when the next step is none. */
export function isNothingToDo(next: Wording): boolean {
  return next === NOTHING;
}

const MISFITS: Record<Misfit, Wording> = {
  person: { th: 'คนละบุคคล', en: 'another person' },
  hospital: { th: 'ออกให้หน่วยบริการอื่น', en: 'another hospital' },
  date: { th: 'คนละวัน', en: 'another day' },
  'claim-type': { th: 'คนละประเภทบริการ', en: 'another claim type' },
  'close-visit-code': { th: 'เป็นรหัสปิดสิทธิ (EP)', en: 'a close-visit code (EP)' },
  'not-a-code': { th: 'ไม่ใช่รูปแบบของรหัส', en: 'no authen code' },
  'held-by-other-visit': { th: 'ใช้กับการมารับบริการอื่นแล้ว', en: 'on another visit already' },
};

export function misfitText(misfit: Misfit): Wording {
  return MISFITS[misfit];
}
