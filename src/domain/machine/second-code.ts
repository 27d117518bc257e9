/**
 * A code was taken for the lost answer of a confirm that may still be at work. Another channel (LINE, a kiosk) may have issued
 * it in those seconds, and NHSO's look-ups do not say who asked: should NHSO issue ours as well, it must not stand nowhere.
 * So NHSO is looked at again until the confirm is surely over, and a second code goes to a person.
 */

import type { Candidate } from '../authen-code.ts';
import { DAY_MS, type Instant } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { toStaff } from './facts.ts';
import { mayBeOurs } from './lookup.ts';
import { inDoubt, type LostAnswerTimes } from './lost-answer.ts';
import { type Change, change, NOTHING_TO_DO } from './transition.ts';

/** Of the codes that NHSO shows beside the one that was taken, those that the confirm of `askedAt` may have brought. */
export function secondCodes(
  beside: readonly Candidate[],
  asked: Pick<Case, 'hcode' | 'askedAt' | 'claimType'>,
): Candidate[] {
  const latest = (asked.askedAt ?? 0) + DAY_MS;
  return beside.filter((candidate) => {
    const { claimType, issuedAt, misfits } = candidate;
    if (claimType !== null && claimType !== asked.claimType) return false;
    if (issuedAt !== null && issuedAt >= latest) return false;
    return !misfits.includes('held-by-other-visit') && mayBeOurs(candidate, asked);
  });
}

/** @param beside all codes of the person that NHSO shows, other than the one that the case holds */
export function lookedAtAgain(
  current: Case,
  beside: readonly Candidate[],
  times: LostAnswerTimes,
  at: Instant,
): Change {
  const looked = { ...current, recheckAt: null, ...inDoubt(current, times, at) };
  const told = secondCodeTold(looked, secondCodes(beside, current), at);
  return told ?? change(looked, NOTHING_TO_DO, { event: 'no-second-code', at });
}

/** Puts the codes before a person, unless they are there already: then null. */
export function secondCodeTold(current: Case, second: readonly Candidate[], at: Instant): Change | null {
  const known = new Set([current.code?.claimCode, ...current.candidates.map((c) => c.claimCode)]);
  const news = second.filter((c) => !known.has(c.claimCode));
  if (news.length === 0) return null;
  const codes = news.map((c) => c.claimCode);
  const claimCode = current.code?.claimCode ?? null;
  const cause = { event: 'second-code-found', at, detail: { claimCode, candidates: codes } };
  const told = { ...current, candidates: [...current.candidates, ...news] };
  // what a person must settle already stays what it is, with this code beside it
  const isListed = current.state === 'needs-staff';
  return isListed
    ? toStaff(told, current.reason, current.reasonDetail, cause)
    : toStaff(told, 'second-code', codes.join(', '), cause);
}
