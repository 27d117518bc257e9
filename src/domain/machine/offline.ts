/**
 * A visit whose card was read while NHSO could not be asked. The read is proof that the patient was there, but no code can be
 * asked for with it: the card must be read again, or a code turn up that came by another way. The bridge waits for both by
 * itself, and tells the staff while the patient can still be called back: once the day is over nothing can be asked any more.
 */

import { endOfServiceDate, type Instant, serviceDateOf, startOfServiceDate, timeOfDay } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { type Change, change } from './transition.ts';

/** When the staff are told. */
export interface CallBackTimes {
  /** So long after NHSO answers again, or after the read if that came later, ms. */
  afterMs: number;
  /** `HH:MM` (Asia/Bangkok): from then on they are told whether or not NHSO answers, so that they can plan for it. */
  at: string;
}

/** How NHSO is, as far as the bridge knows. */
export interface NhsoSight {
  status: 'up' | 'down';
  /** When it was last found to answer after an outage; null: no outage is known of. */
  backAt: Instant | null;
}

/** A read of the last part of the day leaves no more than this for calling the patient back, ms. */
const LAST_CALL_MS = 30 * 60_000;

/**
 * Puts the case on the staff's list, if it is time. It goes on being looked up there, and a card that is read takes it off
 * again. Null: it is not time, or the case does not wait for its card to be read again.
 */
export function tellNotReadAgain(
  current: Case,
  nhso: NhsoSight,
  times: CallBackTimes,
  at: Instant,
): Change | null {
  if (current.state !== 'offline' || serviceDateOf(at) !== current.serviceDate) return null;
  if (at < tellAt(current, nhso, times, at)) return null;
  const { readAt, stationId } = current;
  const seen = [readAt === null ? null : timeOfDay(readAt).slice(0, 5), stationId].filter((w) => w !== null);
  return change(
    current,
    { state: 'needs-staff', reason: NOT_READ_AGAIN, reasonDetail: seen.join(' ') },
    { event: NOT_READ_AGAIN, at, detail: { readAt, stationId, nhso: nhso.status } },
  );
}

/** On the staff's list because its card was not read again. */
export function isNotReadAgain({ state, reason }: Pick<Case, 'state' | 'reason'>): boolean {
  return state === 'needs-staff' && reason === NOT_READ_AGAIN;
}

const NOT_READ_AGAIN = 'card-not-read-again';

/** The visit may have been registered long after the card was read: then the patient is at the counter just now. */
function tellAt(current: Case, nhso: NhsoSight, times: CallBackTimes, at: Instant): Instant {
  const begun = Math.max(current.readAt ?? current.createdAt, current.createdAt);
  const patience = Math.max(begun, nhso.backAt ?? begun) + times.afterMs;
  const late = Math.max(timeOn(current, times.at), begun + times.afterMs);
  const lastCall = endOfServiceDate(current.serviceDate) - LAST_CALL_MS;
  return Math.min(isAnswered(current, nhso, at) ? patience : Number.POSITIVE_INFINITY, late, lastCall);
}

/** NHSO is there, and has been asked for this case since the outage: it showed nothing, or would not say. */
function isAnswered(current: Case, nhso: NhsoSight, at: Instant): boolean {
  const isPending = current.nextStep === 'lookup' && (current.dueAt ?? 0) <= at;
  return nhso.status === 'up' && current.reason === 'waiting-reread' && !isPending;
}

function timeOn({ serviceDate }: Case, timeOfTheDay: string): Instant {
  const [hours = 0, minutes = 0] = timeOfTheDay.split(':').map(Number);
  return startOfServiceDate(serviceDate) + (hours * 60 + minutes) * 60_000;
}
