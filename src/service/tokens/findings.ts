/** What readiness says of a token: whether it is there, and how near the account behind it is to being cancelled. */

import { bangkokIso, type Instant, timeOfDay } from '../../domain/bangkok.ts';
import type { BridgeError } from '../../domain/bridge-error.ts';
import { accountAge, diesAt, tokenState } from '../../domain/token.ts';
import type { Finding } from '../ports/finding.ts';
import type { StoredToken } from '../ports/tokens.ts';
import type { Place } from './house.ts';
import { nextStepFor } from './missing.ts';

export interface TokenSeen {
  place: Place;
  openingTime: string;
  stored: StoredToken | null;
  /** Why there is none, as far as it is known. */
  trouble: BridgeError | null;
}

/** One line on the token; another on the account behind a UC token when nobody has used it for long. */
export function tokenFindings(seen: TokenSeen, now: Instant): Finding[] {
  return [lifeFinding(seen, now), ...accountFindings(seen, now)];
}

function lifeFinding({ place, openingTime, stored, trouble }: TokenSeen, now: Instant): Finding {
  const { hcode, source } = place;
  const what = `${source.kind} token of ${hcode} (${source.name})`;
  const check = `token-${source.kind}-${hcode}`;
  const why = trouble === null ? '' : `; ${trouble.message}`;
  const state = tokenState(stored === null ? null : { ...stored, kind: source.kind }, now);
  if (stored !== null && state === 'alive') {
    const end = diesAt(stored, now);
    const message = `${what}: alive${end === null ? '' : ` until ${bangkokIso(end)}`}${why}`;
    // it serves, but the next one will not come
    return trouble?.retry === 'no'
      ? { check, level: 'warn', message, fix: nextStepFor(source.kind) }
      : { check, level: 'ok', message };
  }
  const isOpen = timeOfDay(now).slice(0, 5) >= openingTime;
  if (state !== 'refused' && trouble?.retry !== 'no' && !isOpen) {
    return { check, level: 'ok', message: `${what}: ${state}${why}; needed from ${openingTime} on` };
  }
  const fix = nextStepFor(source.kind);
  return { check, level: 'warn', message: `${what}: ${state}${why}; the work that needs it waits`, fix };
}

function accountFindings({ place, stored }: TokenSeen, now: Instant): Finding[] {
  if (stored === null || stored.kind !== 'uc') return [];
  const { days, warning, cancelledAt } = accountAge(stored, now);
  if (warning === null) return [];
  const check = `token-account-${place.hcode}`;
  const what = `the account behind the UC token of ${place.hcode} has not been used for ${days} days`;
  if (warning === 'cancelled') {
    const fix = 'Ask NHSO for the account anew, and log in with it.';
    return [{ check, level: 'warn', message: `${what}; NHSO has cancelled it by now`, fix }];
  }
  const message = `${what}; NHSO cancels it on ${bangkokIso(cancelledAt).slice(0, 16).replace('T', ' at ')}`;
  return [{ check, level: 'warn', message, fix: 'Log in once with UC Authentication.' }];
}
