/** A person's right by citizen id, without a card. Adapters: `adapters/nhso/web/` (SOAP `ucws`, REST `srm`). */

import type { NhsoRight } from '../../domain/card-read.ts';
import type { RightSource } from '../../domain/found-right.ts';
import type { TokenKind } from '../../domain/token.ts';
import type { Person } from '../../domain/visit.ts';

/**
 * - `right`: NHSO's word on it.
 * - `no-right`: NHSO knows the person and names no right.
 * - `unknown-person`: NHSO does not know the citizen id.
 * A failure is none of these: it is thrown.
 */
export type RightFound =
  | { kind: 'right'; right: NhsoRight; person: Person }
  | { kind: 'no-right'; person: Person }
  | { kind: 'unknown-person' };

export interface RightSearch {
  /** Stands as the source of the right. */
  readonly name: RightSource;
  readonly tokenKind: TokenKind;
  /**
   * `token.account`: who logged in, a citizen id; needed by `ucws`.
   *
   * Throws BridgeError `token-refused` (401, REST also 403, `NHSO-00003`, a token or account that could not be sent; retry no),
   * `nhso-unavailable` (no answer, 5xx, HTML; retry yes), `nhso-refused` (any other `ws_status` than NHSO-000001, other 4xx;
   * retry no), `agent-bad-answer` (another form, another person; retry yes), `bad-input` (no 13 digits; retry no).
   */
  search(pid: string, token: { value: string; account: string | null }): Promise<RightFound>;
  close(): Promise<void>;
}
