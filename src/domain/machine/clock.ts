/** A clock that was ahead has been set back: what was to be done "in a minute" would be done in an hour. */

import type { Instant } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { type Change, change, thenDo } from './transition.ts';

/** A case from farther ahead than this was changed by a clock that was wrong, ms; those of two processes may differ. */
export const SET_BACK_MS = 60_000;

/**
 * Puts the case's times back to where they would be, had the clock been right when it was last changed. Null when
 * it was.
 */
export function clockSetBack(current: Case, at: Instant): Change | null {
  const { askedAt, dueAt, nextStep } = current;
  const ahead = current.updatedAt - at;
  if (ahead <= SET_BACK_MS || nextStep === null || dueAt === null) return null;
  return change(
    current,
    {
      ...thenDo(current, nextStep, Math.max(at, dueAt - ahead)),
      // what NHSO has issued since is judged by it
      askedAt: askedAt === null || askedAt <= at ? askedAt : askedAt - ahead,
    },
    { event: 'clock-set-back', at, detail: { aheadMs: ahead } },
  );
}
