/** What a case says by itself, before anything that NHSO shows is looked at. */

import type { Case } from '../case.ts';
import { reasonText } from '../reason-text.ts';
import { isSameCode } from './shown.ts';

/** True when NHSO issued to us, or showed us, the very code that the HIS holds. */
export function isOurs({ code, visit }: Case): boolean {
  return (
    code !== null && code.source !== 'his' && visit.code !== null && isSameCode(code.claimCode, visit.code)
  );
}

export function standsNoMore(c: Case): boolean {
  return c.visitGone || c.visit.cancelled || c.state === 'cancelled';
}

/** Whose code, and of what type, is known; of a row that cannot be understood, perhaps wrongly. */
export function isMatchable({ pid, claimType }: Case): boolean {
  return pid !== null && claimType !== null;
}

export function isUnaskable(c: Case): boolean {
  return !isMatchable(c) || c.visit.problem !== null;
}

export function told({ reason, state }: Case): string | null {
  if (reason === null || ['awaiting-card', 'expired'].includes(state)) return null;
  return reasonText(reason).en;
}
