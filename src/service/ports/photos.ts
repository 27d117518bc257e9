/**
 * The ledger's part of photo reads: the picture of a face beside a card. It rests sealed, apart from the read, until the day that
 * it is to be deleted; nothing else of the ledger refers to it.
 */

import type { Instant } from '../../domain/bangkok.ts';
import type { CaseChange } from './case-change.ts';

export interface NewPhoto {
  /** A whole JPEG. */
  jpeg: Uint8Array;
  /** From then on it may be deleted. */
  deleteAt: Instant;
}

export interface DuePhoto {
  readId: string;
  hcode: string;
  /** True where its secret key was given up (`npm run tokens -- forget`): nobody can open it any more. */
  isLost: boolean;
}

/** Throws BridgeError `ledger-unavailable` (retry yes). */
export interface ReadPhotos {
  /** Null when none is kept (any more). Also throws `config` (retry no) when its secret key is missing or wrong. */
  get(readId: string): Promise<Uint8Array | null>;
  /** When it is to be deleted; null when none is kept. */
  keptUntil(readId: string): Promise<Instant | null>;
  /** Those whose time has come, the longest overdue first. */
  due(now: Instant, limit: number): Promise<DuePhoto[]>;
  /**
   * Brings the end of those forward whose read was received after `receivedAfter` and that are kept for longer than
   * `deleteAt`. Returns how many.
   */
  redate(hcode: string, to: { receivedAfter: Instant; deleteAt: Instant }): Promise<number>;
  /**
   * Deletes it together with the changes that tell of it, in one transaction. False when it is gone already, and then
   * nothing is changed. Throws `conflict` (retry yes) when a case has changed since it was read; then nothing is deleted.
   */
  remove(readId: string, changes: readonly CaseChange[]): Promise<boolean>;
}
