/** The visit, with its number, its authen code and what the code was asked for. */

import type { CodeableConcept, Coding, Encounter, Identifier, Reference } from 'fhir/r4.js';
import { codeKind } from '../../../domain/authen-code.ts';
import { bangkokIso } from '../../../domain/bangkok.ts';
import type { Case, CaseState } from '../../../domain/case.ts';
import type { Visit } from '../../../domain/visit.ts';
import { caseId, patientReference } from '../ids.ts';
import { CODES, ID, localSystem } from '../systems.ts';
import type { CaseWithRead, MappingContext } from './context.ts';
import { claimCodeIdentifier, clean, coding, concept, meta } from './elements.ts';
import { personName } from './patient.ts';

type Status = Encounter['status'];

/**
 * The bridge sees a visit begin and be cancelled, but not end: it calls a visit finished when there is nothing more to
 * be done for its code, and in progress until then.
 */
export const ENCOUNTER_STATUS: Record<CaseState, Status> = {
  'awaiting-card': 'in-progress',
  ready: 'in-progress',
  drafted: 'in-progress',
  confirming: 'in-progress',
  unknown: 'in-progress',
  offline: 'in-progress',
  confirmed: 'in-progress',
  'found-elsewhere': 'in-progress',
  'needs-staff': 'in-progress',
  written: 'finished',
  'not-required': 'finished',
  expired: 'finished',
  closed: 'finished',
  cancelled: 'cancelled',
};

export const ENCOUNTER_CLASS: Record<Visit['kind'], 'AMB' | 'IMP'> = { outpatient: 'AMB', inpatient: 'IMP' };

const CLASS_DISPLAY = { AMB: 'ambulatory', IMP: 'inpatient encounter' } as const;

export function toEncounter({ case: c, read }: CaseWithRead, context: MappingContext): Encounter {
  const kind = ENCOUNTER_CLASS[c.visit.kind];
  const subject = subjectOf(c, context);
  const serviceType = claimType(c, read?.claimTypes ?? []);
  const department = clean(c.visit.department?.name);
  return {
    resourceType: 'Encounter',
    id: caseId(c),
    meta: meta(c.version, c.updatedAt),
    identifier: identifiers(c),
    status: ENCOUNTER_STATUS[c.state],
    class: coding(CODES.actCode, kind, CLASS_DISPLAY[kind]) as Coding,
    ...(serviceType === null ? {} : { serviceType }),
    ...(subject === null ? {} : { subject }),
    period: { start: bangkokIso(c.visit.startedAt) },
    ...(department === null ? {} : { location: [{ location: { display: department } }] }),
    serviceProvider: { reference: `Organization/${c.hcode}` },
  };
}

/** The case's person: their resource, or only a name where the HIS gave no hn; null when it gave neither. */
export function subjectOf(c: Case, context: MappingContext): Reference | null {
  const reference = patientReference(c, context.seal);
  const display = personName(c.visit.person);
  if (reference === null && display === null) return null;
  return { ...(reference === null ? {} : { reference }), ...(display === null ? {} : { display }) };
}

function identifiers(c: Case): Identifier[] {
  const local = (number: 'VN' | 'AN', value: string): Identifier => ({
    use: 'secondary',
    type: concept(CODES.identifierType, number === 'VN' ? 'localVn' : 'localAn'),
    system: localSystem(c.hcode, number),
    value,
    assigner: { reference: `Organization/${c.hcode}` },
  });
  const an = clean(c.visit.an);
  return [
    local('VN', c.vn),
    ...(an === null ? [] : [local('AN', an)]),
    ...(c.code === null ? [] : [claimCodeIdentifier(c.code)]),
    ...closeVisitCode(c),
  ];
}

/** An EP code in the HIS's column stands beside the authen code and never in its place. */
function closeVisitCode(c: Case): Identifier[] {
  const value = c.visit.code;
  if (value === null || codeKind(value) !== 'EP' || value === c.code?.claimCode) return [];
  const type = concept(CODES.ownIdentifierType, 'closeVisitCode', 'รหัสปิดสิทธิ (EP)');
  return [{ use: 'secondary', type, system: ID.closeVisitCode, value }];
}

function claimType(
  c: Case,
  offers: readonly { claimType: string; claimTypeName: string | null }[],
): CodeableConcept | null {
  const code = c.code?.claimType ?? c.claimType;
  if (code === null) return null;
  return concept(CODES.claimType, code, offers.find((o) => o.claimType === code)?.claimTypeName);
}
