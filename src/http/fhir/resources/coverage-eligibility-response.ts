/** Proof that NHSO answered for this visit; a later Claim quotes its `preAuthRef`. */

import type { CoverageEligibilityResponse, CoverageEligibilityResponseInsurance } from 'fhir/r4.js';
import { bangkokIso } from '../../../domain/bangkok.ts';
import type { Case, NeedsStaffReason } from '../../../domain/case.ts';
import { maskCitizenIds } from '../../../domain/citizen-id.ts';
import { rightOf } from '../../../domain/found-right.ts';
import { caseId } from '../ids.ts';
import { CODES, ID } from '../systems.ts';
import type { CaseWithRead, MappingContext } from './context.ts';
import { clean, concept, meta, NHSO } from './elements.ts';
import { subjectOf } from './encounter.ts';

/** NHSO answered, and its answer was no, or one that cannot be used. */
export const REFUSALS = [
  'refused',
  'person-mismatch',
  'code-does-not-fit',
] as const satisfies NeedsStaffReason[];

/** `complete`: a code was had. `partial`: NHSO told the right, and there is no code (yet). `error`: it refused. */
export type AnswerOutcome = 'complete' | 'partial' | 'error';

export function outcomeOf(c: Pick<Case, 'code' | 'reason'>): AnswerOutcome {
  if (c.code !== null) return 'complete';
  return (REFUSALS as readonly (string | null)[]).includes(c.reason) ? 'error' : 'partial';
}

/** Whether NHSO has answered: the read reached it, or the code came from it and from nowhere else. */
function nhsoAnswered(c: Case): boolean {
  return c.readKind === 'full' || c.code?.source === 'confirm' || c.code?.source === 'lookup';
}

/** Null when NHSO has not answered for this visit. */
export function toCoverageEligibilityResponse(
  { case: c, read, found }: CaseWithRead,
  context: MappingContext,
): CoverageEligibilityResponse | null {
  if (!nhsoAnswered(c)) return null;
  const outcome = outcomeOf(c);
  const correlationId = clean(c.correlationId);
  const disposition = clean(maskCitizenIds(c.reasonDetail ?? ''));
  const answeredAt = c.code?.issuedAt ?? read?.readAt ?? c.createdAt;
  return {
    resourceType: 'CoverageEligibilityResponse',
    id: caseId(c),
    meta: meta(c.version, c.updatedAt),
    ...(correlationId === null ? {} : { identifier: [{ system: ID.correlation, value: correlationId }] }),
    status: 'active',
    purpose: ['auth-requirements', 'validation'],
    patient: subjectOf(c, context) ?? { display: c.vn },
    servicedDate: c.serviceDate,
    created: bangkokIso(answeredAt),
    requestor: { reference: `Organization/${c.hcode}` },
    // the request itself is NHSO's transaction, which is no resource of ours
    request:
      correlationId === null
        ? { display: 'latest-authen-code' }
        : {
            type: 'CoverageEligibilityRequest',
            identifier: { system: ID.correlation, value: correlationId },
          },
    outcome,
    ...(outcome === 'error' && disposition !== null ? { disposition } : {}),
    insurer: NHSO,
    ...(rightOf(c, read, found) === null ? {} : { insurance: [insurance(c)] }),
    ...(c.code === null ? {} : { preAuthRef: c.code.claimCode }),
    ...(outcome === 'error' ? { error: [{ code: concept(CODES.reason, c.reason ?? 'refused') }] } : {}),
  };
}

function insurance(c: Case): CoverageEligibilityResponseInsurance {
  return { coverage: { reference: `Coverage/${caseId(c)}` }, inforce: true };
}
