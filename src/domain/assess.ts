/**
 * The state of a case as long as no confirm has been sent: it follows from the facts alone (the visit as the HIS
 * tells it, the paired card read, what a person has answered, the site's policy), so it is worked out afresh
 * whenever one of them changes, in whatever order they came.
 */

import { type Candidate, codeKind, isPlausibleCode, misfits } from './authen-code.ts';
import type { CardRead } from './card-read.ts';
import type { CaseState, HeldCode, Reason, WaitReason } from './case.ts';
import { type CitizenId, maskCitizenIds, parseCitizenId } from './citizen-id.ts';
import { type ClaimTypePolicy, chooseClaimType, configuredClaimType } from './claim-type.ts';
import { chooseMobile } from './phone.ts';
import { notRequired, type RequirementPolicy } from './requirement.ts';
import type { Visit } from './visit.ts';

/** What a site has configured. */
export interface SitePolicy {
  requirement: RequirementPolicy;
  claimType: ClaimTypePolicy;
}

export interface Facts {
  visit: Visit;
  visitGone: boolean;
  read: Pick<CardRead, 'kind' | 'claimTypes' | 'correlationId'> | null;
  staffMobile: string | null;
  staffClaimType: string | null;
}

export interface Assessment {
  state: CaseState;
  reason: Reason | null;
  reasonDetail: string | null;
  candidates: readonly Candidate[];
  pid: CitizenId | null;
  claimType: string;
  code: HeldCode | null;
}

/** Reasons for needs-staff that `assess` gives or keeps, and that it takes back when the facts change. */
export const ASSESSED_REASONS: readonly (Reason | null)[] = [
  'unreadable-row',
  'no-citizen-id',
  'invalid-citizen-id',
  'no-phone',
  'claim-type-not-offered',
  'his-holds-other-code',
  'code-does-not-fit',
  'card-not-read-again',
];

export function assess(facts: Facts, policy: SitePolicy): Assessment {
  const { visit, read } = facts;
  const pid = parseCitizenId(visit.pid);
  const claimType = facts.staffClaimType ?? configuredClaimType(visit, policy.claimType);
  const base = { reasonDetail: null, candidates: [], pid, claimType, code: null } as const;
  const staff = (
    reason: Reason,
    detail: string | null = null,
    more: Partial<Assessment> = {},
  ): Assessment => ({
    ...base,
    state: 'needs-staff',
    reason,
    reasonDetail: detail,
    ...more,
  });
  const waits = (state: CaseState, reason: WaitReason): Assessment => ({ ...base, state, reason });

  if (facts.visitGone || visit.cancelled) return waits('cancelled', 'visit-cancelled');
  if (visit.problem !== null) return staff('unreadable-row', visit.problem);
  const exempt = notRequired(visit, policy.requirement);
  if (exempt !== null) return { ...base, state: 'not-required', reason: exempt };

  if (visit.code !== null) {
    if (!standsAsCode(visit.code)) return staff('his-holds-other-code', maskCitizenIds(visit.code));
    return { ...base, state: 'written', reason: null, code: hisCode(visit.code) };
  }
  if (pid === null) return staff(visit.pid === null ? 'no-citizen-id' : 'invalid-citizen-id');
  const logged = assessLogged(visit, pid, claimType);
  if (logged !== null) {
    return 'code' in logged
      ? { ...base, state: 'found-elsewhere', reason: null, code: logged.code }
      : staff('code-does-not-fit', 'authenhos', { candidates: [logged.candidate] });
  }
  if ((facts.staffMobile ?? chooseMobile(visit.phones)) === null) return staff('no-phone');
  if (read === null) return waits('awaiting-card', 'waiting-card');
  if (read.kind === 'card-only' || read.correlationId === null) return waits('offline', 'waiting-reread');

  const choice = chooseClaimType(visit, read.claimTypes, policy.claimType, facts.staffClaimType);
  if (choice.kind === 'not-offered') {
    return staff('claim-type-not-offered', `${choice.wanted}: ${choice.offered.join(', ')}`);
  }
  return { ...base, state: 'ready', reason: null, claimType: choice.claimType };
}

/** Whether what somebody has put into the HIS's column can be the visit's authen code; a citizen id or an EP code is none. */
export function standsAsCode(text: string): boolean {
  return isPlausibleCode(text) && codeKind(text) !== 'EP' && parseCitizenId(text) === null;
}

function hisCode(claimCode: string): HeldCode {
  return { claimCode, claimType: null, issuedAt: null, source: 'his' };
}

/** A code in the HIS's own log (HOSxP `authenhos`) belongs to the visit only when it fits like any other (rule 2). */
function assessLogged(
  visit: Visit,
  pid: CitizenId,
  claimType: string,
): { code: HeldCode } | { candidate: Candidate } | null {
  const logged = visit.loggedCode;
  if (logged === null || !standsAsCode(logged.claimCode)) return null;
  const code = {
    claimCode: logged.claimCode,
    claimType: logged.claimType,
    hcode: visit.hcode,
    issuedAt: logged.createdAt,
  };
  const wanted = { pid, hcode: visit.hcode, serviceDate: visit.serviceDate, claimType };
  const found = misfits({ ...code, pid: logged.pid }, wanted, false);
  if (found.length > 0) return { candidate: { ...code, misfits: found, heldBy: null } };
  return {
    code: {
      claimCode: code.claimCode,
      claimType: code.claimType,
      issuedAt: code.issuedAt,
      source: 'his-log',
    },
  };
}
