/**
 * A ledger that was put back from a backup is older than what NHSO knows: confirms sent since stand nowhere in it. Rule 1
 * still holds: whatever may have been asked for in that gap is looked up twice, the second time when the last confirm of the
 * gap is surely over, before it is asked for.
 */

import { bangkokIso, type Instant, serviceDateOf } from '../bangkok.ts';
import type { Case } from '../case.ts';
import type { LostAnswerTimes } from './lost-answer.ts';
import { type Change, change, NO_REASON, thenDo } from './transition.ts';

/** Look-ups that must show nothing before a code is asked for. */
const LOOKUPS = 2;

/** What the ledger does not know of. */
export interface Gap {
  /** Grows by one each time that the ledger is put back; a case that has been looked for since bears it. */
  generation: number;
  /** Up to here the ledger knows everything. */
  from: Instant;
  /** Here work began on the ledger that was put back: from now on it knows everything again. */
  to: Instant;
}

/**
 * The ledger was put back as it was at `knownTo`. `before`: the gap that it knew of then, which is still to be looked into
 * when it was put back twice in a day.
 */
export function putBack(before: Gap | null, knownTo: Instant, now: Instant): Gap {
  const reaches = before !== null && serviceDateOf(before.to) >= serviceDateOf(knownTo);
  const from = reaches ? Math.min(before.from, knownTo) : knownTo;
  return { generation: (before?.generation ?? 0) + 1, from, to: now };
}

/**
 * True when a confirm for the visit may have been sent within the gap and NHSO has not been asked about it since. A code
 * is only ever asked for on the service date itself.
 */
export function mayHaveBeenAsked(current: Case, gap: Gap | null): gap is Gap {
  if (gap === null || soughtTimes(current, gap) >= LOOKUPS) return false;
  return serviceDateOf(gap.from) <= current.serviceDate && current.serviceDate <= serviceDateOf(gap.to);
}

/** The fields that count one more look-up that showed nothing, for a case that may have been asked for in the gap. */
export function soughtOnce(current: Case, gap: Gap): Pick<Case, 'soughtIn' | 'soughtTimes'> {
  return { soughtIn: gap.generation, soughtTimes: soughtTimes(current, gap) + 1 };
}

/**
 * When to look the next time: by then a confirm that was sent a moment before the ledger was put back has ended, and NHSO
 * shows its code.
 */
export function seekNext(gap: Gap, { settleMs, atWorkMs }: LostAnswerTimes, at: Instant): Instant {
  // at most as long as all of it takes, for a clock that was set back
  const restMs = Math.min(gap.to - at, 0) + atWorkMs + settleMs;
  return at + Math.max(settleMs, restMs);
}

/** What was counted in a ledger that was put back since says nothing of what its successor asked for. */
function soughtTimes(current: Case, gap: Gap): number {
  return current.soughtIn === gap.generation ? current.soughtTimes : 0;
}

/** In the place of a draft or a confirm. Null when they may be sent. */
export function seekFirst(current: Case, gap: Gap | null, at: Instant): Change | null {
  if (!mayHaveBeenAsked(current, gap)) return null;
  return change(
    current,
    {
      ...{ state: 'unknown', ...NO_REASON, reason: 'ledger-restored', soughtTimes: 0 },
      ...thenDo(current, 'lookup', at),
    },
    cause(gap, at),
  );
}

/**
 * The visit's card read may have been lost with the ledger, and the patient be gone: its code may stand at NHSO all the
 * same. Null when there is nothing to look for.
 */
export function seekWithoutCard(current: Case, gap: Gap | null, at: Instant): Change | null {
  if (current.state !== 'awaiting-card' || current.nextStep !== null || current.pid === null) return null;
  if (!mayHaveBeenAsked(current, gap)) return null;
  return change(current, { soughtTimes: 0, ...thenDo(current, 'lookup', at) }, cause(gap, at));
}

function cause(gap: Gap, at: Instant) {
  return { event: 'ledger-restored', at, detail: { knownTo: bangkokIso(gap.from) } };
}
