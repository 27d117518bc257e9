/** The CapabilityStatement, made from the table that drives the routes, so that it cannot promise what is not there. */

import type { CapabilityStatement, CapabilityStatementRestResource } from 'fhir/r4.js';
import type { Instant } from '../../domain/bangkok.ts';
import { definitionOf, RESOURCE_TYPES, type ResourceType } from './resource-types.ts';
import { instantIso } from './resources/elements.ts';

/** `startedAt`: since when this table has been in force, which is when the process began. */
export function capabilityStatement(base: string, startedAt: Instant): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: instantIso(startedAt),
    kind: 'instance',
    software: { name: 'authen-bridge' },
    implementation: { description: 'Visits of a hospital and their NHSO authen codes', url: base },
    fhirVersion: '4.0.1',
    format: ['json', 'application/fhir+json'],
    rest: [
      {
        mode: 'server',
        documentation:
          'Read-only. Paging by `next` links, which stay valid while visits are added. Unknown parameters are told in the bundle, or refused with Prefer: handling=strict.',
        security: {
          description:
            'Authorization: Bearer {key}, with the scope fhir:read. Whole citizen ids are shown to keys with the scope pid:read only.',
        },
        resource: RESOURCE_TYPES.map(restResource),
      },
    ],
  };
}

function restResource(type: ResourceType): CapabilityStatementRestResource {
  const definition = definitionOf(type);
  const includes = Object.keys(definition.includes);
  const revincludes = Object.keys(definition.revincludes);
  const sorts = Object.keys(definition.sorts);
  return {
    type,
    documentation: `${definition.documentation}${sorts.length === 0 ? '' : ` _sort: ${sorts.join(', ')}.`}`,
    interaction: [{ code: 'read' }, { code: 'search-type' }],
    versioning: 'versioned',
    readHistory: false,
    conditionalRead: 'not-match',
    ...(includes.length === 0 ? {} : { searchInclude: includes }),
    ...(revincludes.length === 0 ? {} : { searchRevInclude: revincludes }),
    searchParam: definition.parameters.map(({ name, type: kind, documentation, modifiers }) => {
      const modifierText =
        modifiers.length === 0 ? '' : ` Modifiers: ${modifiers.map((m) => `:${m}`).join(', ')}.`;
      return {
        name,
        type: kind,
        documentation: `${documentation}.${modifierText}`,
      };
    }),
  };
}
