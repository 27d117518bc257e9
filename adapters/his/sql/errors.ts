/** The drivers' errors in the bridge's words. The sisters `mysql.ts`, `postgres.ts` and `mssql.ts` say which number means what. */

import { BridgeError } from '../../../src/domain/bridge-error.ts';

export type HisErrorCode = 'his-unreachable' | 'his-timeout' | 'his-denied' | 'his-schema';

const WORDS: Record<HisErrorCode, string> = {
  'his-unreachable': 'the HIS database cannot be reached',
  'his-timeout': 'the HIS database did not answer in time',
  'his-denied': 'the HIS database does not permit it',
  'his-schema': 'the HIS database is not as expected',
};

/**
 * The driver's own error is not passed on as `cause`: PostgreSQL puts whole rows into an error's detail, and rows hold
 * citizen ids. Its number and its first sentence are enough.
 */
export function hisError(code: HisErrorCode, driverCode: string, driverMessage: string): BridgeError {
  const sentence = driverMessage === '' ? driverCode : driverMessage;
  return new BridgeError(code, `${WORDS[code]}: ${sentence}`, {
    retry: code === 'his-unreachable' || code === 'his-timeout' ? 'yes' : 'no',
    detail: { driverCode },
  });
}

/** A value was longer than its column; nothing was changed. */
export const VALUE_TOO_LONG = 'value-too-long';

/** True for the error that an UPDATE gets whose value does not fit into its column. */
export function isTooLong(error: unknown): boolean {
  return error instanceof BridgeError && error.detail.driverCode === VALUE_TOO_LONG;
}

/** A row with the same unique key stands already; nothing was changed. */
export const DUPLICATE_KEY = 'duplicate-key';

export function isDuplicate(error: unknown): boolean {
  return error instanceof BridgeError && error.detail.driverCode === DUPLICATE_KEY;
}

/** Two transactions stood in each other's way, and this one was undone: it may be tried again at once. */
export function isConflict(error: unknown): boolean {
  return (
    error instanceof BridgeError &&
    /^(40001|40P01|ER_LOCK_DEADLOCK|ER_AUTOINC_READ_FAILED|1205|3960)$/.test(String(error.detail.driverCode))
  );
}

/** Nobody there, or gone in the middle: Node's and the drivers' codes for a connection that is none. */
export function isConnectionError(driverCode: string, message: string): boolean {
  return (
    /^(ECONN|EPIPE|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|ENOENT|PROTOCOL_|HANDSHAKE_|POOL_)/.test(driverCode) ||
    /connection (is |was )?(terminated|closed|ended|lost)|closed state|pool (is closed|after calling end)|timeout exceeded when trying to connect|terminated due to connection timeout|not queryable/i.test(
      message,
    )
  );
}

/** Code and message of anything that a driver throws. An AggregateError (both IPv4 and IPv6 failed) has no message. */
export function factsOf(error: unknown): { code: string; errno: number; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return factsOf(error.errors[0]);
  const { code, errno, message } = error as { code?: unknown; errno?: unknown; message?: unknown };
  return {
    code: typeof code === 'string' ? code : '',
    errno: typeof errno === 'number' ? errno : 0,
    message: typeof message === 'string' ? message : String(error),
  };
}
