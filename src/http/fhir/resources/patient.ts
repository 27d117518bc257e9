/** The person of a visit, as the hospital's newest visit tells of them. */

import type { ContactPoint, HumanName, Identifier, Patient } from 'fhir/r4.js';
import { chooseMobile } from '../../../domain/phone.ts';
import type { Person } from '../../../domain/visit.ts';
import type { PatientRow } from '../../../service/ports/ledger.ts';
import { isCitizenId, patientId } from '../ids.ts';
import { CODES, ID, localSystem } from '../systems.ts';
import type { MappingContext } from './context.ts';
import { clean, concept, MASKED_VALUE, maskedIdentifier, meta } from './elements.ts';

export function toPatient(row: PatientRow, context: MappingContext): Patient {
  const { person } = row.newest.visit;
  const name = humanName(person);
  const birthDate = fhirDate(person.birthDate);
  const telecom = mobile(row.newest.visit.phones, context);
  return {
    resourceType: 'Patient',
    id: patientId(row, context.seal),
    meta: meta(row.version, row.updatedAt),
    identifier: [...citizenId(row.pid, context), hospitalNumber(row, context)],
    ...(name === null ? {} : { name: [name] }),
    ...(telecom === null ? {} : { telecom: [telecom] }),
    gender: person.sex ?? 'unknown',
    ...(birthDate === null ? {} : { birthDate }),
    managingOrganization: { reference: `Organization/${row.hcode}` },
  };
}

/** The name as one writes it, for a reference's `display`; null when the HIS has none. */
export function personName(person: Person): string | null {
  // in Thai the title stands before the first name without a space
  return clean([`${person.title ?? ''}${person.fname ?? ''}`, person.lname ?? ''].join(' '));
}

function citizenId(pid: string | null, context: MappingContext): Identifier[] {
  if (pid === null) return [];
  const identifier: Identifier = {
    use: 'official',
    type: concept(CODES.identifierType, 'cid'),
    system: ID.cid,
    value: pid,
  };
  return [context.showCitizenIds ? identifier : maskedIdentifier(identifier)];
}

function hospitalNumber(row: PatientRow, context: MappingContext): Identifier {
  const identifier: Identifier = {
    use: 'secondary',
    type: concept(CODES.identifierType, 'localHn'),
    system: localSystem(row.hcode, 'HN'),
    value: row.hn,
    assigner: { reference: `Organization/${row.hcode}` },
  };
  return isCitizenId(row.hn) && !context.showCitizenIds ? maskedIdentifier(identifier) : identifier;
}

function humanName(person: Person): HumanName | null {
  const text = personName(person);
  const [family, given, prefix] = [clean(person.lname), clean(person.fname), clean(person.title)];
  if (text === null || (family === null && given === null)) return null;
  return {
    use: 'official',
    text,
    ...(family === null ? {} : { family }),
    ...(given === null ? {} : { given: [given] }),
    ...(prefix === null ? {} : { prefix: [prefix] }),
  };
}

/** A phone is as private as the citizen id: one scope shows both. */
function mobile(phones: readonly string[], context: MappingContext): ContactPoint | null {
  const value = chooseMobile(phones);
  if (value === null) return null;
  return { system: 'phone', use: 'mobile', ...(context.showCitizenIds ? { value } : MASKED_VALUE) };
}

/** `YYYY`, `YYYY-MM` or `YYYY-MM-DD` of the calendar; null for anything else that a HIS row may hold. */
function fhirDate(text: string | null): string | null {
  const match = /^(?!0000)(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text ?? '');
  if (match === null || text === null) return null;
  const full = `${match[1]}-${match[2] ?? '01'}-${match[3] ?? '01'}`;
  const at = Date.parse(`${full}T00:00:00Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== full ? null : text;
}
