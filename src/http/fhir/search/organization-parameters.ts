/** Organizations come from the configuration: they are few, and searched where they stand. */

import type { Organization } from 'fhir/r4.js';
import type { Parameter } from './parameter.ts';
import { parseToken } from './values.ts';

export type OrganizationTest = (organization: Organization) => boolean;

export const organizationParameters: readonly Parameter<OrganizationTest>[] = [
  {
    name: '_id',
    type: 'token',
    documentation: 'logical id: the hospital code, nhso, cgd or sso',
    modifiers: ['not'],
    match: (value) => [(o) => o.id === value],
  },
  {
    name: 'identifier',
    type: 'token',
    documentation: 'hospital code',
    modifiers: ['not', 'missing'],
    missing: (o) => o.identifier === undefined,
    match(value) {
      const { system, code } = parseToken(value, 'identifier');
      return [
        (o) =>
          (o.identifier ?? []).some(
            (id) => (system === null || id.system === system) && (code === '' || id.value === code),
          ),
      ];
    },
  },
  {
    name: 'name',
    type: 'string',
    documentation: 'begins with, whatever the case; the names in use beside the official one count too',
    modifiers: [],
    match(value) {
      const wanted = value.toLowerCase();
      return [
        (o) => [o.name ?? '', ...(o.alias ?? [])].some((name) => name.toLowerCase().startsWith(wanted)),
      ];
    },
  },
];
