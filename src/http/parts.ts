/** What the HTTP face is given to work with; the wiring makes it. */

import type { Router } from 'express';
import type { BridgeApi } from '../service/bridge-api.ts';
import type { AgentLines } from '../service/ports/agent-lines.ts';
import type { Clock } from '../service/ports/clock.ts';
import type { Ledger } from '../service/ports/ledger.ts';
import type { Log } from '../service/ports/log.ts';
import type { BridgeMetrics } from './metrics.ts';

export interface HttpSite {
  hcode: string;
  stations: readonly { id: string }[];
}

export interface HttpParts {
  api: BridgeApi;
  ledger: Ledger;
  clock: Clock;
  log: Log;
  sites: readonly HttpSite[];
  metrics: BridgeMetrics;
  /** Where the lines of reader workers are taken in. */
  lines: AgentLines;
  /** Address under which the world sees the bridge; without it links are relative to the host. */
  publicUrl?: string | undefined;
  /** Answers everything below /fhir; absent: no FHIR. */
  fhir?: Router | undefined;
  /** Address or range of a reverse proxy whose X-Forwarded-For may be believed. */
  trustProxy?: string | undefined;
  limits?: Partial<Limits> | undefined;
}

/** Requests a minute. */
export interface Limits {
  /** By key. A reader that has been away for a day sends its spool at once. */
  perKey: number;
  /** By address, on routes that need no key. */
  open: number;
  /** Refused keys, by address. */
  failedAuth: number;
}

export const DEFAULT_LIMITS: Limits = { perKey: 30_000, open: 600, failedAuth: 30 };
