/** What the process that owns the readers and the one that watches over it say to each other. */

import type { BridgeErrorOptions, ErrorCode, Retry } from '../../../src/domain/bridge-error.ts';
import type { ThaiCard } from '../thai-card/read-card.ts';

/** One reader as PC/SC shows it. */
export interface SlotReport {
  name: string;
  isPresent: boolean;
  /** The card gives no sign of life: upside down, dirty, or no chip card at all. */
  isMute: boolean;
  /**
   * Changes with every card that is seen going in, within the life of one process; PC/SC's own count of events is part
   * of it. Null: no card, or one that was in before this process looked.
   */
  insertion: string | null;
  /** Grows with every card that goes in, over all readers of one process; 0 for one that was in before. */
  order: number;
}

/** A `BridgeError` on its way between two processes. */
export interface Failure {
  code: ErrorCode;
  message: string;
  retry: Retry;
  detail: NonNullable<BridgeErrorOptions['detail']>;
}

export interface ReadOrder {
  is: 'read';
  id: number;
  reader: string;
  /** The card that is meant; another one is not read. */
  insertion: string | null;
  withPhoto: boolean;
}

export type ToChild = ReadOrder;

export type FromChild =
  | { is: 'slots'; slots: SlotReport[] }
  | { is: 'card'; id: number; card: ThaiCard }
  | { is: 'failed'; id: number; failure: Failure }
  /** Now and then, so that silence is seen. `rssMb`: resident memory. */
  | { is: 'pulse'; rssMb: number }
  /** The last word: the process ends after it. */
  | { is: 'ending'; failure: Failure };
