/** What a person has to do about a token. */

import { bangkokIso } from '../../domain/bangkok.ts';
import type { AccountAge, TokenKind, TokenState } from '../../domain/token.ts';
import { nextStepFor } from '../../service/tokens/missing.ts';

/** `unused`: the ledger holds one of a site or kind that the configuration does not name any more. */
export type ShownState = TokenState | 'unused';

/** Null when nothing is to be done. */
export function nextStep(kind: TokenKind, state: ShownState, age: AccountAge | null): string | null {
  const steps = [state === 'alive' ? null : forToken(kind, state), age === null ? null : forAccount(age)];
  const said = steps.filter((step) => step !== null);
  return said.length === 0 ? null : said.join(' ');
}

function forToken(kind: TokenKind, state: Exclude<ShownState, 'alive'>): string {
  if (state === 'unused')
    return 'Nothing: the configuration names no source of it, and nothing is done with it.';
  const step = nextStepFor(kind);
  if (kind === 'uc' && state === 'refused') return `A log-in elsewhere has ended this one. ${step}`;
  if (kind === 'srm' && state !== 'missing')
    return `The bridge renews it by itself; where it cannot: ${step}`;
  if (kind === 'service' && state === 'missing') {
    return 'Start the bridge: it takes the token out of its configuration.';
  }
  return step;
}

function forAccount({ days, warning, cancelledAt }: AccountAge): string | null {
  if (warning === null) return null;
  const unused = `The account has not been used for ${days} days`;
  if (warning === 'cancelled') return `${unused}: NHSO has cancelled it by now. Ask NHSO for it anew.`;
  const [date, time] = bangkokIso(cancelledAt).slice(0, 16).split('T');
  return `${unused}: NHSO cancels it on ${date} at ${time}. Log in with it once before.`;
}
