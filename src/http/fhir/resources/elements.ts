/** The small parts that several resources are made of. */

import type { CodeableConcept, Coding, Identifier, Meta, Reference } from 'fhir/r4.js';
import { bangkokIso, type Instant } from '../../../domain/bangkok.ts';
import type { HeldCode } from '../../../domain/case.ts';
import { CODES, EXTENSION, ID } from '../systems.ts';

/** `2026-11-20T08:15:00.123+07:00`: to the millisecond, so that a client can ask for what changed after it. */
export function instantIso(at: Instant): string {
  const millis = String(((at % 1000) + 1000) % 1000).padStart(3, '0');
  return bangkokIso(at).replace('+07:00', `.${millis}+07:00`);
}

export function meta(version: number, updatedAt: Instant): Meta {
  return { versionId: String(version), lastUpdated: instantIso(updatedAt) };
}

export function concept(system: string, code: string, display?: string | null): CodeableConcept {
  return { coding: [coding(system, code, display)] };
}

export function coding(system: string, code: string, display?: string | null): Coding {
  const shown = clean(display);
  return { system, code: code.trim().replace(/\s+/g, ' '), ...(shown === null ? {} : { display: shown }) };
}

/** Text as FHIR's `string` takes it: no control characters, not empty; null when nothing is left. */
export function clean(text: string | null | undefined): string | null {
  const kept = (text ?? '').replace(/\p{Cc}+/gu, ' ').trim();
  return kept === '' ? null : kept;
}

/** In the place of a value that exists, but that this key may not see. */
export const MASKED_VALUE = {
  _value: { extension: [{ url: EXTENSION.dataAbsent, valueCode: 'masked' }] },
} satisfies Pick<Identifier, '_value'>;

export function maskedIdentifier(base: Identifier): Identifier {
  const { value: _hidden, ...rest } = base;
  return { ...rest, ...MASKED_VALUE };
}

export const NHSO: Reference = { reference: 'Organization/nhso', display: 'สำนักงานหลักประกันสุขภาพแห่งชาติ' };

/** NHSO's authen code as an identifier of what it was issued for. */
export function claimCodeIdentifier(code: HeldCode): Identifier {
  return {
    use: 'official',
    type: concept(CODES.identifierType, 'claimCode'),
    system: ID.claimCode,
    value: code.claimCode,
    ...(code.issuedAt === null ? {} : { period: { start: bangkokIso(code.issuedAt) } }),
    assigner: NHSO,
  };
}

/** A hospital that may or may not be one of ours: named by its code, not by an address. */
export function hospitalByCode(hcode: string, name: string | null): Reference {
  const display = clean(name);
  return {
    type: 'Organization',
    identifier: { system: ID.hcode, value: hcode },
    ...(display === null ? {} : { display }),
  };
}
