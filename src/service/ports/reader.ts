/**
 * What the reader worker at a counter needs from outside: a source of cards, a spool on disk, and a line to the
 * bridge. Adapters: `adapters/reader/`.
 */

import type { CardReadMessage } from '../../domain/card-read.ts';
import type { AgentCard, AgentRead } from './nhso-agent.ts';

/** One card reader as its source shows it. */
export interface ReaderSlot {
  name: string;
  isPresent: boolean;
  /**
   * Changes with every card that goes in, where the source can tell (PC/SC counts events). Null where it cannot: the
   * agent shows a card or none, so two cards swapped between two looks are one card to it.
   */
  insertion: string | null;
}

/** Where cards are read: NHSO's agent, or a reader over PC/SC. */
export interface CardSource {
  /** For the log: "agent", "pcsc". */
  readonly name: string;
  /** Whether {@link read} can ever answer. False for a source that knows the card alone. */
  readonly asksNhso: boolean;
  /**
   * The readers, `[]` when none is attached. Throws BridgeError `agent-unreachable`, `agent-timeout`, `no-reader`,
   * `nhso-unavailable` or `agent-bad-answer`, over PC/SC `card-service-away`; all may pass. `config`: what drives readers
   * is not installed here.
   */
  look(): Promise<readonly ReaderSlot[]>;
  /** Card and NHSO's word on the right. Throws as {@link look}, and `no-card`, `nhso-refused`. */
  read(): Promise<AgentRead>;
  /**
   * The card alone. Throws as {@link read}; over PC/SC also `reader-busy` (another program holds the reader), `card-mute`,
   * `card-unreadable` (retry no: another kind of card).
   */
  readCardOnly(): Promise<AgentCard>;
  close(): Promise<void>;
}

/** A read that stands on disk and has not been taken by the bridge. */
export interface SpooledRead {
  /** The spool's own name for it; sorts in the order of arrival. */
  readonly name: string;
  readonly message: CardReadMessage;
}

/** Reads on disk, oldest first. Used by one process at a time. */
export interface ReadSpool {
  /** Reads that wait to be sent. */
  readonly waiting: number;
  /** Reads set aside because the bridge refused them or because their file is damaged. */
  readonly rejected: number;
  /** Resolves when the read would survive a power cut. Rejects with a BridgeError (`config`, retry yes: disk full, …). */
  add(message: CardReadMessage): Promise<void>;
  /** The oldest read; null when the spool is empty. A damaged file is set aside and the next one taken. */
  oldest(): Promise<SpooledRead | null>;
  /** The bridge has it: forget it. */
  remove(read: SpooledRead): Promise<void>;
  /** The bridge will never take it: keep it aside with the reason, out of the way of the others. */
  reject(read: SpooledRead, reason: string): Promise<void>;
  /** The bridge does not take it yet: all others go first. */
  postpone(read: SpooledRead): void;
  close(): Promise<void>;
}

/** The bridge's answer to a read, as far as a reader uses it. */
export interface DeliveryReceipt {
  /** It was there already: this worker sent it before and did not hear the answer. */
  duplicate: boolean;
  /** What the bridge knows of NHSO; null when it does not say. */
  nhso: 'up' | 'down' | null;
}

/** The line to `POST /api/card-reads`. */
export interface BridgeLink {
  /**
   * Throws BridgeError
   * - `bridge-unreachable` (retry yes): no answer, 5xx, 409, 429, or something else answers at that address, whatever it says;
   *   `detail.retryAfterMs` when the bridge named a time;
   * - `bridge-refused`, retry yes: the key is refused (401, 403), the read is fine;
   * - `clocks-differ` (retry yes): to the bridge the read lies in the future;
   * - `bridge-refused`, retry no: the bridge itself says that it will never take this read.
   */
  deliver(message: CardReadMessage): Promise<DeliveryReceipt>;
  /** Whether the bridge is there, so that its clock is known before a read is sent. Throws `bridge-unreachable`. */
  greet(): Promise<void>;
  /** How far the bridge's clock was ahead of this machine's at its last answer, ms, give or take a second; null: unknown. */
  readonly clockAheadMs: number | null;
  close(): Promise<void>;
}

/** What the worker is doing, for somebody who asks from another process. Holds no whole citizen id. */
export interface ReaderState {
  station: string;
  hcode: string | null;
  /** When the worker was started, and of when this is; ISO 8601 with an offset. */
  startedAt: string;
  at: string;
  /** What the clerk reads. */
  line: { th: string; en: string };
  /** What a person must do; empty when all is well or goes on by itself. */
  needs: { th: string; en: string }[];
  counter: string;
  source: {
    use: string;
    why: string;
    /** How each stands: `ok`, `no-reader`, `unknown`, or the code of its error; null: not configured. */
    agent: string | null;
    pcsc: string | null;
  };
  bridge: { is: string; waiting: number; rejected: number };
  clockAheadMs: number | null;
}
