/**
 * What a state and a reason mean, and what to do, in the words of a clerk at the counter (Thai first, English for who
 * looks after the machine). One table; the compiler sees to it that none is missing.
 */

import type { CaseState, Reason } from './case.ts';

export interface Wording {
  th: string;
  en: string;
}

export interface ReasonWording extends Wording {
  /** What the reader should do; "nothing" is an answer too. */
  next: Wording;
}

const NOTHING: Wording = { th: 'ไม่ต้องทำอะไร', en: 'Nothing needs to be done.' };
const BY_ITSELF: Wording = {
  th: 'ไม่ต้องทำอะไร ระบบจะทำต่อเอง',
  en: 'Nothing needs to be done; the bridge goes on by itself.',
};
const CHECK_RULES: Wording = {
  th: 'ไม่ต้องทำอะไร หากควรต้องขอรหัส ให้ผู้ดูแลระบบตรวจส่วน "requires" ในไฟล์ตั้งค่า',
  en: 'Nothing needs to be done. If it should need a code, look at "requires" in the configuration.',
};

const STATES: Record<CaseState, Wording> = {
  'awaiting-card': { th: 'รอผู้ป่วยเสียบบัตรประชาชน', en: "Waiting for the patient's card." },
  ready: { th: 'อ่านบัตรแล้ว กำลังจะส่งคำขอไป สปสช.', en: 'Card read; the request to NHSO is next.' },
  drafted: { th: 'ส่งร่างคำขอแล้ว รอยืนยัน', en: 'NHSO holds the draft; its confirmation is next.' },
  confirming: { th: 'กำลังขอรหัสจาก สปสช.', en: 'The code is being asked for at NHSO.' },
  unknown: {
    th: 'ไม่ได้รับคำตอบจาก สปสช. กำลังตรวจสอบว่าออกรหัสแล้วหรือยัง',
    en: "NHSO's answer was lost; the bridge looks whether a code was issued before it asks again.",
  },
  offline: {
    th: 'อ่านบัตรแล้วขณะติดต่อ สปสช. ไม่ได้ รอการเชื่อมต่อกลับมา',
    en: 'The card was read while NHSO could not be reached; waiting for NHSO.',
  },
  confirmed: { th: 'ได้รหัสแล้ว กำลังบันทึกลง HIS', en: 'The code is here; writing it into the HIS is next.' },
  'found-elsewhere': {
    th: 'พบรหัสที่ออกไว้แล้ว กำลังบันทึกลง HIS',
    en: 'A code that was issued before was found; writing it into the HIS is next.',
  },
  written: { th: 'บันทึกรหัสลง HIS แล้ว', en: 'The HIS holds the code.' },
  'needs-staff': { th: 'ต้องให้เจ้าหน้าที่ดำเนินการ', en: 'A person must decide.' },
  'not-required': { th: 'ไม่ต้องขอรหัส', en: 'No code is needed.' },
  expired: { th: 'หมดวันรับบริการแล้ว ไม่พบรหัส', en: 'The service day is over and no code was found.' },
  cancelled: { th: 'การมารับบริการถูกยกเลิก', en: 'The visit was cancelled.' },
  closed: { th: 'เจ้าหน้าที่ปิดรายการแล้ว', en: 'A person closed the case.' },
};

const REASONS: Record<Reason, ReasonWording> = {
  // a person must decide
  'unreadable-row': {
    th: 'ข้อมูลการมารับบริการใน HIS ไม่ถูกต้อง',
    en: "The visit's row in the HIS cannot be understood.",
    next: {
      th: 'แก้ข้อมูลใน HIS ตามรายละเอียด แล้วระบบจะอ่านใหม่เอง',
      en: 'Put right in the HIS what the detail names; the bridge sees it by itself.',
    },
  },
  'no-citizen-id': {
    th: 'HIS ไม่มีเลขประจำตัวประชาชนของผู้ป่วย',
    en: 'The HIS holds no citizen id for the patient.',
    next: {
      th: 'เพิ่มเลขประจำตัวประชาชนใน HIS หรือปิดรายการพร้อมเหตุผล',
      en: 'Enter the citizen id in the HIS, or close the case with a reason.',
    },
  },
  'invalid-citizen-id': {
    th: 'เลขประจำตัวประชาชนใน HIS ไม่ถูกต้อง (เลขตรวจสอบไม่ตรง)',
    en: 'The citizen id in the HIS is not a valid one (its check digit is wrong).',
    next: {
      th: 'ตรวจกับบัตรแล้วแก้ใน HIS หากเป็นคนต่างด้าวให้ปิดรายการพร้อมเหตุผล',
      en: 'Compare it with the card and correct the HIS; for a foreigner close the case with a reason.',
    },
  },
  'no-phone': {
    th: 'HIS ไม่มีเบอร์โทรศัพท์มือถือของผู้ป่วย',
    en: 'The HIS holds no mobile number of the patient.',
    next: {
      th: 'ถามเบอร์มือถือจากผู้ป่วยหรือผู้ปกครอง แล้วกรอกที่รายการนี้หรือใน HIS',
      en: "Ask the patient (or guardian) for a mobile number; give it here ('give-phone') or in the HIS.",
    },
  },
  'enter-at-nhso': {
    th: 'ยืนยันตัวผู้ป่วยแล้วโดยไม่ใช้บัตรของผู้ป่วย (มีผู้รับรอง หรือถ่ายรูปคู่บัตร) ต้องขอรหัสที่หน้าเว็บ New Authen ของ สปสช.',
    en: "The patient's presence is proved without their card (certified, or by a photo); the code is had on NHSO's New Authen page.",
    next: {
      th: 'เข้าหน้าเว็บ New Authen ของ สปสช. ภายในวันนี้ แล้วขอรหัสด้วยบัตรของผู้รับรองหรือรูปถ่าย ระบบจะค้นหารหัสและบันทึกลง HIS เอง (กดลองใหม่เพื่อค้นทันที) หากได้บัตรของผู้ป่วยมา ให้เสียบบัตรตามปกติ',
      en: "Ask for it there today, with the certifier's card or the photo; the bridge finds the code and writes it by itself ('retry' looks at once). Should the patient's own card turn up, read it as usual.",
    },
  },
  'claim-type-not-offered': {
    th: 'สปสช. ไม่มีประเภทบริการที่ตั้งค่าไว้ให้ผู้ป่วยรายนี้',
    en: 'NHSO does not offer the configured claim type for this patient.',
    next: {
      th: 'เลือกประเภทบริการจากรายการในรายละเอียด',
      en: "Choose one of the claim types in the detail ('choose-claim-type').",
    },
  },
  'same-day-code': {
    th: 'วันนี้ผู้ป่วยมีรหัสของการรับบริการครั้งอื่นแล้ว และไม่พบรหัสที่สอง',
    en: 'A code of this patient and day belongs to another visit, and NHSO shows no second one.',
    next: {
      th: 'ถ้าเห็นรหัสอีกตัวที่ สปสช. ให้กรอกรหัสนั้น หรือปิดรายการพร้อมเหตุผล',
      en: "If NHSO shows another code, adopt it ('adopt-code'); otherwise close the case with a reason.",
    },
  },
  'person-mismatch': {
    th: 'บุคคลตามคำตอบของ สปสช. ไม่ตรงกับผู้ป่วยของการรับบริการนี้',
    en: "NHSO's answer and the visit name different persons.",
    next: {
      th: 'ตรวจว่าเป็นบัตรของผู้ป่วยและข้อมูลใน HIS ถูกคน แล้วแก้ใน HIS หรือปิดรายการ',
      en: "Check that it was the patient's card and that the HIS has the right person; correct the HIS or close.",
    },
  },
  refused: {
    th: 'สปสช. ปฏิเสธคำขอ และไม่พบรหัสที่ออกไว้',
    en: 'NHSO refused the request, and no code was found there.',
    next: {
      th: 'อ่านข้อความของ สปสช. ในรายละเอียด แก้ตามนั้นแล้วกดลองใหม่',
      en: "Read NHSO's words in the detail, put that right, then retry.",
    },
  },
  'code-does-not-fit': {
    th: 'พบรหัส แต่ไม่ตรงกับผู้ป่วย วันที่ หรือประเภทบริการ',
    en: 'There is a code, but it differs in person, date or claim type.',
    next: {
      th: 'ตรวจรหัสที่แสดงไว้กับ สปสช. แล้วเลือกใช้รหัสที่ถูกต้อง หรือปิดรายการ',
      en: "Compare the candidates with NHSO; adopt the right code ('adopt-code') or close the case.",
    },
  },
  'code-ambiguous': {
    th: 'ไม่แน่ชัดว่ารหัสใดเป็นของการรับบริการนี้',
    en: 'It is not certain which code belongs to this visit.',
    next: {
      th: 'ดูที่ สปสช. ว่ารหัสใดเป็นของการรับบริการนี้ แล้วเลือกรหัสนั้น',
      en: "See at NHSO which one belongs to this visit and adopt it ('adopt-code').",
    },
  },
  'code-held': {
    th: 'รหัสนี้ใช้กับการรับบริการครั้งอื่นแล้ว',
    en: 'The code is already on another visit.',
    next: {
      th: 'ตรวจว่ารหัสเป็นของครั้งใด หากอีกครั้งถูกต้องให้ปิดรายการนี้',
      en: 'Find out which visit it belongs to; if it is the other, close this case.',
    },
  },
  'second-code': {
    th: 'สปสช. ออกรหัสให้ผู้ป่วยรายนี้อีกรหัสหนึ่งในเวลาเดียวกัน (เช่น ทาง LINE หรือตู้บริการ) รายการนี้ใช้รหัสแรกอยู่',
    en: 'NHSO issued a second code at the same time (by LINE or a kiosk, for example); the visit has the first.',
    next: {
      th: 'ดูที่ สปสช. ว่ารหัสใดใช้ได้ ถ้าใช้รหัสแรก ให้กดลองใหม่ แล้วยกเลิกอีกรหัสที่ สปสช. หากจำเป็น ถ้าใช้อีกรหัส ให้บันทึกใน HIS แล้วปิดรายการ',
      en: 'See at NHSO which one counts. To keep the first, retry, and cancel the other at NHSO if need be; to use the other, enter it in the HIS and close the case.',
    },
  },
  'his-holds-other-code': {
    th: 'ช่องรหัสใน HIS มีค่าอื่นอยู่แล้ว ระบบไม่เขียนทับ',
    en: 'The HIS column holds another value; the bridge never overwrites.',
    next: {
      th: 'ตรวจค่าใน HIS หากผิดให้ลบออกแล้วกดลองใหม่ หากถูกให้ปิดรายการ',
      en: 'Look at the value in the HIS: if it is wrong, clear it and retry; if it is right, close the case.',
    },
  },
  'his-code-removed': {
    th: 'รหัสที่บันทึกไว้หายไปจาก HIS แล้ว',
    en: 'The code that was written is no longer in the HIS.',
    next: {
      th: 'ถ้ารหัสยังเป็นของการรับบริการนี้ ให้กดลองใหม่เพื่อบันทึกอีกครั้ง ถ้าไม่ใช่ให้ปิดรายการ',
      en: 'If the code still belongs to this visit, retry: it is written again. If not, close the case.',
    },
  },
  'his-row-missing': {
    th: 'HIS ไม่มีแถวสิทธิ (visit_pttype) ของการรับบริการนี้ให้บันทึกรหัส',
    en: 'The visit has no right row (visit_pttype) in the HIS that could hold the code.',
    next: { th: 'บันทึกสิทธิใน HIS แล้วกดลองใหม่', en: 'Record the right in the HIS, then retry.' },
  },
  'his-row-locked': {
    th: 'HIS ล็อกแถวสิทธิของการรับบริการนี้แล้ว',
    en: 'The HIS has locked the row.',
    next: {
      th: 'ปลดล็อกใน HIS แล้วกดลองใหม่ หรือบันทึกรหัสเองแล้วปิดรายการ',
      en: 'Unlock it in the HIS and retry, or enter the code by hand and close the case.',
    },
  },
  'his-refused': {
    th: 'HIS ไม่รับการบันทึกรหัส',
    en: 'The HIS did not keep the code, or does not permit writing it.',
    next: {
      th: 'ให้ผู้ดูแลระบบเรียก npm run doctor ตรวจสิทธิ์ฐานข้อมูล แล้วกดลองใหม่',
      en: 'Let npm run doctor check the grants of the database user, then retry.',
    },
  },
  'visit-cancelled-after-code': {
    th: 'การรับบริการถูกยกเลิก แต่ สปสช. ออกรหัสให้แล้ว',
    en: 'The visit was cancelled, but NHSO has issued a code for it.',
    next: {
      th: 'ยกเลิกรหัสที่ สปสช. หากจำเป็น แล้วปิดรายการพร้อมเหตุผล',
      en: 'Cancel the code at NHSO if need be, then close the case with a reason.',
    },
  },
  'lookup-refused': {
    th: 'สปสช. ไม่ยอมให้ค้นหารหัสที่ออกไว้',
    en: 'NHSO refuses to say which codes it has issued.',
    next: {
      th: 'อ่านข้อความของ สปสช. ในรายละเอียด ให้ผู้ดูแลระบบตรวจโปรแกรมอ่านบัตร (Agent) แล้วกดลองใหม่ ระหว่างนี้ระบบลองเองจนหมดวัน',
      en: "Read NHSO's words in the detail, let the agent be checked, then retry. Until the day is over the bridge tries by itself as well.",
    },
  },
  'card-not-read-again': {
    th: 'อ่านบัตรขณะติดต่อ สปสช. ไม่ได้ (เวลาและจุดบริการอยู่ในรายละเอียด) และยังไม่มีรหัส',
    en: 'The card was read while NHSO could not be reached (time and counter in the detail), and there is still no code.',
    next: {
      th: 'ติดต่อผู้ป่วยให้กลับมาเสียบบัตรอีกครั้งก่อนเที่ยงคืนวันนี้ หรือขอรหัสทาง LINE/ตู้บริการ ระบบจะทำต่อเอง',
      en: 'Call the patient back to have the card read once more before midnight, or to get a code by LINE or at a kiosk; the bridge then goes on by itself.',
    },
  },
  'write-back-undone': {
    th: 'มีการยกเลิกผลการตรวจสอบของรอบนั้น รหัสที่บันทึกไว้ถูกนำออกจาก HIS แล้ว',
    en: 'The run that wrote the code was undone; the code was taken out of the HIS again.',
    next: {
      th: 'ดูที่ สปสช. ว่ารหัสใดเป็นของการรับบริการนี้ แล้วเลือกรหัสนั้น หรือปิดรายการพร้อมเหตุผล',
      en: "See at NHSO which code belongs to this visit and adopt it ('adopt-code'), or close the case with a reason.",
    },
  },
  'service-day-over': {
    th: 'หมดวันก่อนได้รหัส สาเหตุเดิม (ถ้ามี) อยู่ในรายละเอียด',
    en: 'The day ended before there was a code; the detail says what stood in the way, if anything did.',
    next: {
      th: 'ตรวจที่ สปสช. ว่ามีรหัสของวันนั้นหรือไม่ ถ้ามีให้กรอก ถ้าไม่มีให้ปิดรายการ',
      en: "Look at NHSO for a code of that day: adopt it ('adopt-code'), or close the case with a reason.",
    },
  },

  // no code is needed
  'not-required-visit-kind': {
    th: 'ประเภทการรับบริการนี้ไม่ต้องขอรหัส (เช่น ผู้ป่วยใน)',
    en: 'Visits of this kind need no code (an admission, for example).',
    next: CHECK_RULES,
  },
  'not-required-nationality': {
    th: 'ไม่ใช่คนสัญชาติไทย ไม่ต้องขอรหัส',
    en: 'The patient is not a Thai citizen.',
    next: CHECK_RULES,
  },
  'not-required-right': { th: 'สิทธินี้ไม่ต้องขอรหัส', en: 'This right needs no code.', next: CHECK_RULES },
  'not-required-department': {
    th: 'แผนกนี้ไม่ต้องขอรหัส',
    en: 'This department needs no code.',
    next: CHECK_RULES,
  },

  // the case waits, or is over
  'waiting-card': {
    th: 'ยังไม่ได้อ่านบัตรของผู้ป่วย',
    en: "The patient's card has not been read yet.",
    next: {
      th: 'ขอบัตรประชาชนจากผู้ป่วย เสียบที่เครื่องอ่านของจุดบริการ',
      en: "Ask the patient for the card and put it into the counter's reader.",
    },
  },
  'waiting-reread': {
    th: 'อ่านบัตรขณะติดต่อ สปสช. ไม่ได้',
    en: 'The card was read while NHSO could not be reached.',
    next: {
      th: 'เมื่อติดต่อ สปสช. ได้แล้ว ให้เสียบบัตรอีกครั้งภายในวันนี้',
      en: 'When NHSO is back, read the card once more, before the day ends.',
    },
  },
  'waiting-nhso': { th: 'ติดต่อ สปสช. ไม่ได้ชั่วคราว', en: 'NHSO cannot be reached for now.', next: BY_ITSELF },
  'ledger-restored': {
    th: 'กู้คืนข้อมูลของระบบจากสำเนาสำรอง กำลังตรวจสอบที่ สปสช. ก่อนขอรหัส',
    en: 'The ledger was restored from a backup; the bridge looks whether NHSO has issued a code before it asks.',
    next: { th: 'รอ ระบบทำเอง อย่าขอรหัสซ้ำทางอื่น', en: 'Nothing; do not ask for a code elsewhere meanwhile.' },
  },
  'waiting-his': { th: 'ติดต่อ HIS ไม่ได้ชั่วคราว', en: 'The HIS cannot be reached for now.', next: BY_ITSELF },
  'day-over-no-card': {
    th: 'หมดวันแล้ว ไม่ได้อ่านบัตรของผู้ป่วย',
    en: 'The day is over and no card was read.',
    next: {
      th: 'ถ้ามีรหัสของวันนั้นที่ สปสช. ให้กรอกที่รายการนี้',
      en: "If NHSO shows a code of that day, adopt it ('adopt-code').",
    },
  },
  'day-over-not-entered': {
    th: 'หมดวันแล้ว มีการยืนยันตัวผู้ป่วยโดยไม่ใช้บัตร แต่ไม่พบรหัสที่ สปสช.',
    en: 'The day is over; presence was proved without the card, and NHSO showed no code for it.',
    next: {
      th: 'ถ้ามีรหัสของวันนั้นที่ สปสช. ให้กรอกที่รายการนี้',
      en: "If NHSO shows a code of that day, adopt it ('adopt-code').",
    },
  },
  'visit-cancelled': { th: 'HIS ยกเลิกการรับบริการนี้แล้ว', en: 'The HIS no longer has the visit.', next: NOTHING },
  'closed-by-staff': {
    th: 'เจ้าหน้าที่ปิดรายการ ดูเหตุผลในประวัติ',
    en: 'A person closed the case; the history says why.',
    next: NOTHING,
  },
};

/** Every reason there is, for a schema that must list them. */
export const REASON_CODES = Object.keys(REASONS) as readonly Reason[];

export function reasonText(reason: Reason): ReasonWording {
  return REASONS[reason];
}

export function stateText(state: CaseState): Wording {
  return STATES[state];
}
