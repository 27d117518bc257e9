/** Tokens that open NHSO's and MOPH's services: how long each lives, and how long the account behind it. */

import {
  addDays,
  DAY_MS,
  endOfServiceDate,
  type Instant,
  serviceDateOf,
  startOfServiceDate,
} from './bangkok.ts';

/**
 * - `uc`: UC Authentication 4.x, one a person of the staff; all die at 00:00 Asia/Bangkok, a new log-in kills the former one.
 * - `srm`: NHSO's SRM portal, a JWT with a refresh token.
 * - `service`: the hospital's own UUID for check-authen-status; long-lived.
 * - `moph`: MOPH Account Center and what hangs on it.
 */
export const TOKEN_KINDS = ['uc', 'srm', 'service', 'moph'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** What decides about a token's life; its value does not. */
export interface TokenFacts {
  kind: TokenKind;
  obtainedAt: Instant;
  /** As the token itself says; null where it does not. */
  expiresAt: Instant | null;
  /** When NHSO refused it; null while it has not. */
  refusedAt: Instant | null;
}

/** A token is not used in its last minute: it would die on the way. */
const MARGIN_MS = 60_000;

/** A refused hospital's UUID is tried again after an hour: no log-in makes a new one, and NHSO may have erred. */
const REFUSED_SERVICE_MS = 3_600_000;

/** When it dies by itself; null for one that says nothing of it. */
export function diesAt(token: TokenFacts, now: Instant): Instant | null {
  if (token.kind === 'uc') return endOfServiceDate(serviceDateOf(obtained(token, now)));
  if (token.kind === 'service' || token.expiresAt === null) return null;
  return token.expiresAt - MARGIN_MS;
}

/** Whether a call may be made with it. */
export function isAlive(token: TokenFacts, now: Instant): boolean {
  return !isRefused(token, now) && now < (diesAt(token, now) ?? Number.POSITIVE_INFINITY);
}

/** Whether NHSO's refusal still stands. */
function isRefused({ kind, refusedAt }: TokenFacts, now: Instant): boolean {
  if (refusedAt === null) return false;
  if (kind !== 'service') return true;
  // one from the future was written by a clock that was ahead: when it was is not known
  return refusedAt <= now + MARGIN_MS && now < refusedAt + REFUSED_SERVICE_MS;
}

/**
 * A token that can be had anew without a person is so, once midnight has passed since it was made: whether NHSO's clearing at
 * 00:00 spares a JWT is not known. Until then it is used while it lives.
 */
export function isDueForRenewal(token: TokenFacts & { refresh: string | null }, now: Instant): boolean {
  if (token.refresh === null || token.kind === 'service') return false;
  return !isAlive(token, now) || serviceDateOf(obtained(token, now)) < serviceDateOf(now);
}

/** One "from the future" was made while a clock was ahead, ours or that of the machine with the file: it counts as made now. */
function obtained({ obtainedAt }: TokenFacts, now: Instant): Instant {
  return Math.min(obtainedAt, now);
}

/**
 * The words for people.
 * - `alive`: calls are made with it.
 * - `expired`: its time is over: midnight, or what it says itself.
 * - `refused`: NHSO did not take it, before its time was over.
 * - `missing`: its source is configured, but none has been there yet.
 */
export const TOKEN_STATES = ['alive', 'expired', 'refused', 'missing'] as const;
export type TokenState = (typeof TOKEN_STATES)[number];

export function tokenState(token: TokenFacts | null, now: Instant): TokenState {
  if (token === null) return 'missing';
  if (isAlive(token, now)) return 'alive';
  return isAlive({ ...token, refusedAt: null }, now) ? 'refused' : 'expired';
}

/** Days without use after which NHSO cancels a UC Authentication account, at 12:30. */
const CANCELLED_AFTER_DAYS = 180;
const CANCELLED_AT_MS = 12.5 * 3_600_000;
const WARN_AFTER_DAYS = [175, 165, 150] as const;

/** Whole days (Bangkok dates) since the account was last used: a log-in is a use too. */
export function daysUnused(
  { obtainedAt, lastUsedAt }: { obtainedAt: Instant; lastUsedAt: Instant | null },
  now: Instant,
): number {
  const last = startOfServiceDate(serviceDateOf(Math.max(obtainedAt, lastUsedAt ?? obtainedAt)));
  return Math.max(0, Math.round((startOfServiceDate(serviceDateOf(now)) - last) / DAY_MS));
}

export interface AccountAge {
  days: number;
  /** The newest of the warnings that are due; null before the first. */
  warning: 150 | 165 | 175 | 'cancelled' | null;
  /** When NHSO cancels the account if nobody uses it. */
  cancelledAt: Instant;
}

/** How near the account is to being cancelled (it is cancelled daily at 12:30 Asia/Bangkok, after 180 days without use). */
export function accountAge(
  account: { obtainedAt: Instant; lastUsedAt: Instant | null },
  now: Instant,
): AccountAge {
  const days = daysUnused(account, now);
  const cancelledOn = addDays(serviceDateOf(now), CANCELLED_AFTER_DAYS - days);
  const cancelledAt = startOfServiceDate(cancelledOn) + CANCELLED_AT_MS;
  const warning = now >= cancelledAt ? 'cancelled' : (WARN_AFTER_DAYS.find((limit) => days >= limit) ?? null);
  return { days, warning, cancelledAt };
}
