/**
 * How it stands with what a client of the agent API has asked for, and what to do, in the words of a clerk (Thai first, English
 * for who looks after the machine). The compiler sees to it that none is missing.
 */

import { isUndecided, type OpenAsk } from './door-ask.ts';
import type { ReasonWording } from './reason-text.ts';

export const ASK_SITUATIONS = [
  'asking', // NHSO is being asked
  'lost', // the answer was lost; it is being looked up
  'issued', // the client has the code, and no visit has taken it
  'second-code', // the same, and NHSO shows another code besides
  'visit-has-other', // the same, and the person's visit of that day holds another code
  'came-late', // a code came after it had been asked for anew, and that is not over
  'undecided', // look-ups cannot tell what became of it
  'not-looked-up', // the answer was lost, and it is looked up no more
] as const;

export type AskSituation = (typeof ASK_SITUATIONS)[number];

const TEXTS: Record<AskSituation, ReasonWording> = {
  asking: {
    th: 'โปรแกรมที่จุดบริการกำลังขอรหัสจาก สปสช.',
    en: 'A program at the counter is asking NHSO for the code.',
    next: { th: 'รอ ระบบทำเอง', en: 'Nothing; how it ends is known in about a minute.' },
  },
  lost: {
    th: 'ไม่ได้รับคำตอบจาก สปสช. กำลังตรวจสอบว่าออกรหัสแล้วหรือยัง',
    en: "NHSO's answer was lost; the bridge looks whether a code was issued.",
    next: { th: 'รอ ระบบทำเอง อย่าขอรหัสซ้ำทางอื่น', en: 'Nothing; do not ask for a code elsewhere meanwhile.' },
  },
  issued: {
    th: 'สปสช. ออกรหัสแล้ว แต่ยังไม่มีการรับบริการใน HIS ที่จะบันทึกรหัสนี้',
    en: 'NHSO has issued the code; no visit of the HIS has taken it yet.',
    next: {
      th: 'เมื่อมีการรับบริการใน HIS ระบบจะบันทึกรหัสเอง ถ้าวันถัดไปแล้วยังอยู่ในรายการนี้ ให้บันทึกรหัสใน HIS เอง หรือยกเลิกที่ สปสช.',
      en: 'When the visit is in the HIS, the bridge writes it. If none comes by the next day, enter it by hand or cancel it at NHSO.',
    },
  },
  'second-code': {
    th: 'สปสช. ออกรหัสให้ผู้ป่วยรายนี้มากกว่าหนึ่งรหัส โปรแกรมที่จุดบริการได้รหัสแรกไปแล้ว รหัสอื่นแสดงไว้',
    en: 'There are two codes at NHSO: the one that the client has, and what is shown beside it.',
    next: {
      th: 'ดูที่ สปสช. ว่ารหัสใดใช้ได้ แล้วยกเลิกอีกรหัสหากจำเป็น เมื่อมีการรับบริการใน HIS รายการนั้นจะขึ้นให้เจ้าหน้าที่เลือกรหัส',
      en: "See there which one counts, and cancel the other if need be. When the visit is in the HIS, its case goes on the staff's list with both.",
    },
  },
  'visit-has-other': {
    th: 'สปสช. ออกรหัสแล้ว แต่การรับบริการของผู้ป่วยในวันนั้นมีรหัสอื่นอยู่ใน HIS แล้ว (แสดงไว้)',
    en: "NHSO has issued the code, and the patient's visit of that day holds another one (it is shown).",
    next: {
      th: 'ดูที่ สปสช. ว่ารหัสใดใช้ได้ แล้วยกเลิกอีกรหัส ถ้าผู้ป่วยมารับบริการอีกครั้งในวันนั้น ระบบจะใช้รหัสนี้เอง',
      en: 'See there which one counts, and cancel the other. Should the patient have a second visit that day, it gets this one.',
    },
  },
  'came-late': {
    th: 'มีรหัสออกมาช้า (แสดงไว้) หลังจากที่มีการขอใหม่แล้ว และยังไม่ทราบผลของคำขอใหม่',
    en: 'A code came late (it is shown), after the same had been asked for anew; what became of that is not known yet.',
    next: {
      th: 'รอประมาณหนึ่งนาที แล้วดูที่ สปสช. ว่ามีรหัสใดบ้างและรหัสใดใช้ได้ อย่าขอรหัสซ้ำทางอื่น',
      en: 'Wait about a minute, then see at NHSO which codes there are and which one counts; do not ask for one elsewhere.',
    },
  },
  undecided: {
    th: 'ไม่ได้รับคำตอบจาก สปสช. และค้นหาแล้วไม่แน่ชัดว่ารหัสใดเป็นของคำขอนี้ รหัสที่อาจใช่แสดงไว้',
    en: "NHSO's answer was lost, and look-ups cannot tell which code is the answer; those that may be are shown.",
    next: {
      th: 'ดูที่ สปสช. ว่ารหัสใดเป็นของผู้ป่วย อย่าขอรหัสซ้ำก่อนดู เมื่อมีการรับบริการใน HIS ภายในวันนั้น รายการจะขึ้นให้เจ้าหน้าที่เลือกรหัส',
      en: "Look at NHSO which one is the patient's, before a code is asked for again. When the visit is entered that day, its case goes on the staff's list.",
    },
  },
  'not-looked-up': {
    th: 'ไม่ได้รับคำตอบจาก สปสช. และระบบไม่ค้นหาต่อแล้ว (หมดวัน หรือเลขที่โปรแกรมส่งมาไม่ใช่ตัวเลข 13 หลัก)',
    en: "NHSO's answer was lost, and the bridge looks no more: the day is over, or the client sent no number of 13 digits.",
    next: {
      th: 'ดูที่ สปสช. ว่าผู้ป่วยมีรหัสของวันนั้นหรือไม่ ถ้ามี ให้บันทึกใน HIS เอง หรือยกเลิกที่ สปสช.',
      en: 'Look at NHSO whether the patient has a code of that day; if so, enter it by hand or cancel it there.',
    },
  },
};

export function askSituation(ask: OpenAsk): AskSituation {
  const hasOthers = ask.candidates.length > 0;
  if (ask.state === 'issued') {
    if (!hasOthers) return 'issued';
    return ask.candidates.every((c) => c.heldBy !== null) ? 'visit-has-other' : 'second-code';
  }
  if (isUndecided(ask)) return ask.lookAt === null ? 'not-looked-up' : 'undecided';
  return hasOthers ? 'came-late' : ask.state;
}

export function askText(situation: AskSituation): ReasonWording {
  return TEXTS[situation];
}
