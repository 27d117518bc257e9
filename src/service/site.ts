/** What the service works with: the sites of the configuration with their adapters, and the house's own parts. */

import type { SitePolicy } from '../domain/assess.ts';
import type { CallBackTimes } from '../domain/machine/offline.ts';
import type { AuthenStatus } from './ports/authen-status.ts';
import type { Clock } from './ports/clock.ts';
import type { HisAdapter } from './ports/his.ts';
import type { Ledger } from './ports/ledger.ts';
import type { Log } from './ports/log.ts';
import type { Metrics } from './ports/metrics.ts';
import type { NhsoAgent } from './ports/nhso-agent.ts';
import type { RightSearch } from './ports/right-search.ts';
import type { TokenSource } from './ports/tokens.ts';
import type { WorkQueue } from './ports/work-queue.ts';
import type { Tokens } from './tokens/tokens.ts';

export interface Station {
  id: string;
  agent: NhsoAgent;
}

/** All times in ms. */
export interface SiteSettings {
  /** How often the HIS is asked while patients come; see `pace.ts` for when it is asked less often. */
  pollMs: number;
  /** `HH:MM` (Asia/Bangkok), and how often it is asked then; null: no hours are quiet. */
  quietHours: { from: string; to: string; pollMs: number } | null;
  overlapMs: number;
  digestMs: number;
  /** Days that are read again once a new day has begun, and after the bridge was off. */
  catchUpDays: number;
  confirmTimeoutMs: number;
  settleMs: number;
  offlineLookupMs: number;
  /** When the staff are told of a card that was read without NHSO and not again since. */
  callBack: CallBackTimes;
  breakerFailures: number;
  probeMs: number;
  /** 0 = no limit. */
  ratePerSecond: number;
  /** A visit that has waited so long for its card has its right asked for without one. */
  rightsAfterMs: number;
  /** Right searches a second; above 0. */
  rightsPerSecond: number;
  /** `HH:MM` (Asia/Bangkok), no ms: from then on a token that is not there is warned of. */
  openingTime: string;
  /** `at`: times of day (Asia/Bangkok, `HH:MM`); `days`: for so many days a missing code is asked for; calls a second. */
  reconcile: { at: readonly string[]; days: number; ratePerSecond: number };
}

export interface Site {
  hcode: string;
  name: string;
  policy: SitePolicy;
  his: HisAdapter;
  stations: readonly Station[];
  /** check-authen-status; null where it is not configured. */
  authenStatus: AuthenStatus | null;
  /** Rights without a card; null where none is configured. */
  rightSearch: RightSearch | null;
  /** Where its tokens come from, at most one of each kind. */
  tokenSources: readonly TokenSource[];
  settings: SiteSettings;
}

export interface House {
  ledger: Ledger;
  queue: WorkQueue;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  sites: ReadonlyMap<string, Site>;
  /** Over the same ledger and sites. */
  tokens: Tokens;
}
