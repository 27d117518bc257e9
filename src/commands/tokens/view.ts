/** What is told of each token: everything but what it is. */

import type { Config, SiteConfig } from '../../config.ts';
import type { Instant } from '../../domain/bangkok.ts';
import { maskCitizenId, parseCitizenId } from '../../domain/citizen-id.ts';
import {
  type AccountAge,
  accountAge,
  diesAt,
  TOKEN_KINDS,
  type TokenKind,
  tokenState,
} from '../../domain/token.ts';
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
    TOKEN_KINDS.flatMap((kind) => {
      const source = sourceOf(site, kind);
      if (source === null) return [];
      const token = stored.find((t) => t.hcode === site.hcode && t.kind === kind) ?? null;
      if (token !== null) shown.add(token);
      const state = tokenState(token, now);
      return [viewOf({ hcode: site.hcode, site: site.name, kind, source, state }, token, now)];
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

/** Where the configuration says that it comes from; null when it names no source of that kind. */
function sourceOf({ nhso }: SiteConfig, kind: TokenKind): string | null {
  switch (kind) {
    case 'uc':
      return nhso.ucTokenFile === undefined ? null : `file ${nhso.ucTokenFile}`;
    case 'srm':
      return nhso.srmTokenFile === undefined ? null : `file ${nhso.srmTokenFile}`;
    case 'service':
      return nhso.serviceToken === undefined ? null : 'configuration nhso.serviceToken';
    case 'moph':
      return null;
  }
}

/** Enough to tell two people of the staff apart. */
function masked(account: string): string {
  if (parseCitizenId(account) !== null) return maskCitizenId(account.replaceAll(/[\s-]/g, ''));
  return `${account.slice(0, 2)}…`;
}
