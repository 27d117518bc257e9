/**
 * The one line at the counter: what the reader is doing and what the clerk may do about it, in Thai and in English.
 * A citizen id is shown masked.
 */

import { maskCitizenId } from '../../domain/citizen-id.ts';
import type { ReadKind } from './counter.ts';

/** States of which nothing more is to be said. */
type PlainStatus = 'starting' | 'source-away' | 'no-reader' | 'ready' | 'reading' | 'cannot-read' | 'stopped';

/** The card side. */
export type CounterStatus =
  | { is: PlainStatus }
  | { is: 'read'; pid: string; kind: ReadKind; again: boolean }
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

interface Words {
  th: string;
  en: string;
}

/** `ไทย · ไทย | English · English`, without time or station. */
export function statusLine(counter: CounterStatus, link: LinkStatus): string {
  const parts = [counterWords(counter), ...linkWords(link)];
  return `${parts.map((p) => p.th).join(' · ')} | ${parts.map((p) => p.en).join(' · ')}`;
}

const PLAIN: Record<PlainStatus, Words> = {
  starting: { th: 'กำลังเริ่มทำงาน', en: 'starting' },
  'source-away': {
    th: 'โปรแกรมอ่านบัตรของ สปสช. ในเครื่องนี้ไม่ตอบ กำลังรอ',
    en: 'the NHSO SmartCard Agent does not answer; waiting for it',
  },
  'no-reader': { th: 'ไม่พบเครื่องอ่านบัตร กรุณาตรวจสาย', en: 'no card reader found; check its cable' },
  ready: { th: 'พร้อม กรุณาเสียบบัตร', en: 'ready; put a card in' },
  reading: { th: 'กำลังอ่านบัตร อย่าเพิ่งดึงออก', en: 'reading the card; leave it in' },
  'cannot-read': {
    th: 'อ่านบัตรไม่ได้ ตรวจด้านของบัตรแล้วเสียบใหม่ กำลังลองอีก',
    en: 'the card cannot be read; check its side and put it in again; still trying',
  },
  stopped: { th: 'หยุดทำงาน', en: 'stopped' },
};

function counterWords(status: CounterStatus): Words {
  switch (status.is) {
    case 'read':
      return readWords(maskCitizenId(status.pid), status.kind, status.again);
    case 'refused':
      return {
        th: `อ่านบัตร ${maskCitizenId(status.pid)} แล้ว แต่ สปสช. ไม่รับ: ${status.message}`,
        en: `read ${maskCitizenId(status.pid)}, but NHSO refused: ${status.message}`,
      };
    case 'same-card':
      return {
        th: `บัตรเดิม ${maskCitizenId(status.pid)} อ่านไว้แล้ว หากเป็นการรับบริการใหม่ให้ดึงออกแล้วเสียบใหม่`,
        en: `same card ${maskCitizenId(status.pid)}, read before; for a new visit take it out and put it in again`,
      };
    case 'cannot-keep':
      return {
        th: `บันทึกลงดิสก์ไม่ได้ อย่าเพิ่งดึงบัตรออก (${status.reason})`,
        en: `cannot write to disk; leave the card in (${status.reason})`,
      };
    default:
      return PLAIN[status.is];
  }
}

function readWords(pid: string, kind: ReadKind, again: boolean): Words {
  if (kind === 'card-only') {
    return {
      th: `อ่านบัตร ${pid} แล้ว แต่ติดต่อ สปสช. ไม่ได้ ถ้าทิ้งบัตรไว้จะอ่านใหม่เอง`,
      en: `read ${pid}, but NHSO cannot be reached; left in, the card is read again by itself`,
    };
  }
  return again
    ? {
        th: `สปสช. กลับมาแล้ว อ่านบัตร ${pid} ใหม่แล้ว ดึงบัตรออกได้`,
        en: `NHSO is back, read ${pid} again; the card may go`,
      }
    : { th: `อ่านบัตร ${pid} แล้ว ดึงบัตรออกได้`, en: `read ${pid}; the card may go` };
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
