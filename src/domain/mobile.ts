/** Which mobile is sent to NHSO, and who gave it. */

import { chooseMobile } from './phone.ts';

/** `staff`: a person's answer to the case. `his`: the HIS's own. `counter`: given with a certified or photo read. */
export const MOBILE_SOURCES = ['staff', 'his', 'counter'] as const;
export type MobileSource = (typeof MOBILE_SOURCES)[number];

export interface MobileFacts {
  staffMobile: string | null;
  givenMobile: string | null;
  visit: { phones: readonly string[] };
}

/**
 * A person who answers for this very case goes before the HIS; what was given at the counter serves where the HIS has none,
 * and never in the place of what it has. Null: nobody gave one.
 */
export function mobileOf(facts: MobileFacts): { mobile: string; source: MobileSource } | null {
  const { staffMobile, givenMobile, visit } = facts;
  if (staffMobile !== null) return { mobile: staffMobile, source: 'staff' };
  const his = chooseMobile(visit.phones);
  if (his !== null) return { mobile: his, source: 'his' };
  return givenMobile === null ? null : { mobile: givenMobile, source: 'counter' };
}
