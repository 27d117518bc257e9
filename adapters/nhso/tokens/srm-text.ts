/** SRM's pair of tokens, as `token.txt` holds it and as the portal answers (reference: NHSO systems, §6). */

import { decodeJwt } from 'jose/jwt/decode';
import type { Instant } from '../../../src/domain/bangkok.ts';
import { decodeText, linesOf } from './text.ts';
import { unreadable } from './unreadable.ts';

export interface SrmPair {
  value: string;
  refresh: string;
}

const FORM = 'expected the lines "access-token=…" and "refresh-token=…"';

/** Null for a file that holds nothing (yet). Throws BridgeError `token-unreadable`, which repeats nothing of the content. */
export function parseSrmFile(bytes: Uint8Array, source: string): SrmPair | null {
  const text = decodeText(bytes);
  const lines = linesOf(text);
  if (lines.length === 0 && !(bytes.includes(0) && text === '')) return null;
  const { access, refresh } = pairOfLines(lines);
  if (access !== undefined && refresh !== undefined && isToken(access) && isToken(refresh)) {
    return { value: access, refresh };
  }
  const isUnderWay =
    access === undefined && refresh === undefined
      ? lines.every(isBeginning)
      : [access ?? '', refresh ?? ''].every((value) => isToken(value) || isShort(value));
  if (isUnderWay) {
    throw unreadable(source, `is cut off, most likely it is just being written; ${FORM}`, 'yes');
  }
  throw unreadable(source, FORM, 'no');
}

/** From the portal's answer: JSON with either spelling, or the lines of the file. Null when it is neither. */
export function parseSrmAnswer(text: string): { value: string; refresh: string | null } | null {
  const { access, refresh } = pairOfJson(text) ?? pairOfLines(linesOf(text));
  if (access === undefined || !isToken(access)) return null;
  return { value: access, refresh: refresh !== undefined && isToken(refresh) ? refresh : null };
}

/** When a JWT was made and when it ends, as it says itself; null where it does not, or is no JWT. */
export function timesOf(token: string): { issuedAt: Instant | null; expiresAt: Instant | null } {
  try {
    const { iat, exp } = decodeJwt(token);
    return { issuedAt: instantOf(iat), expiresAt: instantOf(exp) };
  } catch {
    // not a JWT: it says nothing of itself, and lives until it is refused
    return { issuedAt: null, expiresAt: null };
  }
}

interface Pair {
  access?: string;
  refresh?: string;
}

function pairOfLines(lines: readonly string[]): Pair {
  const pair: Pair = {};
  for (const line of lines) {
    const [, which, value] = /^(access|refresh)[-_]?token\s*=\s*(.*)$/i.exec(line) ?? [];
    if (which === undefined || value === undefined) continue;
    pair[which.toLowerCase() === 'access' ? 'access' : 'refresh'] = value.replace(/^"(.*)"$/, '$1');
  }
  return pair;
}

/** Undefined when the text is no JSON object. A wrapping `data` is looked into. */
function pairOfJson(text: string): Pair | undefined {
  const json = parseJson(text);
  if (typeof json !== 'object' || json === null) return undefined;
  const { data } = json as Record<string, unknown>;
  const inner = typeof data === 'object' && data !== null ? data : {};
  const pair: Pair = {};
  for (const [key, value] of Object.entries({ ...inner, ...json })) {
    if (typeof value !== 'string') continue;
    const [, which] = /^(access|refresh)[-_]?token$/i.exec(key) ?? [];
    if (which !== undefined) pair[which.toLowerCase() === 'access' ? 'access' : 'refresh'] = value;
  }
  return pair;
}

/** Undefined when it is not JSON: the parser's own message would quote the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Printable and without blanks, as everything that goes into an Authorization header. */
function isToken(text: string): boolean {
  return /^[\x21-\x7e]{16,16384}$/.test(text);
}

/** The beginning of one. */
function isShort(text: string): boolean {
  return /^[\x21-\x7e]{0,15}$/.test(text);
}

/** A line that may yet become one of the two. */
function isBeginning(line: string): boolean {
  const key = line.toLowerCase().replaceAll('_', '-');
  return ['access-token=', 'refresh-token='].some((whole) => whole.startsWith(key));
}

/** Seconds of the epoch, within what a date can be. */
function instantOf(seconds: unknown): Instant | null {
  return typeof seconds === 'number' && seconds > 0 && seconds < 1e11 ? Math.round(seconds * 1000) : null;
}
