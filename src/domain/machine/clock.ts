/** A clock that was ahead has been set back: what was to be done "in a minute" would be done in an hour. */

import type { Instant } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { type Change, change, timesPutRight } from './transition.ts';

/** Puts the case's times right, if its next step was put off. Null when it was not. */
export function clockSetBack(current: Case, at: Instant): Change | null {
  if (timesPutRight(current, at).dueAt === undefined) return null;
  return change(current, {}, { event: 'clock-set-back', at, detail: { aheadMs: current.updatedAt - at } });
}
