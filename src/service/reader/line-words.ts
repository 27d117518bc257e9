/** What a clerk and the log are told of the worker's line, over which the bridge reaches the agent of this counter. */

import type { LineState } from '../ports/agent-lines.ts';

/**
 * The status line, Thai and English; null where a clerk needs to know nothing. A line that the bridge does not want (most
 * bridges reach their agents themselves) is no news, so only one that has been up can be missed.
 */
export function lineWords(state: LineState, hasBeenUp: boolean): string | null {
  switch (state.is) {
    case 'up':
      return 'สายส่งคำขอรหัสพร้อม ระบบกลางขอรหัสผ่านเครื่องนี้ | line up: codes are asked for through this counter';
    case 'replaced':
      return (
        'มีเครื่องอื่นใช้จุดบริการนี้อยู่ ให้เปิดโปรแกรมอ่านบัตรเพียงเครื่องเดียว | ' +
        'another reader works under the name of this counter: run only one'
      );
    case 'away':
    case 'refused':
      if (!hasBeenUp) return null;
      return (
        'สายส่งคำขอรหัสขาด กำลังต่อใหม่ ยังอ่านบัตรได้ตามปกติ | ' +
        'line broken, being opened again: cards are read as usual, codes come later'
      );
    case 'opening':
    case 'closed':
      return null;
  }
}
