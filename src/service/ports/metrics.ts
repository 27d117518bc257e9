/**
 * Figures that the service tells of its work, for Prometheus and the live table. Implementation: `src/http/metrics.ts`.
 * Labels hold site codes and words of a fixed list, never a visit number, a name or a citizen id: a label value is kept
 * for ever, and each new one costs memory.
 */

import type { ReadKind } from '../../domain/card-read.ts';
import type { TokenKind } from '../../domain/token.ts';

/** Things that happen, counted. */
export interface CounterLabels {
  'card-reads': { site: string; kind: ReadKind; outcome: 'accepted' | 'duplicate' };
  /** `outcome`: the `WriteBackOutcome` kind, or the BridgeError code when the HIS could not be asked. */
  'write-backs': { site: string; outcome: string };
  /** Changes of state, by where they led. */
  'state-changes': { site: string; state: string };
  /** Log-ins that the bridge made without a person. `outcome`: `ok`, or the BridgeError code. */
  'token-renewals': { site: string; kind: TokenKind; outcome: string };
}

/** Things that take time, seconds. */
export interface DurationLabels {
  /** `call`: method of `NhsoAgent`, or `rightSearch`. `outcome`: `ok`, or the BridgeError code. */
  'nhso-call': { site: string; call: string; outcome: string };
  /** One look at the HIS: `visits` (new ones) or `digest` (edits and removals). `outcome`: `ok`, or the error code. */
  poll: { site: string; kind: 'visits' | 'digest'; outcome: string };
  /** From the moment that visit and card read both were there to the code written back. */
  'code-written': { site: string };
}

/** Things that stand at a value. */
export interface GaugeLabels {
  /** 1 while NHSO is taken to be down for this site and its draft and confirm work is held back, else 0. */
  'breaker-open': { site: string };
  /** When the HIS was last asked with success, Unix seconds. */
  'last-poll': { site: string };
  /** 1 while the HIS answers, 0 while it does not; of the process that asked it last. */
  'his-up': { site: string };
  /** How often the HIS is asked just now, seconds. */
  'poll-pace': { site: string };
  /** 1 while changes in the HIS are heard of as they are made, else 0; absent where that is not configured. */
  'change-capture': { site: string };
  /** 1 while the ledger holds a token of that kind that lives, else 0. */
  'token-alive': { site: string; kind: TokenKind };
}

/** None of these calls throws or waits; a figure that cannot be kept is lost, the work goes on. */
export interface Metrics {
  /** `n`: 1 when not given. */
  count<Name extends keyof CounterLabels>(name: Name, labels: CounterLabels[Name], n?: number): void;
  observe<Name extends keyof DurationLabels>(name: Name, seconds: number, labels: DurationLabels[Name]): void;
  set<Name extends keyof GaugeLabels>(name: Name, value: number, labels: GaugeLabels[Name]): void;
}
