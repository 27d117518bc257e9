/** NHSO's check-authen-status: which codes a person has on a day. Adapter: `adapters/nhso/web/`. */

import type { IssuedCode } from '../../domain/authen-code.ts';
import type { ServiceDate } from '../../domain/bangkok.ts';

/** A code as the service tells it, with the way it was asked for ("LINE", "KIOSK", …) where it says so. */
export interface ReportedCode extends IssuedCode {
  channel: string | null;
}

export interface AuthenStatus {
  /**
   * Every code that NHSO shows for the person on the date, of all hospitals; `[]` when it shows none. Other days may be
   * among them: the caller matches. Both answer forms are understood (histories, and the older flat one).
   *
   * `pid` of a code is who was asked for, another person whom the answer names, or '' where it names somebody who cannot be
   * read: nobody's. `issuedAt` is the first moment of the day where the answer tells a date without a time.
   *
   * `token`: the hospital's service token. Throws BridgeError `token-refused` (401, 403, a token that could not be sent;
   * retry no), `nhso-refused` (other 4xx; retry no), `nhso-unavailable` (no answer, 5xx, HTML), `agent-bad-answer` (cannot be
   * understood); the last two retry yes. `bad-input` (retry no) for a citizen id that is not 13 digits.
   */
  codesOn(pid: string, serviceDate: ServiceDate, token: string): Promise<ReportedCode[]>;
  close(): Promise<void>;
}
