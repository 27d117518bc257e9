/** Whether a primitive is written as its type says; the patterns are HL7's own. */

import { structureDefinition } from './definitions.ts';

const REGEX = 'http://hl7.org/fhir/StructureDefinition/regex';
const patterns = new Map<string, RegExp | null>();

export function isPrimitive(type: string): boolean {
  return structureDefinition(type)?.kind === 'primitive-type';
}

export function primitiveIssues(value: unknown, type: string, at: string): string[] {
  const expected =
    type === 'boolean'
      ? 'boolean'
      : /^(decimal|integer|positiveInt|unsignedInt)$/.test(type)
        ? 'number'
        : 'string';
  if (typeof value !== expected) return [`${at}: expected a ${type}`];
  if (value === '') return [`${at}: is empty`];
  const pattern = patternOf(type);
  return pattern === null || pattern.test(String(value)) ? [] : [`${at}: is not written as a ${type} is`];
}

function patternOf(type: string): RegExp | null {
  let pattern = patterns.get(type);
  if (pattern === undefined) {
    const value = structureDefinition(type)?.snapshot?.element.find((e) => e.path === `${type}.value`);
    const text = value?.type?.[0]?.extension?.find((e) => e.url === REGEX)?.valueString;
    pattern = text === undefined ? null : new RegExp(`^(?:${text})$`, 'u');
    patterns.set(type, pattern);
  }
  return pattern;
}
