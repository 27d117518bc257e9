/**
 * Authen codes and rule 2: a code fits a visit only when person, hospital, service date and claim type agree, it is
 * no EP code, and no other case holds it. Anything less goes to a person, with the candidates.
 */

import { type Instant, type ServiceDate, serviceDateOf } from './bangkok.ts';
import type { CitizenId } from './citizen-id.ts';

/** `PP` = authen code, `EP` = close-visit code (ปิดสิทธิ), `other` = a form not seen before: kept, but warned about. */
export type CodeKind = 'PP' | 'EP' | 'other';

/** Codes are opaque strings of at most 20 characters. */
export const MAX_CODE_LENGTH = 20;

export function codeKind(code: string): CodeKind {
  if (/^PP\d{10}$/.test(code)) return 'PP';
  if (/^EP\d+$/.test(code)) return 'EP';
  return 'other';
}

/** True when the text could be a code at all: 4–20 letters, digits and dashes, a digit among them, no claim type (`PG…`). */
export function isPlausibleCode(text: string): boolean {
  return /^(?=.*\d)[A-Za-z0-9-]{4,20}$/.test(text) && !/^PG\d+$/.test(text);
}

/** A code that NHSO says it has issued. */
export interface IssuedCode {
  claimCode: string;
  claimType: string | null;
  /** Hospital that it was issued to; null when the answer does not say. */
  hcode: string | null;
  /** `claimDateTime` / `createdDate`. */
  issuedAt: Instant | null;
  /** Person; the look-up calls take it in the address, so the adapter puts it here. */
  pid: string | null;
}

/** What a visit needs of a code. */
export interface CodeWanted {
  pid: CitizenId;
  hcode: string;
  serviceDate: ServiceDate;
  claimType: string;
}

export type Misfit =
  | 'person'
  | 'hospital'
  | 'date'
  | 'claim-type'
  | 'close-visit-code'
  | 'not-a-code'
  | 'held-by-other-visit';

/**
 * Every reason why the code does not fit; empty means it fits. A fact that the answer does not state does not agree.
 * `isHeld`: another visit, of whatever hospital, holds this code: NHSO issues each once.
 */
export function misfits(code: IssuedCode, wanted: CodeWanted, isHeld: boolean): Misfit[] {
  const found: Misfit[] = [];
  if (code.pid !== wanted.pid) found.push('person');
  if (code.hcode !== wanted.hcode) found.push('hospital');
  if (code.issuedAt === null || serviceDateOf(code.issuedAt) !== wanted.serviceDate) found.push('date');
  if (code.claimType !== wanted.claimType) found.push('claim-type');
  if (!isPlausibleCode(code.claimCode)) found.push('not-a-code');
  if (codeKind(code.claimCode) === 'EP') found.push('close-visit-code');
  if (isHeld) found.push('held-by-other-visit');
  return found;
}

/** A code that was seen but does not fit, for the person who must decide. */
export interface Candidate {
  claimCode: string;
  claimType: string | null;
  hcode: string | null;
  issuedAt: Instant | null;
  misfits: readonly Misfit[];
  /** Visit number of the holder; null when there is none, and for a visit of another hospital (see {@link Holder}). */
  heldBy: string | null;
}

/** Another visit that holds a code. `vn` is null for one of another hospital: its visits are not shown here. */
export interface Holder {
  vn: string | null;
}

export type MatchResult =
  | { kind: 'fits'; code: IssuedCode }
  | { kind: 'ambiguous'; candidates: readonly Candidate[] }
  | { kind: 'none'; candidates: readonly Candidate[] };

/**
 * Picks the one code that fits. Two different codes that both fit are ambiguous. With no fit, the candidates are
 * those codes of the same person and day that a person may want to look at; of another day only those that are nobody's
 * and may have been asked for by us (`mayBeOurs`).
 */
export function matchCode(
  codes: readonly IssuedCode[],
  wanted: CodeWanted,
  holderOf: (claimCode: string) => Holder | null,
  mayBeOurs: (code: IssuedCode) => boolean = () => false,
): MatchResult {
  const distinct = [...new Map(codes.map((c) => [c.claimCode, c])).values()];
  const judged = distinct.map((code) => {
    const holder = holderOf(code.claimCode);
    return { code, heldBy: holder?.vn ?? null, misfits: misfits(code, wanted, holder !== null) };
  });
  const fitting = judged.filter((j) => j.misfits.length === 0);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return { kind: 'fits', code: only.code };
  if (fitting.length > 1)
    return { kind: 'ambiguous', candidates: fitting.map((j) => toCandidate(j.code, j.misfits, j.heldBy)) };
  const isOfDay = (j: (typeof judged)[number]): boolean =>
    !j.misfits.includes('date') || (!j.misfits.includes('held-by-other-visit') && mayBeOurs(j.code));
  const near = judged.filter((j) => !j.misfits.includes('person') && isOfDay(j));
  return { kind: 'none', candidates: near.map((j) => toCandidate(j.code, j.misfits, j.heldBy)) };
}

/** Each code of the person that NHSO shows other than `held`, of whatever day, with all that speaks against it. */
export function codesBeside(
  held: string | null,
  codes: readonly IssuedCode[],
  wanted: CodeWanted,
  holderOf: (claimCode: string) => Holder | null,
): Candidate[] {
  const others = new Map(codes.filter((c) => c.claimCode !== held).map((c) => [c.claimCode, c]));
  return [...others.values()].flatMap((code) => {
    const holder = holderOf(code.claimCode);
    const against = misfits(code, wanted, holder !== null);
    return against.includes('person') ? [] : [toCandidate(code, against, holder?.vn ?? null)];
  });
}

/** A code that fits, but whose visit a person must decide on. */
export function asCandidate(code: IssuedCode): MatchResult {
  return { kind: 'ambiguous', candidates: [toCandidate(code, [], null)] };
}

/** True for a code that would fit, did it not bear another day. */
export function isOnlyOfOtherDay({ misfits: found }: Candidate): boolean {
  return found.join() === 'date';
}

function toCandidate(code: IssuedCode, found: readonly Misfit[], heldBy: string | null): Candidate {
  const { claimCode, claimType, hcode, issuedAt } = code;
  return { claimCode, claimType, hcode, issuedAt, misfits: found, heldBy };
}
