/** The agent's own words, for whoever speaks to the bridge as to the agent: an answer as it came, and what it is taken for. */

import type { BridgeError } from '../../domain/bridge-error.ts';
import type { AgentCard, AgentRead, ConfirmReceipt, NhsoAgent } from './nhso-agent.ts';

/** A call of the agent's. Nothing else can be sent: no address comes from outside. */
export type PipeCall =
  | { name: 'terminals' }
  | { name: 'read' | 'read-card-only'; image: boolean }
  /** `pid`: letters, digits and dashes; whether it is a citizen id is the agent's to say. */
  | { name: 'probe' | 'latest-authen-code' | 'latest-5-authen-code-all-hospital'; pid: string }
  /** `body`: JSON. */
  | { name: 'save-as-draft' | 'confirm-save'; body: string };

export interface RawAnswer {
  status: number;
  /** As it came, lower case; "" when there was none. */
  contentType: string;
  text: string;
}

export interface Piped {
  answer: RawAnswer;
  /** What went wrong, as `NhsoAgent` tells it; null for an answer that says yes. */
  fault: BridgeError | null;
  /** Of a `read` that says yes and can be understood. */
  read: AgentRead | null;
  /** Of a `read-card-only`. */
  card: AgentCard | null;
  /** Of a `confirm-save`. */
  receipt: ConfirmReceipt | null;
}

/**
 * Throws BridgeError when no whole answer came (`agent-unreachable`: nothing was sent, `agent-timeout`, `nhso-unavailable`,
 * `agent-bad-answer`), and `not-found` for a probe in the PROD zone, which is not sent.
 */
export type AgentPipe = (call: PipeCall) => Promise<Piped>;

/** An agent whose own words can be had. */
export interface PipedAgent extends NhsoAgent {
  readonly pipe: AgentPipe;
}
