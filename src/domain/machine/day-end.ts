/** The service day is over: nothing can be asked any more, so each open case is looked up once and then stands still. */

import { type Instant, serviceDateOf } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { type Change, change, NOTHING_TO_DO, thenDo } from './transition.ts';

/** Null when the end of the day changes nothing for this case. */
export function dayOver(current: Case, at: Instant): Change | null {
  if (serviceDateOf(at) <= current.serviceDate) return null;
  const cause = { event: 'day-over', at };
  switch (current.state) {
    case 'awaiting-card':
      if (current.nextStep === 'lookup') return null;
      if (current.pid === null) {
        return change(current, { state: 'expired', reason: 'day-over-no-card', ...NOTHING_TO_DO }, cause);
      }
      return change(current, thenDo(current, 'lookup', at), cause);
    case 'ready':
    case 'drafted':
      return current.nextStep === 'lookup' ? null : change(current, thenDo(current, 'lookup', at), cause);
    case 'offline':
      return current.dueAt !== null && current.dueAt <= at
        ? null
        : change(current, thenDo(current, 'lookup', at), cause);
    default:
      return null;
  }
}
