/** `npm run reader -- status`: how the worker at this counter is, for whoever stands before it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isSpoolLocked } from '../../../adapters/reader/spool-lock.ts';
import { readStatusFile, type StoredReaderState } from '../../../adapters/reader/status-file.ts';

/** A state that is older than this, or of the future (a clock was set), is looked at again, ms. */
const SILENT_MS = 60_000;

/** A worker says that it lives every 15 seconds; one that is watched for longer than this and says nothing hangs, ms. */
const WATCHED_MS = 16_000;
const LOOK_AGAIN_MS = 500;

export type Health = 'well' | 'needs-a-person' | 'hangs' | 'not-running';

export interface StatusReport {
  health: Health;
  /** What the worker said last; null when it never ran here. */
  state: StoredReaderState | null;
  needs: { th: string; en: string }[];
}

/** The exit code for each: what a supervisor or a script goes by. */
export const EXIT_CODES: Record<Health, number> = {
  well: 0,
  'needs-a-person': 1,
  hangs: 1,
  'not-running': 2,
};

const START = {
  th: 'เริ่มโปรแกรมอ่านบัตรของจุดนี้ (npm run reader -- --station …) หรือเริ่มบริการของมัน',
  en: 'Start the reader of this counter (npm run reader -- --station …), or its service.',
};
const MAKE_ROOM = {
  th: 'ดูว่าดิสก์ของเครื่องนี้เต็มหรือไม่ ถ้าเต็มให้ทำที่ว่าง โปรแกรมจะเขียนสถานะได้เอง',
  en: 'See whether the disk of this machine is full; make room, and the reader can say how it is.',
};
const RESTART = {
  th: 'ถ้าไม่เต็ม โปรแกรมอ่านบัตรค้าง ให้ปิดแล้วเริ่มใหม่ บัตรที่อ่านไว้แล้วไม่หาย',
  en: 'Otherwise the reader hangs: end it and start it again. Nothing that was read is lost.',
};

/** Throws BridgeError `config` when this user may not look into the folder. */
export async function readerStatus(folder: string): Promise<StatusReport> {
  for (const begun = performance.now(); ; await sleep(LOOK_AGAIN_MS)) {
    const isRunning = isSpoolLocked(folder);
    const state = await readStatusFile(folder);
    if (!isRunning) return { health: 'not-running', state, needs: [START] };
    if (state !== null && Math.abs(Date.now() - Date.parse(state.at)) <= SILENT_MS) {
      return { health: state.needs.length === 0 ? 'well' : 'needs-a-person', state, needs: state.needs };
    }
    // it may just start; what lives says so, unless the disk does not take it
    if (performance.now() - begun > WATCHED_MS)
      return { health: 'hangs', state, needs: [MAKE_ROOM, RESTART] };
  }
}

const HEALTH: Record<Health, string> = {
  well: 'ปกติ / all is well',
  'needs-a-person': 'ต้องมีคนดำเนินการ / a person must do something',
  hangs: 'ค้าง หรือเขียนดิสก์ไม่ได้ / the reader hangs, or cannot write to its disk',
  'not-running': 'ไม่ได้ทำงาน / no reader is running',
};

export function asText({ health, state, needs }: StatusReport): string {
  const rows: [string, string][] = [['สถานะ / status', HEALTH[health]]];
  if (state !== null) rows.push(...stateRows(state, health === 'not-running'));
  for (const { th, en } of needs) rows.push(['ต้องทำ / do', `${th}\n${en}`]);
  return rows.map(([name, text]) => `${name}\n${indented(text)}`).join('\n');
}

function stateRows(state: StoredReaderState, isOver: boolean): [string, string][] {
  const { source, bridge } = state;
  const { th, en } = state.line;
  return [
    ['จุดบริการ / station', [state.station, state.hcode].filter((w) => w !== null).join(', ')],
    [isOver ? 'ครั้งสุดท้าย / at the end' : 'ขณะนี้ / now', `${th}\n${en}`],
    [
      'แหล่งอ่านบัตร / source',
      `${source.use} (${source.why}); agent: ${source.agent ?? '–'}, pcsc: ${source.pcsc ?? '–'}`,
    ],
    [
      'authen-bridge',
      `${bridge.is}; รอส่ง / waiting: ${bridge.waiting}, ไม่ถูกรับ / rejected: ${bridge.rejected}`,
    ],
    ['นาฬิกา / clock', clockText(state.clockAheadMs)],
    ['รุ่น / version', state.version],
    ['เริ่มเมื่อ / since', state.startedAt],
    ['ณ เวลา / as of', state.at],
  ];
}

function clockText(aheadMs: number | null): string {
  if (aheadMs === null) return 'ยังไม่ทราบ / not known yet';
  const seconds = Math.round(aheadMs / 1_000);
  if (Math.abs(seconds) <= 2) return 'ตรงกับ authen-bridge / agrees with the bridge';
  const [th, en] = seconds > 0 ? ['ช้า', 'behind'] : ['เร็ว', 'ahead of'];
  return `${th} ${Math.abs(seconds)} วินาที / ${Math.abs(seconds)} s ${en} the bridge`;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
