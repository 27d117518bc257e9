/** Which visits need an authen code: configuration of the site, by default every outpatient visit of a Thai citizen. */

import type { Visit } from './visit.ts';

export interface Choice {
  /** When given, only these. */
  only?: readonly string[] | undefined;
  /** Never these. */
  except?: readonly string[] | undefined;
}

export interface RequirementPolicy {
  visitKinds: readonly ('outpatient' | 'inpatient')[];
  /** Nationality codes of the HIS that count as Thai. */
  nationalities: readonly string[];
  /** By the HIS's own right code (`pttype`). */
  rights: Choice;
  /** By scheme (UCS, SSS, OFC, …). */
  schemes: Choice;
  /** By department code. */
  departments: Choice;
}

export const DEFAULT_POLICY: RequirementPolicy = {
  visitKinds: ['outpatient'],
  nationalities: ['99', '099', 'TH', 'THA'],
  rights: {},
  schemes: {},
  departments: {},
};

export type NotRequiredReason =
  | 'not-required-visit-kind'
  | 'not-required-nationality'
  | 'not-required-right'
  | 'not-required-department';

/** Null when the visit needs a code; otherwise why it does not. */
export function notRequired(visit: Visit, policy: RequirementPolicy): NotRequiredReason | null {
  if (!policy.visitKinds.includes(visit.kind)) return 'not-required-visit-kind';
  if (!isThai(visit, policy)) return 'not-required-nationality';
  if (!allowed(visit.right?.code ?? null, policy.rights)) return 'not-required-right';
  if (!allowed(visit.right?.scheme ?? null, policy.schemes)) return 'not-required-right';
  if (!allowed(visit.department?.code ?? null, policy.departments)) return 'not-required-department';
  return null;
}

/**
 * The nationality decides where the HIS holds one. Where it holds none, a person is taken for Thai: somebody who is
 * not, and has no citizen id, then reaches the staff's list instead of being dropped in silence.
 */
function isThai(visit: Visit, policy: RequirementPolicy): boolean {
  const nationality = visit.person.nationality?.trim() ?? '';
  if (nationality === '') return true;
  return policy.nationalities.includes(nationality);
}

function allowed(value: string | null, choice: Choice): boolean {
  if (choice.except?.includes(value ?? '')) return false;
  return choice.only === undefined || choice.only.includes(value ?? '');
}
