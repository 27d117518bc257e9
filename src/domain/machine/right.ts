/** NHSO has told of the person's right although no card was read. The case's history says so; nothing else about it moves. */

import type { Instant } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { type FoundRight, takesFoundRight } from '../found-right.ts';
import { type Change, change } from './transition.ts';

/**
 * A new version of the case all the same: whoever asks what has changed since (FHIR's `_lastUpdated`, an ETag) must see
 * that its Coverage is there now. Null for a case that NHSO's answer does not concern.
 */
export function rightTold(current: Case, found: FoundRight, at: Instant): Change | null {
  if (current.pid !== found.pid || current.serviceDate !== found.serviceDate) return null;
  if (!takesFoundRight(current)) return null;
  const { answer, source, right } = found;
  return change(
    current,
    {},
    { event: 'right-asked', at, detail: { answer, source, mainInscl: right?.mainInscl ?? null } },
  );
}
