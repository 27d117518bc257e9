/** Whether codes are of the value set that their element requires. */

import type { CodeableConcept, Coding, ElementDefinition } from 'fhir/r4.js';
import { codesOf } from './definitions.ts';

/** Required by the standard but not to be listed: they are whole foreign systems. */
const UNLISTED = ['mimetypes', 'languages', 'all-languages', 'all-types', 'ucum-units'];

export function bindingIssues(
  value: unknown,
  type: string,
  element: ElementDefinition,
  at: string,
): string[] {
  const binding = element.binding;
  if (binding?.strength !== 'required' || binding.valueSet === undefined) return [];
  const codes = codesOf(binding.valueSet);
  if (codes === null) {
    const known = UNLISTED.some((name) => binding.valueSet?.includes(name));
    return known ? [] : [`${at}: the value set ${binding.valueSet} could not be listed`];
  }
  return holds(value, type, codes) ? [] : [`${at}: is not of the required ${binding.valueSet}`];
}

function holds(value: unknown, type: string, codes: ReadonlySet<string>): boolean {
  if (type === 'code' || type === 'string' || type === 'uri') {
    return [...codes].some((c) => c.slice(c.lastIndexOf('|') + 1) === value);
  }
  if (type === 'Coding') {
    const { system, code } = value as Coding;
    return codes.has(`${system}|${code}`);
  }
  if (type === 'CodeableConcept') {
    return ((value as CodeableConcept).coding ?? []).some((coding) => holds(coding, 'Coding', codes));
  }
  return false;
}
