/** NHSO's Secure SmartCard Agent on a counter PC, as the service sees it. Adapter: `adapters/nhso/`. */

import type { IssuedCode } from '../../domain/authen-code.ts';
import type { Instant } from '../../domain/bangkok.ts';
import type { ClaimTypeOffer, NhsoRight } from '../../domain/card-read.ts';

export interface Terminal {
  terminalName: string;
  /** A card is in the reader. */
  isPresent: boolean;
}

/** The card's own data. */
export interface AgentCard {
  pid: string;
  titleName: string | null;
  fname: string | null;
  lname: string | null;
  /** Gregorian `YYYY[-MM[-DD]]`; the agent writes Buddhist `yyyymmdd`, month and day may be 00. */
  birthDate: string | null;
  sex: 'male' | 'female' | null;
  nation: string | null;
}

export interface AgentRead extends AgentCard {
  correlationId: string | null;
  claimTypes: readonly ClaimTypeOffer[];
  right: NhsoRight | null;
  checkDate: Instant | null;
}

export interface ClaimRequest {
  pid: string;
  claimType: string;
  /** Ten digits. */
  mobile: string;
  correlationId: string;
  hn: string | null;
  hcode: string;
}

export interface DraftReceipt {
  pid: string | null;
  claimType: string | null;
  createdAt: Instant | null;
}

/** confirm-save's 200. `claimCode` null: NHSO answered 200 without a code, so nothing was issued as far as one can tell. */
export interface ConfirmReceipt {
  pid: string | null;
  claimType: string | null;
  correlationId: string | null;
  createdAt: Instant | null;
  claimCode: string | null;
}

/**
 * Every call throws a BridgeError:
 * - `agent-unreachable`, retry yes: nobody listens; nothing was sent. **ask-first** for confirm-save over a reader's line that
 *   broke before the answer came.
 * - `agent-timeout`, `nhso-unavailable` (5xx, HTML page, cut-off answer), `agent-bad-answer` (200 that cannot be
 *   understood): retry yes, but **ask-first** for confirm-save, because the code may have been issued.
 * - `no-reader` (418), `no-card` (500 that says so): retry yes.
 * - `nhso-refused` (400 and other 4xx): retry no; `detail.nhsoMessage` holds NHSO's words, masked.
 */
export interface NhsoAgent {
  readonly url: string;
  /** Known without asking: nothing could be sent now. Absent where only asking tells. */
  isAway?(): boolean;
  terminals(): Promise<Terminal[]>;
  /** Card and right. `image` is never asked for. */
  read(): Promise<AgentRead>;
  /** The card alone, for when NHSO cannot be reached. */
  readCardOnly(): Promise<AgentCard>;
  saveAsDraft(request: ClaimRequest): Promise<DraftReceipt>;
  confirmSave(request: ClaimRequest): Promise<ConfirmReceipt>;
  /** Newest code of this hospital for the person; null when there is none. */
  latestAuthenCode(pid: string): Promise<IssuedCode | null>;
  /** The newest five of all hospitals, in no promised order, EP codes among them. */
  latestFiveAllHospitals(pid: string): Promise<IssuedCode[]>;
  /** As `read` without a card; develop and TEST zone only, refused in PROD before anything is sent. */
  probe(pid: string): Promise<AgentRead>;
  close(): Promise<void>;
}
