/**
 * Which claim type to ask for. The list is NHSO's: what the read's `claimTypes` offers, with the site's configured
 * default for the kind of visit. A person's choice goes before the default.
 */

import type { ClaimTypeOffer } from './card-read.ts';
import type { Visit } from './visit.ts';

export interface ClaimTypePolicy {
  /** `PG0060001` unless the site says otherwise. */
  default: string;
  /** The first rule whose every given list holds the visit's value decides. */
  rules: readonly {
    departments?: readonly string[] | undefined;
    rights?: readonly string[] | undefined;
    claimType: string;
  }[];
}

export type ClaimTypeChoice =
  | { kind: 'chosen'; claimType: string }
  | { kind: 'not-offered'; wanted: string; offered: readonly string[] };

export function chooseClaimType(
  visit: Visit,
  offers: readonly ClaimTypeOffer[],
  policy: ClaimTypePolicy,
  staffChoice: string | null,
): ClaimTypeChoice {
  const wanted = staffChoice ?? configuredClaimType(visit, policy);
  const offered = offers.map((o) => o.claimType);
  // an answer without any offers says nothing about them; NHSO itself then decides
  if (offered.length === 0 || offered.includes(wanted)) return { kind: 'chosen', claimType: wanted };
  return { kind: 'not-offered', wanted, offered };
}

export function configuredClaimType(visit: Visit, policy: ClaimTypePolicy): string {
  const rule = policy.rules.find(
    (r) =>
      (r.departments === undefined || r.departments.includes(visit.department?.code ?? '')) &&
      (r.rights === undefined || r.rights.includes(visit.right?.code ?? '')),
  );
  return rule?.claimType ?? policy.default;
}
