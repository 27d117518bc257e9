/** What is told of each token: everything but what it is. */

import { openTokenSources } from '../../../adapters/nhso/tokens/open.ts';
import type { Config } from '../../config.ts';
import type { Instant } from '../../domain/bangkok.ts';
import { maskCitizenId, parseCitizenId } from '../../domain/citizen-id.ts';
import { type AccountAge, accountAge, diesAt, type TokenKind, tokenState } from '../../domain/token.ts';
import type { StoredToken } from '../../service/ports/tokens.ts';
import { nextStep, type ShownState } from './next-step.ts';

export interface TokenView {
  hcode: string;
  site: string;
  kind: TokenKind;
  state: ShownState;
  /** Where it came from; where it is to come from when there is none. */
  source: string;
  /** Masked. */
  account: string | null;
  obtainedAt: Instant | null;
  diesAt: Instant | null;
  lastUsedAt: Instant | null;
  refusedAt: Instant | null;
  /** How long nobody has used the account; null where NHSO cancels none for that. */
  accountAge: AccountAge | null;
  /** What a person has to do; null while nothing is. */
  next: string | null;
}

/** Every configured token, there or not, and whatever else the ledger holds. */
export function viewTokens(config: Config, stored: readonly StoredToken[], now: Instant): TokenView[] {
  const shown = new Set<StoredToken>();
  const configured = config.sites.flatMap((site) =>
    openTokenSources(site.nhso, () => now).map(({ kind, name: source }) => {
      const token = stored.find((t) => t.hcode === site.hcode && t.kind === kind) ?? null;
      if (token !== null) shown.add(token);
      const state = tokenState(token, now);
      return viewOf({ hcode: site.hcode, site: site.name, kind, source, state }, token, now);
    }),
  );
  const others = stored
    .filter((token) => !shown.has(token))
    .map((token) => {
      const { hcode, kind, source } = token;
      const site = config.sites.find((s) => s.hcode === hcode)?.name ?? '';
      return viewOf({ hcode, site, kind, source, state: 'unused' }, token, now);
    });
  return [...configured, ...others].sort((a, b) => (a.hcode < b.hcode ? -1 : a.hcode > b.hcode ? 1 : 0));
}

type Head = Pick<TokenView, 'hcode' | 'site' | 'kind' | 'source' | 'state'>;

function viewOf(head: Head, token: StoredToken | null, now: Instant): TokenView {
  const age = token !== null && head.kind === 'uc' ? accountAge(token, now) : null;
  return {
    ...head,
    source: token?.source ?? head.source,
    account: token?.account === null || token === null ? null : masked(token.account),
    obtainedAt: token?.obtainedAt ?? null,
    diesAt: token === null ? null : diesAt(token, now),
    lastUsedAt: token?.lastUsedAt ?? null,
    refusedAt: token?.refusedAt ?? null,
    accountAge: age,
    next: nextStep(head.kind, head.state, age),
  };
}

/** Enough to tell two people of the staff apart. */
function masked(account: string): string {
  if (parseCitizenId(account) !== null) return maskCitizenId(account.replaceAll(/[\s-]/g, ''));
  return `${account.slice(0, 2)}…`;
}
