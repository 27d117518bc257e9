/**
 * The one error family of the bridge. Whatever goes wrong at an edge is turned into one of these there, so that
 * everything further in can decide from three facts: what happened (`code`), whether trying again may help
 * (`retry`), and a sentence that is safe to show and to log (`message`: never a citizen id, never a secret).
 */

import { maskCitizenIds } from './citizen-id.ts';

/**
 * Whether trying again may help.
 * - `yes`: nothing was done on the far side, the same call may be sent again.
 * - `no`: the far side has decided; the same call gets the same answer.
 * - `ask-first`: the work may have been done although no answer came. Look at the far side before sending again.
 */
export type Retry = 'yes' | 'no' | 'ask-first';

export type ErrorCode =
  // the NHSO agent at a counter
  | 'agent-unreachable'
  | 'agent-timeout'
  | 'agent-bad-answer'
  | 'no-reader'
  | 'no-card'
  | 'card-unreadable'
  // a reader that is driven directly: pcscd or Windows' service is down; another program holds the reader for itself;
  // the card gives no sign of life, it lies upside down
  | 'card-service-away'
  | 'reader-busy'
  | 'card-mute'
  | 'nhso-unavailable'
  | 'nhso-refused'
  // tokens
  | 'token-missing'
  | 'token-refused'
  | 'token-unreadable'
  // the HIS database
  | 'his-unreachable'
  | 'his-timeout'
  | 'his-denied'
  | 'his-schema'
  // our own house
  | 'ledger-unavailable'
  | 'conflict'
  | 'code-held'
  | 'already-asked'
  | 'not-found'
  | 'certifier-card-missing'
  // a client of the agent API asks for a code: the card was not read here today; it was read just now, on another day
  | 'card-not-read'
  | 'card-read-other-day'
  | 'bad-input'
  | 'config'
  | 'queue-unavailable'
  | 'bridge-unreachable'
  | 'bridge-refused'
  | 'clocks-differ';

export interface BridgeErrorOptions {
  retry: Retry;
  /** Facts for the log and for history: HTTP status, field name, NHSO's own words. Strings are masked. */
  detail?: Record<string, string | number | boolean | null>;
  cause?: unknown;
}

export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;

  constructor(code: ErrorCode, message: string, options: BridgeErrorOptions) {
    super(maskCitizenIds(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BridgeError';
    this.code = code;
    this.retry = options.retry;
    this.detail = Object.fromEntries(
      Object.entries(options.detail ?? {}).map(([k, v]) => [
        k,
        typeof v === 'string' ? maskCitizenIds(v) : v,
      ]),
    );
  }
}

/** True for an error of the bridge's own family, optionally with one of the given codes. */
export function isBridgeError(error: unknown, ...codes: ErrorCode[]): error is BridgeError {
  return error instanceof BridgeError && (codes.length === 0 || codes.includes(error.code));
}

/** The message of anything that was thrown, masked; for logs and history. */
export function errorText(error: unknown): string {
  return maskCitizenIds(error instanceof Error ? error.message : String(error));
}
