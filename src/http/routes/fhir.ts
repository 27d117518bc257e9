/** What of the FHIR facade the gate and the document must know; `fhir/router.ts` answers. */

import { z } from 'zod';
import { RESOURCE_TYPES } from '../fhir/resource-types.ts';
import { ANYTHING, NOTHING, type RouteDoc } from '../route.ts';

/** The facade describes itself in `/fhir/metadata`; here it is one resource like another. */
const resource = z
  .looseObject({ resourceType: z.string() })
  .meta({ id: 'FhirResource', description: 'A FHIR R4 resource; see /fhir/metadata.' });

const resourceType = z.enum(RESOURCE_TYPES);
const shared = { method: 'get', tag: 'FHIR', query: ANYTHING, body: NOTHING } as const;

function answers(description: string): RouteDoc['answers'] {
  return { 200: { description, schema: resource, mediaType: 'application/fhir+json' } };
}

export const FHIR_METADATA: RouteDoc = {
  ...shared,
  operationId: 'fhirMetadata',
  path: '/fhir/metadata',
  access: { open: 'FHIR: a client reads the CapabilityStatement before it knows how to log in' },
  summary: 'CapabilityStatement',
  params: NOTHING,
  answers: answers('The CapabilityStatement.'),
};

/** Everything else below /fhir, also what the facade does not know, is for keys with this access. */
export const FHIR_ACCESS = { scope: 'fhir:read', narrowest: 'site' } as const;

export const FHIR_ROUTES: readonly RouteDoc[] = [
  {
    ...shared,
    operationId: 'fhirSearch',
    path: '/fhir/{resourceType}',
    access: FHIR_ACCESS,
    summary: 'Search',
    params: z.strictObject({ resourceType }),
    answers: answers('A searchset Bundle.'),
  },
  {
    ...shared,
    operationId: 'fhirSearchByPost',
    method: 'post',
    path: '/fhir/{resourceType}/_search',
    access: FHIR_ACCESS,
    summary: 'Search, with parameters that must not stand in an address',
    params: z.strictObject({ resourceType }),
    body: z.record(z.string(), z.string()),
    bodyType: 'application/x-www-form-urlencoded',
    answers: answers('A searchset Bundle.'),
  },
  {
    ...shared,
    operationId: 'fhirRead',
    path: '/fhir/{resourceType}/{id}',
    access: FHIR_ACCESS,
    summary: 'Read',
    params: z.strictObject({ resourceType, id: z.string().regex(/^[A-Za-z0-9.-]{1,64}$/) }),
    answers: answers('The resource.'),
  },
];
