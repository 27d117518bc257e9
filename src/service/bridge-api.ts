/** What the faces of the house (HTTP, console) may ask of the service. Implementation: `bridge.ts`. */

import type { Instant } from '../domain/bangkok.ts';
import type { CardReadMessage } from '../domain/card-read.ts';
import type { Case } from '../domain/case.ts';
import type { AgentApi } from './agent-door/api.ts';
import type { PaceReason } from './pace.ts';
import type { Finding } from './ports/finding.ts';
import type { CaseKey } from './ports/ledger.ts';

/** A person's decision on a case. */
export type Resolution =
  | { action: 'give-phone'; mobile: string }
  | { action: 'choose-claim-type'; claimType: string }
  /** A code that the person sees at NHSO; it is looked up there before it is taken. */
  | { action: 'adopt-code'; claimCode: string }
  | { action: 'close'; reason: string };

export interface CardReadReceipt {
  id: string;
  /** This read was already here; nothing was changed. */
  duplicate: boolean;
  /** The visit that the read was paired with, if any yet. */
  paired: { hcode: string; vn: string; state: Case['state'] } | null;
  /** What the bridge knows of NHSO right now: a reader at a counter need not find out by itself. */
  nhso: 'up' | 'down';
}

/** How it stands with one site's HIS, as this process knows it. */
export interface HisState {
  hcode: string;
  /** `elsewhere`: this process has not asked it lately, and another one may have. */
  state: 'well' | 'away' | 'elsewhere';
  /** Since when it is away. */
  awaySince: Instant | null;
  lastPoll: Instant | null;
  /** How often it is asked, and why so. */
  paceMs: number;
  pace: PaceReason;
  /** Whether changes are heard of as they are made; null where that is not configured. */
  isListening: boolean | null;
}

/** Who does it: the name of the API key. */
export interface Actor {
  name: string;
}

/**
 * Throws BridgeError `bad-input` (names the field and what was expected), `not-found`, `conflict` (the case is not in
 * a state that permits it), `ledger-unavailable`.
 */
export interface BridgeApi {
  acceptCardRead(message: CardReadMessage & { hcode: string; stationId: string }): Promise<CardReadReceipt>;
  /** Looks at a case again now: clears waits and sets its next step. Never repeats a confirm blindly. */
  retry(key: CaseKey, actor: Actor): Promise<Case>;
  resolve(key: CaseKey, resolution: Resolution, actor: Actor): Promise<Case>;
  nhsoStatus(hcode: string): 'up' | 'down';
  /** What is and what is not ready: ledger, queue, each HIS, each station's agent. From memory, fast. */
  readiness(): Promise<Finding[]>;
  /** Of each site, in the order of the configuration. From memory, fast. */
  hisStates(): HisState[];
  /** NHSO's agent of a counter, played by the bridge. */
  readonly agentApi: AgentApi;
}
