/** What the token service needs of the house: less than `House`, which holds the service itself. */

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Leases, TokenSource, TokenStore } from '../ports/tokens.ts';

export interface TokenSite {
  hcode: string;
  /** At most one of each kind. */
  tokenSources: readonly TokenSource[];
  settings: {
    /** `HH:MM` (Asia/Bangkok): from then on a token that is not there is warned of. */
    openingTime: string;
  };
}

export interface TokenHouse {
  ledger: {
    readonly tokens: TokenStore;
    readonly leases: Leases;
    remember(name: string, value: string): Promise<void>;
    recall(name: string): Promise<string | null>;
  };
  clock: Clock;
  log: Log;
  metrics: Metrics;
  sites: ReadonlyMap<string, TokenSite>;
}

/** One token: of which hospital, from where. */
export interface Place {
  hcode: string;
  source: TokenSource;
}
