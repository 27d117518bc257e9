/** The photo that proved a patient's presence is deleted; the case's history says so, and nothing else of the case changes. */

import type { Instant } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { type Change, change } from './transition.ts';

/** `kept-long-enough`: its days are over. `key-lost`: nobody could open it any more. */
export type WhyDeleted = 'kept-long-enough' | 'key-lost';

export function photoDeleted(
  current: Case,
  { readId, why }: { readId: string; why: WhyDeleted },
  at: Instant,
): Change {
  return change(current, {}, { event: 'photo-deleted', at, detail: { readId, why } });
}
