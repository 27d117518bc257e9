/** Invents rows: what a hospital's month looks like, with everything in it that is no code for a visit of its own. */

import { CLAIM_TYPES, plausiblePerson, RIGHTS } from '../nhso-agent/people.ts';
import type { ReportRow } from './row.ts';

export interface InventOptions {
  rows: number;
  /** The same seed gives the same rows. */
  seed?: number | undefined;
  hcode?: string | undefined;
  /** First service date, `YYYY-MM-DD`. */
  from?: string | undefined;
  days?: number | undefined;
  /** Shares of 1: cancelled rows, close-visit codes, rows of another hospital. */
  cancelled?: number | undefined;
  ep?: number | undefined;
  otherHospital?: number | undefined;
}

const DAY_MS = 86_400_000;
const OTHER_HOSPITALS = ['10977', '11001', '04047'];
const CHANNELS = ['AGENT', 'LINE', 'KIOSK', 'NEW AUTHEN', 'ERM'];
const METHODS = ['SMART CARD', 'INSERT PID', 'TAKE A PHOTO', 'SCAN QR'];
const RECORDERS = ['ทดสอบ เวชระเบียน', 'สมมุติ ห้องบัตร', 'จำลอง คัดกรอง', 'ระบบอัตโนมัติ'];

/** One after another, so that any number of them costs no memory. */
export function* inventRows(options: InventOptions): Generator<ReportRow> {
  const { rows, seed = 1, hcode = '10978', from = '2026-11-01', days = 30 } = options;
  const { cancelled = 0.02, ep = 0.05, otherHospital = 0.01 } = options;
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const start = Date.parse(`${from}T00:00:00+07:00`);
  const claimTypes = Object.entries(CLAIM_TYPES);
  for (let n = 0; n < rows; n += 1) {
    // a third of the people come more than once
    const pid = citizenId(Math.floor(random() * rows * 3));
    const person = plausiblePerson(pid);
    const right = RIGHTS[pick(['UCS', 'UCS', 'UCS', 'SSS', 'OFC', 'LGO'] as const)];
    const [serviceCode, serviceName] =
      random() < 0.9 ? (claimTypes[0] as [string, string]) : pick(claimTypes);
    const at = random() < otherHospital ? pick(OTHER_HOSPITALS) : hcode;
    const servedAt =
      start + Math.floor(random() * days) * DAY_MS + 7 * 3_600_000 + Math.floor(random() * 36_000) * 1000;
    const isCancelled = random() < cancelled;
    const recordedAt = servedAt + Math.floor(random() * 1800) * 1000;
    yield {
      hcode: at,
      hname: `โรงพยาบาลจำลอง ${at}`,
      pid,
      fullName: `${person.fname} ${person.lname}`,
      birthDate: person.birthDate,
      tel: random() < 0.95 ? `08${String(Math.floor(random() * 1e8)).padStart(8, '0')}` : null,
      mainInscl: right.mainInscl,
      subInscl: right.subInscl,
      entryNo: String(100_000 + n),
      claimCode: `${random() < ep ? 'EP' : 'PP'}${String(1_000_000_000 + seed * 10_000_000 + n)}`,
      serviceType: 'เข้ารับบริการ',
      serviceCode,
      serviceName,
      hn: at === hcode ? String(Math.floor(random() * 900_000) + 100_000).padStart(9, '0') : null,
      an: random() < 0.04 ? `69${String(n % 100_000).padStart(7, '0')}` : null,
      servedAt,
      recordedAt,
      cancelled: isCancelled,
      channel: pick(CHANNELS),
      method: pick(METHODS),
      recorder: pick(RECORDERS),
      editedAt: isCancelled ? recordedAt + 3_600_000 : null,
      editor: isCancelled ? pick(RECORDERS) : null,
      cancelReason: isCancelled ? 'บันทึกผิดคน & <ยกเลิก>' : null,
    };
  }
}

/** Invented people: ids that begin with 9, which no office gives out, with the right check digit. */
function citizenId(n: number): string {
  const twelve = `9${String(n).padStart(11, '0')}`;
  const sum = [...twelve].reduce((total, digit, i) => total + Number(digit) * (13 - i), 0);
  return `${twelve}${(11 - (sum % 11)) % 10}`;
}

/** Mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
