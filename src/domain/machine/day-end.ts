/**
 * The service day is over: nothing can be asked any more, so each open case is looked up once and then stands still.
 * The look-up moves a case on into a state or reason that this file leaves alone, which is what makes it "once".
 */

import { type Instant, serviceDateOf } from '../bangkok.ts';
import type { Case, Reason } from '../case.ts';
import { isUnasked } from './facts.ts';
import { type Change, change, NOTHING_TO_DO, thenDo } from './transition.ts';

/** What kept the bridge from asking, but not the patient from getting a code at a kiosk, by LINE or at NHSO's web page. */
const CODE_MAY_BE_THERE: readonly (Reason | null)[] = [
  'no-phone',
  'claim-type-not-offered',
  'same-day-code',
  'person-mismatch',
  'refused',
  'code-does-not-fit',
  'code-held',
  'card-not-read-again',
];

/** Null when the end of the day changes nothing for this case. */
export function dayOver(current: Case, at: Instant): Change | null {
  if (serviceDateOf(at) <= current.serviceDate) return null;
  const cause = { event: 'day-over', at };
  switch (current.state) {
    case 'awaiting-card':
      if (current.nextStep === 'lookup') return null;
      if (current.pid === null) {
        const over = { state: 'expired', reason: 'day-over-no-card', reasonDetail: null } as const;
        return change(current, { ...over, ...NOTHING_TO_DO }, cause);
      }
      return change(current, thenDo(current, 'lookup', at), cause);
    case 'ready':
    case 'drafted':
      return current.nextStep === 'lookup' ? null : change(current, thenDo(current, 'lookup', at), cause);
    case 'offline':
      return isDue(current, at) ? null : change(current, thenDo(current, 'lookup', at), cause);
    case 'needs-staff':
      return isDue(current, at) || !mayBeAdopted(current)
        ? null
        : change(current, thenDo(current, 'lookup', at), cause);
    default:
      return null;
  }
}

function isDue({ nextStep, dueAt }: Case, at: Instant): boolean {
  return nextStep === 'lookup' && dueAt !== null && dueAt <= at;
}

/**
 * Only where the bridge itself has nothing under way at NHSO: what it asked for and has not found is a person's to
 * settle, and another code must not cover it up. A column of the HIS that holds something is not written to either.
 */
function mayBeAdopted(current: Case): boolean {
  if (!isUnasked(current) || !CODE_MAY_BE_THERE.includes(current.reason)) return false;
  const isKnown = current.pid !== null && current.claimType !== null;
  return isKnown && !current.visitGone && current.visit.code === null;
}
