/** Walks a resource along its StructureDefinition: what may be there, how often, of which type, with which codes. */

import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import { bindingIssues } from './bindings.ts';
import { structureDefinition } from './definitions.ts';
import { invariantIssues } from './invariants.ts';
import { isPrimitive, primitiveIssues } from './primitives.ts';

type Json = Record<string, unknown>;

interface Place {
  /** Where we are in the instance: `Encounter.identifier[0]`. */
  at: string;
  /** The resource that `%resource` means. */
  resource: Json;
}

export function resourceIssues(resource: Json, at: string): string[] {
  const type = resource.resourceType;
  const definition = typeof type === 'string' ? structureDefinition(type) : null;
  if (definition === null || definition.kind !== 'resource') return [`${at}: is no resource of R4`];
  const root = elementAt(definition, definition.type);
  return [
    ...childIssues(resource, definition, definition.type, { at, resource }),
    ...invariantIssues(resource, definition.type, root.constraint ?? [], resource, at),
  ];
}

function elementAt(definition: StructureDefinition, path: string): ElementDefinition {
  const found = definition.snapshot?.element.find((e) => e.path === path);
  if (found === undefined) throw new Error(`no element ${path} in ${definition.url}`);
  return found;
}

/** Elements right below `path`; slices are of profiles and do not occur in base definitions. */
function childrenOf(definition: StructureDefinition, path: string): ElementDefinition[] {
  return (definition.snapshot?.element ?? []).filter(
    (e) => e.path.startsWith(`${path}.`) && !e.path.slice(path.length + 1).includes('.'),
  );
}

function childIssues(node: Json, definition: StructureDefinition, path: string, place: Place): string[] {
  const issues: string[] = [];
  const known = new Set(path === definition.type && definition.kind === 'resource' ? ['resourceType'] : []);
  for (const element of childrenOf(definition, path)) {
    const names = namesOf(element);
    const present = names.filter(({ key }) => key in node || `_${key}` in node);
    for (const { key } of present) {
      known.add(key);
      known.add(`_${key}`);
    }
    if (present.length > 1) issues.push(`${place.at}: more than one ${element.path}`);
    if (present.length === 0 && (element.min ?? 0) > 0)
      issues.push(`${place.at}: ${element.path} is required`);
    for (const { key, type } of present)
      issues.push(...memberIssues(node, key, type, element, definition, place));
  }
  for (const key of Object.keys(node)) {
    if (!known.has(key)) issues.push(`${place.at}: ${key} is no element of ${path}`);
  }
  return issues;
}

/** `value[x]` is `valueString`, `valueCode`, … */
function namesOf(element: ElementDefinition): { key: string; type: string | null }[] {
  const name = element.path.slice(element.path.lastIndexOf('.') + 1);
  const types = (element.type ?? []).map((t) => t.code);
  if (!name.endsWith('[x]')) return [{ key: name, type: types[0] ?? null }];
  const stem = name.slice(0, -3);
  return types.map((type) => ({ key: `${stem}${type.charAt(0).toUpperCase()}${type.slice(1)}`, type }));
}

function memberIssues(
  node: Json,
  key: string,
  type: string | null,
  element: ElementDefinition,
  definition: StructureDefinition,
  place: Place,
): string[] {
  const at = `${place.at}.${key}`;
  const value = node[key];
  // only the extension of a primitive is there: the value is absent, and that is told
  if (value === undefined) {
    const extra = node[`_${key}`];
    return typeof extra === 'object' && extra !== null
      ? elementIssues(extra as Json, 'Element', { ...place, at })
      : [`${at}: _${key} is no object`];
  }
  const repeats = (element.base?.max ?? element.max) !== '1';
  if (repeats !== Array.isArray(value)) return [`${at}: expected ${repeats ? 'an array' : 'one value'}`];
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const issues: string[] = [];
  if (values.length < Math.max(element.min ?? 0, 1)) issues.push(`${at}: too few`);
  if (element.max !== '*' && values.length > Number(element.max)) issues.push(`${at}: too many`);
  values.forEach((item, i) => {
    const here = { ...place, at: repeats ? `${at}[${i}]` : at };
    issues.push(...valueIssues(item, type, element, definition, here));
  });
  return issues;
}

function valueIssues(
  value: unknown,
  type: string | null,
  element: ElementDefinition,
  definition: StructureDefinition,
  place: Place,
): string[] {
  const code = plainType(type, element, definition);
  if (code !== null && isPrimitive(code)) {
    return [...primitiveIssues(value, code, place.at), ...bindingIssues(value, code, element, place.at)];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`${place.at}: expected an object`];
  const object = value as Json;
  if (Object.keys(object).length === 0) return [`${place.at}: is empty`];
  if (code === 'Resource') return resourceIssues(object, place.at);
  const ownPath = element.contentReference?.slice(1) ?? element.path;
  const inline = code === null || childrenOf(definition, ownPath).length > 0;
  const inside = inline
    ? childIssues(object, definition, ownPath, place)
    : elementIssues(object, code, place);
  return [
    ...inside,
    ...invariantIssues(object, inline ? ownPath : code, element.constraint ?? [], place.resource, place.at),
    ...(code === null ? [] : bindingIssues(value, code, element, place.at)),
  ];
}

/** Ids and the values of primitives are typed with FHIRPath's own names; a resource's id is an `id`, others are strings. */
function plainType(
  type: string | null,
  element: ElementDefinition,
  definition: StructureDefinition,
): string | null {
  if (type?.startsWith('http://hl7.org/fhirpath/') !== true) return type;
  return definition.kind === 'resource' && element.path === `${definition.type}.id` ? 'id' : 'string';
}

/** A value of a data type that has a definition of its own. */
function elementIssues(value: Json, type: string, place: Place): string[] {
  const definition = structureDefinition(type);
  if (definition === null) return [`${place.at}: unknown type ${type}`];
  const root = elementAt(definition, type);
  return [
    ...childIssues(value, definition, type, place),
    ...invariantIssues(value, type, root.constraint ?? [], place.resource, place.at),
  ];
}
