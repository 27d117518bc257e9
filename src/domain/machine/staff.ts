/** What a person may decide on a case, and "look at it again". */

import type { SitePolicy } from '../assess.ts';
import type { Instant } from '../bangkok.ts';
import { type Case, type CaseState, FINAL_STATES, type HeldCode } from '../case.ts';
import { isAssessed, isUnasked, notTaken, type PairedRead, reasonAgainstCode, reassess } from './facts.ts';
import { holdCode, mayAsk } from './obtain.ts';
import { type Change, change, isRecheck, NO_REASON, NOTHING_TO_DO, thenDo } from './transition.ts';

export interface Decision {
  actor: string;
  at: Instant;
}

/** Null: the case is not in a state that permits it. */
export function givePhone(
  current: Case,
  mobile: string,
  read: PairedRead | null,
  policy: SitePolicy,
  by: Decision,
): Change | null {
  if (!isAnswerable(current)) return null;
  const answered = { ...reopened(current), staffMobile: mobile };
  // the number itself is personal data and stays out of the history
  return reassess(current, answered, { read, policy }, { event: 'phone-given', ...by });
}

export function chooseClaimType(
  current: Case,
  claimType: string,
  read: PairedRead | null,
  policy: SitePolicy,
  by: Decision,
): Change | null {
  if (!isAnswerable(current)) return null;
  const answered = { ...reopened(current), staffClaimType: claimType };
  const cause = { event: 'claim-type-chosen', ...by, detail: { claimType } };
  return reassess(current, answered, { read, policy }, cause);
}

/** `code` has been looked up at NHSO and belongs to the person, hospital and service date. */
export function adoptCode(current: Case, code: HeldCode, by: Decision): Change | null {
  if (!isAdoptable(current)) return null;
  return holdCode(current, code, 'found-elsewhere', {
    event: 'code-adopted',
    ...by,
    detail: { claimCode: code.claimCode, ...notTaken(current, code.claimCode) },
  });
}

/** True for a case that a person may give a code to. */
export function isAdoptable(current: Case): boolean {
  return ['needs-staff', 'awaiting-card', 'offline', 'expired'].includes(current.state) && !current.visitGone;
}

/** A confirm is under way, or its code is on the way to the HIS: closing now would lose it. */
const ON_THE_WAY: readonly CaseState[] = ['confirming', 'unknown', 'confirmed', 'found-elsewhere'];

export function closeCase(current: Case, reason: string, by: Decision): Change | null {
  if (FINAL_STATES.includes(current.state) || ON_THE_WAY.includes(current.state)) return null;
  return change(
    current,
    { state: 'closed', reason: 'closed-by-staff', reasonDetail: reason, ...NOTHING_TO_DO },
    { event: 'closed', ...by, detail: { reason } },
  );
}

/** Looks at the case again now. Null: there is nothing to try again. */
export function retryCase(
  current: Case,
  read: PairedRead | null,
  policy: SitePolicy,
  by: Decision,
): Change | null {
  const cause = { event: 'retry-asked', ...by };
  if (current.state === 'needs-staff' && current.code !== null) {
    // a code that is not the visit's is not written, however often it is tried
    if (reasonAgainstCode(current) !== null) return null;
    const detail = notTaken(current, current.code.claimCode);
    return change(
      current,
      { state: 'found-elsewhere', ...NO_REASON, ...thenDo(current, 'write-back', by.at) },
      { ...cause, detail },
    );
  }
  // a confirm has been done: its code is looked for; the reason, which stays, keeps it from being asked for again
  if (current.askedAt !== null && current.state === 'needs-staff') {
    return change(current, { state: 'unknown', ...thenDo(current, 'lookup', by.at) }, cause);
  }
  if (current.state === 'needs-staff') return reassess(current, reopened(current), { read, policy }, cause);
  if (current.state === 'expired') {
    if (mayAsk(current, by.at)) return reassess(current, {}, { read, policy }, cause);
    return change(
      current,
      {
        state: 'awaiting-card',
        reason: 'waiting-card',
        reasonDetail: null,
        ...thenDo(current, 'lookup', by.at),
      },
      cause,
    );
  }
  // the look-ups after a lost answer keep their distance, whoever is in a hurry; any other may be made at once
  const isLost = [null, 'waiting-nhso', 'ledger-restored'].includes(current.reason);
  const keepsDistance = isRecheck(current) || (current.state === 'unknown' && isLost);
  if (current.nextStep !== null && current.state !== 'confirming' && !keepsDistance) {
    return change(current, thenDo(current, current.nextStep, by.at), cause);
  }
  return null;
}

/** A person's answer counts only while nothing has been asked and no code is held. */
function isAnswerable(current: Case): boolean {
  return isAssessed(current) || isUnasked(current);
}

/** What makes a case as if it had not come to the staff's list, so that `assess` decides anew. */
function reopened(current: Case): Partial<Case> {
  return current.state === 'needs-staff' ? { ...NO_REASON, state: 'awaiting-card' } : {};
}
