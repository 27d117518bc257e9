/** How long the parts of a confirm may take, for whoever sends one and for whoever finds out what became of it. */

import type { LookupTimes } from '../domain/machine/lookup.ts';
import type { LostAnswerTimes } from '../domain/machine/lost-answer.ts';
import type { SiteSettings } from './site.ts';

/**
 * A process that was held up this long between writing "about to send" and sending does not send: by then another may
 * have taken over, ms.
 */
export const SEND_WITHIN_MS = 3_000;

/**
 * Beyond the confirm's own time-out, ms: writing, sending, and where a reader carries it, handing it over and telling
 * (3 + 3 + 6 s at most).
 */
const RECOVER_MARGIN_MS = 15_000;

/** Until the first look-up after a lost answer, at most, ms. */
const FIRST_LOOKUP_MS = 2_000;

type ConfirmTimes = Pick<SiteSettings, 'confirmTimeoutMs' | 'settleMs'>;

/** From announcing a confirm until it is over one way or another, also should the process that sends it die, ms. */
export function recoverAfter({ confirmTimeoutMs }: ConfirmTimes): number {
  return confirmTimeoutMs + RECOVER_MARGIN_MS;
}

/** From a lost answer to its first look-up, ms. */
export function firstLookup({ settleMs }: ConfirmTimes): number {
  return Math.min(FIRST_LOOKUP_MS, settleMs);
}

/** NHSO's agent is taken to be done with a confirm when we would have stopped waiting for it. */
export function lostAnswerTimes(times: ConfirmTimes): LostAnswerTimes {
  return { settleMs: times.settleMs, atWorkMs: recoverAfter(times) };
}

export function lookupTimes(settings: ConfirmTimes & Pick<SiteSettings, 'offlineLookupMs'>): LookupTimes {
  return { ...lostAnswerTimes(settings), offlineMs: settings.offlineLookupMs };
}
