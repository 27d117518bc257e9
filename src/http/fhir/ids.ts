/**
 * Logical ids: `{hcode}-{number}`, made of the letters, digits, `-` and `.` that FHIR permits. What else a hospital's
 * number holds is written as `.` and two hex digits for each byte (`.2F` for a slash), so an id can be read back.
 *
 * Where a hospital uses the citizen id as its hn, the id carries it sealed (`.c…`): no citizen id stands in a URL.
 */

import { createHash } from 'node:crypto';
import type { Case } from '../../domain/case.ts';
import { parseCitizenId } from '../../domain/citizen-id.ts';
import type { CaseKey } from '../../service/ports/ledger.ts';
import type { Seal } from './seal.ts';

/** FHIR's limit is 64; a hospital code and a dash take up to ten. */
const MAX_NUMBER = 54;

export function caseId(key: CaseKey): string {
  return `${key.hcode}-${encode(key.vn)}`;
}

export function parseCaseId(id: string): CaseKey | null {
  const parts = split(id);
  const vn = parts === null ? null : decode(parts.number);
  return parts === null || vn === null ? null : { hcode: parts.hcode, vn };
}

export function patientId(key: { hcode: string; hn: string }, seal: Seal): string {
  return `${key.hcode}-${isCitizenId(key.hn) ? `.c${seal.sealId(key.hn)}` : encode(key.hn)}`;
}

export function parsePatientId(id: string, seal: Seal): { hcode: string; hn: string } | null {
  const parts = split(id);
  if (parts === null) return null;
  const sealed = parts.number.startsWith('.c');
  const hn = sealed ? seal.openId(parts.number.slice(2)) : decode(parts.number);
  // a citizen id written out is no id of ours: nobody should learn to put one into an address
  // sealed is what is a citizen id, and nothing else: one block opened with another key may come out as any text
  if (hn === null || hn === '' || sealed !== isCitizenId(hn)) return null;
  return { hcode: parts.hcode, hn };
}

/** `Patient/{id}` of the case's person; null when the HIS gave no hn. */
export function patientReference(c: Pick<Case, 'hcode' | 'hn'>, seal: Seal): string | null {
  return c.hn === null || c.hn === '' ? null : `Patient/${patientId({ hcode: c.hcode, hn: c.hn }, seal)}`;
}

/** True when the text is a citizen id, whatever it is used as. */
export function isCitizenId(text: string): boolean {
  return parseCitizenId(text) !== null;
}

function split(id: string): { hcode: string; number: string } | null {
  const match = /^([A-Za-z0-9]{5}|[A-Za-z0-9]{9})-([A-Za-z0-9\-.]{1,54})$/.exec(id);
  return match === null ? null : { hcode: match[1] as string, number: match[2] as string };
}

function encode(text: string): string {
  const written = [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9-]/.test(char) ? char : `.${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
  // no hospital is known to number so long; such a resource is found by searching only, its id cannot be read back
  return written.length <= MAX_NUMBER
    ? written
    : `.h${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
}

/** Null when it is not what `encode` writes: one thing has one id. */
function decode(text: string): string | null {
  if (!/^(?:[A-Za-z0-9-]|\.[0-9A-F]{2})+$/.test(text)) return null;
  const bytes = text.replace(/\.([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const decoded = Buffer.from(bytes, 'latin1').toString('utf8');
  return encode(decoded) === text ? decoded : null;
}
