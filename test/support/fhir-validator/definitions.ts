/** HL7's own definitions of FHIR R4 (4.0.1), read from the package `hl7.fhir.r4.examples` as they are needed. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type {
  CodeSystem,
  CodeSystemConcept,
  StructureDefinition,
  ValueSet,
  ValueSetComposeInclude,
} from 'fhir/r4.js';

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve('hl7.fhir.r4.examples/package.json'));
const read = new Map<string, unknown>();

/** Null when HL7 defines no such type. */
export function structureDefinition(type: string): StructureDefinition | null {
  return load<StructureDefinition>(`StructureDefinition-${type}`);
}

const codeLists = new Map<string, ReadonlySet<string> | null>();

/** All `system|code` of a value set; null when it cannot be listed (all of a foreign system, such as MIME types). */
export function codesOf(canonical: string): ReadonlySet<string> | null {
  const url = canonical.split('|', 1)[0] ?? canonical;
  let list = codeLists.get(url);
  if (list === undefined) {
    list = expand(url);
    codeLists.set(url, list);
  }
  return list;
}

function expand(url: string): ReadonlySet<string> | null {
  const valueSet = load<ValueSet>(`ValueSet-${lastPart(url)}`);
  if (valueSet?.compose === undefined || valueSet.compose.exclude !== undefined) return null;
  const codes = new Set<string>();
  for (const include of valueSet.compose.include) {
    const part = expandInclude(include);
    if (part === null) return null;
    for (const code of part) codes.add(code);
  }
  return codes;
}

function expandInclude(include: ValueSetComposeInclude): Iterable<string> | null {
  if (include.filter !== undefined) return null;
  if (include.system === undefined) {
    const lists = (include.valueSet ?? []).map(codesOf);
    return lists.flatMap((list) => (list === null ? [] : [...list]));
  }
  const { system, concept } = include;
  const concepts = concept ?? load<CodeSystem>(`CodeSystem-${lastPart(system)}`)?.concept;
  return concepts === undefined ? null : flatten(concepts).map((code) => `${system}|${code}`);
}

function flatten(concepts: readonly Pick<CodeSystemConcept, 'code' | 'concept'>[]): string[] {
  return concepts.flatMap((c) => [c.code, ...flatten(c.concept ?? [])]);
}

/** v3 value sets are called `v3-…` in the address and in the file alike; a code system `v3-…` likewise. */
function lastPart(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

function load<T>(name: string): T | null {
  let found = read.get(name);
  if (found === undefined) {
    const file = join(folder, `${name}.json`);
    found = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
    read.set(name, found);
  }
  return found as T | null;
}
