/** The hospitals of the configuration and those who pay. */

import { createHash } from 'node:crypto';
import type { Organization, Reference } from 'fhir/r4.js';
import { CODES, ID } from '../systems.ts';
import { clean, concept } from './elements.ts';

export interface SiteName {
  hcode: string;
  name: string;
}

const PAYORS = {
  nhso: { name: 'สำนักงานหลักประกันสุขภาพแห่งชาติ', alias: ['NHSO', 'สปสช.'] },
  cgd: { name: 'กรมบัญชีกลาง', alias: ['CGD'] },
  sso: { name: 'สำนักงานประกันสังคม', alias: ['SSO', 'สปส.'] },
} as const;

export function payorReference(payor: keyof typeof PAYORS): Reference {
  return { reference: `Organization/${payor}`, display: PAYORS[payor].name };
}

/** All organizations that there are: they come from the configuration, so the list is short and fixed. */
export function organizations(sites: readonly SiteName[]): Organization[] {
  const payors = Object.entries(PAYORS).map(
    ([id, { name, alias }]): Organization => ({
      resourceType: 'Organization',
      id,
      active: true,
      type: [concept(CODES.organizationType, 'pay', 'Payer')],
      name,
      alias: [...alias],
    }),
  );
  return [...sites.map(hospital), ...payors].map(withVersion);
}

function hospital({ hcode, name }: SiteName): Organization {
  const type = concept(CODES.identifierType, 'hcode');
  return {
    resourceType: 'Organization',
    id: hcode,
    identifier: [
      { use: 'official', type, system: ID.hcode, value: hcode },
      { use: 'secondary', type, system: ID.hcode5, value: hcode },
    ],
    active: true,
    type: [concept(CODES.organizationType, 'prov', 'Healthcare Provider')],
    name: clean(name) ?? hcode,
  };
}

/** A configuration has no version numbers; what the resource says is its version. */
function withVersion(organization: Organization): Organization {
  const { resourceType, id, ...rest } = organization;
  const versionId = createHash('sha256').update(JSON.stringify(organization)).digest('hex').slice(0, 16);
  return { resourceType, ...(id === undefined ? {} : { id }), meta: { versionId }, ...rest };
}
