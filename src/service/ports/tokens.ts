/**
 * Tokens: where they come from (adapters), and where they rest (the ledger, encrypted). A token's value never leaves these
 * types for a log, an error or an answer.
 */

import type { Instant } from '../../domain/bangkok.ts';
import type { TokenKind } from '../../domain/token.ts';

/** A token as its source gives it. */
export interface FoundToken {
  value: string;
  /** Who logged in: a citizen id for `uc`, null where the source does not say. Personal data. */
  account: string | null;
  /** What a new one can be had for; null where only a person can make one. */
  refresh: string | null;
  /** When it was made, as far as the source tells (a file's own time), else when it was first seen. */
  obtainedAt: Instant;
  /** As the token itself says (a JWT's `exp`); null where it does not. */
  expiresAt: Instant | null;
}

/** Adapters: `adapters/nhso/tokens/`. */
export interface TokenSource {
  readonly kind: TokenKind;
  /** For people: `file /mnt/uc/nhso_token.txt`. Holds no secret. */
  readonly name: string;
  /**
   * What lies there now; null when there is nothing. Throws BridgeError `token-unreadable`: retry *yes* when it may pass (a
   * half-written file, a network share that is away), retry *no* for a file of another form.
   */
  read(): Promise<FoundToken | null>;
  /**
   * Makes a new one. Absent where only a person can. Throws BridgeError `nhso-unavailable` (retry yes) or `token-refused`
   * (retry no: a person must log in).
   */
  renew?(old: FoundToken): Promise<FoundToken>;
  /** Calls back when what lies there may have changed, soon after; returns what ends it. */
  watch(onChange: () => void): () => void;
}

export interface StoredToken extends FoundToken {
  hcode: string;
  kind: TokenKind;
  /** Grows by one with each new value; 1 for the first. */
  generation: number;
  /** Name of the source. */
  source: string;
  /** When NHSO refused this generation; null while it has not. */
  refusedAt: Instant | null;
  /** When a call with it (of whatever generation, the account being the same) last succeeded. */
  lastUsedAt: Instant | null;
}

/**
 * The ledger's part: one row for a hospital and kind. Value, refresh token and account rest encrypted (AES-256-GCM).
 * Throws BridgeError `ledger-unavailable` (retry yes), and `config` (retry no) when the secret key is missing or wrong.
 */
export interface TokenStore {
  get(hcode: string, kind: TokenKind): Promise<StoredToken | null>;
  list(): Promise<StoredToken[]>;
  /**
   * Stores the next generation, only while `after` is the generation that stands (0: none). False when another process was
   * first; nothing is changed then. `lastUsedAt` stays where the account is the same.
   */
  put(
    hcode: string,
    kind: TokenKind,
    after: number,
    token: FoundToken & { source: string },
  ): Promise<boolean>;
  /** The latest word counts, also when it is of an earlier instant: the clock may have been ahead. */
  noteUsed(hcode: string, kind: TokenKind, at: Instant): Promise<void>;
  /** Only while that generation stands; the latest word counts: a hospital's UUID is tried again after a refusal. */
  noteRefused(hcode: string, kind: TokenKind, generation: number, at: Instant): Promise<void>;
  /**
   * Seals every row, and every photo, anew under the newest secret key (the first of the keyring); returns how many were
   * under another.
   * Afterwards nothing rests under an older key, and nothing will: a process that does not know the new one yet throws
   * `config` and stores nothing. Throws `conflict` (retry yes) while another process does the same under another key, and
   * changes nothing when a row does not open.
   */
  reseal(): Promise<number>;
  /** Removes the rows that no key opens, a lost key's, and gives up such photos; returns how many. What opens stays. */
  forget(): Promise<number>;
}

/**
 * "One process at a time", over all processes that share a ledger. A lease ends by itself, so that a process which died holds
 * up nobody; one that lies farther ahead than it may (a clock that was wrong) counts as ended.
 */
export interface Leases {
  /**
   * True when the holder has it now: it was free, had ended, or was the holder's own. `ttlMs`: how long, from `now`. On
   * PostgreSQL the server's clock counts in the place of `now`: processes whose clocks differ still agree.
   */
  take(name: string, holder: string, ttlMs: number, now: Instant): Promise<boolean>;
  /** Nothing happens when somebody else holds it by now. */
  release(name: string, holder: string): Promise<void>;
}
