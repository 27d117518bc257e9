/**
 * The night's reconciliation: what is said of each visit of a day, in exactly one word.
 *
 * The visits of one person on one day at one hospital are judged together, with all codes that NHSO shows of the person:
 * whose a code is cannot be said of one visit alone. A wrong code is worse than none, so whatever is not certain goes to a
 * person with its candidates.
 */

import type { ServiceDate } from './bangkok.ts';
import type { Case } from './case.ts';
import { Court } from './reconcile/court.ts';
import type { PersonDay, Verdict } from './reconcile/verdict.ts';
import { isOurs, isUnaskable, standsNoMore } from './reconcile/visit-facts.ts';

export { OUTCOMES, type Outcome, type PersonDay, type Verdict } from './reconcile/verdict.ts';

/** One verdict a visit, in the order of the visits' numbers. */
export function reconcile(day: PersonDay): Verdict[] {
  const court = new Court(day);
  return court.cases.map((c) => court.verdicts.get(c.vn) ?? court.withoutFit(c));
}

/** True when nothing that NHSO could say changes what is said of the visit. */
export function needsNoAsking(current: Case): boolean {
  if (standsNoMore(current) || current.state === 'not-required' || isUnaskable(current)) return true;
  if (current.visit.code !== null) return isOurs(current);
  return current.state === 'closed' || current.code !== null;
}

/** True for a visit that needs a code and has none, whoever may yet find it. */
export function lacksCode(current: Case): boolean {
  return !needsNoAsking(current) && current.visit.code === null;
}

/** For how long a visit whose code is missing is asked for, for people. */
export function askedUntil(lastDate: ServiceDate, today: ServiceDate): string {
  return today <= lastDate
    ? `asked again at each run until ${lastDate}`
    : 'too long ago: not asked again by itself';
}
