/**
 * The one line at the counter: what the reader is doing and what the clerk may do about it, in Thai and in English.
 * A citizen id is shown masked.
 */

import { maskCitizenId } from '../../domain/citizen-id.ts';
import type { Why } from './choose.ts';
import type { ReadKind } from './counter.ts';
import { oneLine, type Words } from './words.ts';

/** States of which nothing more is to be said. */
type PlainStatus = 'starting' | 'ready' | 'reading' | 'stopped';

/** Why a source shows no reader. */
export type SourceTrouble = 'away' | 'no-reader' | 'missing';

/** Why a card cannot be read, where it is known. */
export type CardTrouble = 'mute' | 'other-card' | 'reader-busy';

/** The card side. */
export type CounterStatus =
  | { is: PlainStatus }
  /** Null: that source is not configured. */
  | { is: 'no-source'; agent: SourceTrouble | null; pcsc: SourceTrouble | null }
  | { is: 'cannot-read'; because: CardTrouble | null }
  | { is: 'read'; pid: string; kind: ReadKind; again: boolean; by: 'agent' | 'pcsc' | 'pcsc-only' }
  | { is: 'refused'; pid: string; message: string }
  | { is: 'same-card'; pid: string }
  | { is: 'cannot-keep'; reason: string };

/** The bridge side. */
export interface LinkStatus {
  is: 'up' | 'away' | 'key-refused' | 'clocks-differ';
  /** Reads on disk that the bridge has not taken; shown unless the line is up. */
  waiting: number;
  rejected: number;
  /** The bridge's words on the last one, in this run. */
  rejectedBecause: string | null;
}

/** All that the line tells of. */
export interface Shown {
  counter: CounterStatus;
  /** Why the source in use is in use. */
  why: Why;
  link: LinkStatus;
  /** How far the bridge's clock is ahead of this machine's, ms; null: not known. */
  clockAheadMs: number | null;
}

/** From here on a clock is wrong enough to be spoken of, ms. The bridge refuses reads from its future at five minutes. */
export const CLOCK_OFF_MS = 60_000;

/** `ไทย · ไทย | English · English`, without time or station. */
export function statusLine(shown: Shown): string {
  return oneLine(statusWords(shown));
}

export function statusWords({ counter, why, link, clockAheadMs }: Shown): Words[] {
  const isQuiet = counter.is === 'no-source' || counter.is === 'stopped' || counter.is === 'starting';
  const source = isQuiet ? null : WHY[why];
  const clock = clockWords(clockAheadMs);
  return [
    ...counterWords(counter),
    ...(source === null ? [] : [source]),
    ...linkWords(link),
    ...(clock === null ? [] : [clock]),
  ];
}

const PLAIN: Record<PlainStatus, Words> = {
  starting: { th: 'กำลังเริ่มทำงาน', en: 'starting' },
  ready: { th: 'พร้อม กรุณาเสียบบัตร', en: 'ready; put a card in' },
  reading: { th: 'กำลังอ่านบัตร อย่าเพิ่งดึงออก', en: 'reading the card; leave it in' },
  stopped: { th: 'หยุดทำงาน', en: 'stopped' },
};

const AGENT_TROUBLE: Record<SourceTrouble, Words> = {
  away: {
    th: 'โปรแกรมอ่านบัตรของ สปสช. ในเครื่องนี้ไม่ตอบ กำลังรอ',
    en: 'the NHSO SmartCard Agent does not answer; waiting for it',
  },
  'no-reader': { th: 'ไม่พบเครื่องอ่านบัตร กรุณาตรวจสาย', en: 'no card reader found; check its cable' },
  missing: { th: 'ไม่มีโปรแกรมอ่านบัตรของ สปสช.', en: 'there is no NHSO SmartCard Agent' },
};

const PCSC_TROUBLE: Record<SourceTrouble, Words> = {
  away: {
    th: 'บริการเครื่องอ่านบัตรของเครื่องนี้ (pcscd / Smart Card) ไม่ทำงาน',
    en: 'the card service of this machine (pcscd / Smart Card) is not running',
  },
  'no-reader': AGENT_TROUBLE['no-reader'],
  missing: {
    th: 'เครื่องนี้ยังไม่มีส่วนที่ใช้อ่านบัตรโดยตรง (pcsc-mini) แจ้งผู้ดูแล',
    en: 'what reads cards directly (pcsc-mini) is not installed here; tell the administrator',
  },
};

const CARD_TROUBLE: Record<CardTrouble, Words> = {
  mute: {
    th: 'บัตรไม่ตอบ กลับด้านบัตร เช็ดหน้าสัมผัส แล้วเสียบใหม่',
    en: 'the card gives no answer; turn it over, wipe it, put it in again',
  },
  'other-card': {
    th: 'ไม่ใช่บัตรประจำตัวประชาชนไทย ขอบัตรประชาชน',
    en: 'not a Thai national ID card; ask for that card',
  },
  'reader-busy': {
    th: 'โปรแกรมอื่นกำลังใช้เครื่องอ่านบัตร กำลังลองอีก ปิดโปรแกรมนั้นถ้าไม่หาย',
    en: 'another program holds the card reader; still trying; close that program if it lasts',
  },
};

const CANNOT_READ: Words = {
  th: 'อ่านบัตรไม่ได้ ตรวจด้านของบัตรแล้วเสียบใหม่ กำลังลองอีก',
  en: 'the card cannot be read; check its side and put it in again; still trying',
};

/** Said beside what the counter does. */
const WHY: Record<Why, Words | null> = {
  only: null,
  first: null,
  'agent-away': {
    th: 'อ่านตรงจากเครื่องอ่าน เพราะโปรแกรม สปสช. ไม่ตอบ',
    en: 'reading directly: the NHSO agent does not answer',
  },
  'agent-no-reader': {
    th: 'อ่านตรงจากเครื่องอ่าน เพราะโปรแกรม สปสช. ไม่พบเครื่องอ่าน',
    en: 'reading directly: the NHSO agent finds no reader',
  },
  'agent-sees-no-card': {
    th: 'อ่านตรงจากเครื่องอ่าน เพราะโปรแกรม สปสช. มองไม่เห็นบัตร',
    en: 'reading directly: the NHSO agent does not see the card',
  },
  'agent-cannot-read': {
    th: 'อ่านตรงจากเครื่องอ่าน เพราะโปรแกรม สปสช. อ่านบัตรไม่ได้',
    en: 'reading directly: the NHSO agent cannot read the card',
  },
};

function counterWords(status: CounterStatus): Words[] {
  switch (status.is) {
    case 'no-source':
      return noSourceWords(status.agent, status.pcsc);
    case 'cannot-read':
      return [status.because === null ? CANNOT_READ : CARD_TROUBLE[status.because]];
    case 'read':
      return [readWords(status)];
    case 'refused':
      return [
        {
          th: `อ่านบัตร ${maskCitizenId(status.pid)} แล้ว แต่ สปสช. ไม่รับ: ${status.message}`,
          en: `read ${maskCitizenId(status.pid)}, but NHSO refused: ${status.message}`,
        },
      ];
    case 'same-card':
      return [
        {
          th: `บัตรเดิม ${maskCitizenId(status.pid)} อ่านไว้แล้ว หากเป็นการรับบริการใหม่ให้ดึงออกแล้วเสียบใหม่`,
          en: `same card ${maskCitizenId(status.pid)}, read before; for a new visit take it out and put it in again`,
        },
      ];
    case 'cannot-keep':
      return [
        {
          th: `บันทึกลงดิสก์ไม่ได้ อย่าเพิ่งดึงบัตรออก (${status.reason})`,
          en: `cannot write to disk; leave the card in (${status.reason})`,
        },
      ];
    default:
      return [PLAIN[status.is]];
  }
}

function noSourceWords(agent: SourceTrouble | null, pcsc: SourceTrouble | null): Words[] {
  const words = [
    ...(agent === null ? [] : [AGENT_TROUBLE[agent]]),
    ...(pcsc === null ? [] : [PCSC_TROUBLE[pcsc]]),
  ];
  return [...new Set(words)];
}

function readWords(status: Extract<CounterStatus, { is: 'read' }>): Words {
  const pid = maskCitizenId(status.pid);
  if (status.kind === 'full') {
    return status.again
      ? {
          th: `สปสช. กลับมาแล้ว อ่านบัตร ${pid} ใหม่แล้ว ดึงบัตรออกได้`,
          en: `NHSO is back, read ${pid} again; the card may go`,
        }
      : { th: `อ่านบัตร ${pid} แล้ว ดึงบัตรออกได้`, en: `read ${pid}; the card may go` };
  }
  switch (status.by) {
    case 'agent':
      return {
        th: `อ่านบัตร ${pid} แล้ว แต่ติดต่อ สปสช. ไม่ได้ ถ้าทิ้งบัตรไว้จะอ่านใหม่เอง`,
        en: `read ${pid}, but NHSO cannot be reached; left in, the card is read again by itself`,
      };
    case 'pcsc':
      return {
        th: `อ่านบัตร ${pid} แล้ว ยังไม่ผ่าน สปสช. ถ้าทิ้งบัตรไว้จะอ่านใหม่เอง`,
        en: `read ${pid}, without NHSO so far; left in, the card is read again by itself`,
      };
    case 'pcsc-only':
      return {
        th: `อ่านบัตร ${pid} แล้ว (เฉพาะบัตร ไม่ผ่าน สปสช.) ดึงบัตรออกได้`,
        en: `read ${pid} (the card alone, without NHSO); the card may go`,
      };
  }
}

function linkWords(link: LinkStatus): Words[] {
  const words: Words[] = [];
  if (link.is === 'away') {
    words.push({
      th: `ติดต่อ authen-bridge ไม่ได้ เก็บไว้ในเครื่อง ${link.waiting} รายการ`,
      en: `bridge away, ${link.waiting} kept on this machine`,
    });
  }
  if (link.is === 'key-refused') {
    words.push({
      th: `authen-bridge ไม่รับกุญแจของจุดนี้ เก็บไว้ในเครื่อง ${link.waiting} รายการ แจ้งผู้ดูแล`,
      en: `key refused by the bridge, ${link.waiting} kept on this machine; tell the administrator`,
    });
  }
  if (link.is === 'clocks-differ') {
    words.push({
      th: `นาฬิกาของเครื่องนี้กับ authen-bridge ไม่ตรงกัน เก็บไว้ในเครื่อง ${link.waiting} รายการ แจ้งผู้ดูแล`,
      en: `the clocks of this machine and the bridge differ, ${link.waiting} kept on this machine; tell the administrator`,
    });
  }
  if (link.rejected > 0) {
    const because = link.rejectedBecause === null ? '' : `: ${link.rejectedBecause}`;
    words.push({
      th: `ไม่ถูกรับ ${link.rejected} รายการ (โฟลเดอร์ rejected)${because}`,
      en: `${link.rejected} not accepted (folder "rejected")${because}`,
    });
  }
  return words;
}

/** Whole minutes: the line says something new each time that it changes. */
function clockWords(aheadMs: number | null): Words | null {
  if (aheadMs === null || Math.abs(aheadMs) <= CLOCK_OFF_MS) return null;
  const minutes = Math.max(1, Math.round(Math.abs(aheadMs) / 60_000));
  return aheadMs > 0
    ? {
        th: `นาฬิกาเครื่องนี้ช้ากว่า authen-bridge ประมาณ ${minutes} นาที แจ้งผู้ดูแล`,
        en: `this machine's clock is about ${minutes} min behind the bridge's; tell the administrator`,
      }
    : {
        th: `นาฬิกาเครื่องนี้เร็วกว่า authen-bridge ประมาณ ${minutes} นาที แจ้งผู้ดูแล`,
        en: `this machine's clock is about ${minutes} min ahead of the bridge's; tell the administrator`,
      };
}
