/**
 * Says what is wrong with a FHIR R4 resource: elements, cardinality, types, required bindings and invariants by HL7's
 * own definitions, and Medplum's opinion beside it. No single tool at hand checks all of these.
 */

import type { FhirResource } from 'fhir/r4.js';
import { secondOpinion } from './second-opinion.ts';
import { resourceIssues } from './walk.ts';

/** Empty when the resource is valid. Takes anything, so that known-bad resources can be tried. */
export function validateResource(resource: FhirResource | { resourceType: string }): string[] {
  const own = resourceIssues({ ...resource }, resource.resourceType);
  const other = secondOpinion(resource).map((text) => `medplum: ${text}`);
  return [...own, ...other];
}
