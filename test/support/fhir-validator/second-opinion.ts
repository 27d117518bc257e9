/** Medplum's validator on the same definitions: other people's reading of cardinality and invariants. */

import {
  indexStructureDefinitionBundle,
  isDataTypeLoaded,
  OperationOutcomeError,
  validateResource,
} from '@medplum/core';
import type { OperationOutcome, StructureDefinition } from 'fhir/r4.js';
import { structureDefinition } from './definitions.ts';

type Definition = Parameters<typeof indexStructureDefinitionBundle>[0];

export function secondOpinion(resource: { resourceType: string }): string[] {
  for (const type of typesIn(resource)) learn(type);
  try {
    validateResource(resource as Parameters<typeof validateResource>[0]);
    return [];
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    const outcome: OperationOutcome = error.outcome;
    return outcome.issue
      .filter((i) => i.severity === 'error' || i.severity === 'fatal')
      .map((i) => `${i.expression?.join(', ') ?? resource.resourceType}: ${i.details?.text ?? i.code}`);
  }
}

/** The type of the resource and, of a bundle, of all that is in it. */
function typesIn(resource: { resourceType: string; entry?: unknown }): Set<string> {
  const entries = Array.isArray(resource.entry) ? resource.entry : [];
  const inside = entries.flatMap(
    (e: { resource?: { resourceType: string } }) => e.resource?.resourceType ?? [],
  );
  return new Set([resource.resourceType, ...inside]);
}

/** Gives Medplum the definition of a type and of all that it is made of. */
function learn(type: string): void {
  if (isDataTypeLoaded(type)) return;
  const wanted = [type];
  const found = new Map<string, StructureDefinition>();
  for (const next of wanted) {
    const definition = found.has(next) ? null : structureDefinition(next);
    if (definition === null) continue;
    found.set(next, definition);
    wanted.push(...(definition.snapshot?.element ?? []).flatMap((e) => (e.type ?? []).map((t) => t.code)));
  }
  indexStructureDefinitionBundle([...found.values()] as unknown as Definition);
}
