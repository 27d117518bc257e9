/** What both engines' errors become. The far side of a driver's message may hold a row's values: none is passed on. */

import { BridgeError, errorText } from '../src/domain/bridge-error.ts';

/** A driver's error with its text alone, masked: PostgreSQL's `detail` field quotes whole keys, citizen id and all. */
function textOf(cause: unknown): Error {
  const error = new Error(errorText(cause));
  error.name = cause instanceof Error ? cause.name : 'Error';
  return error;
}

export function ledgerUnavailable(what: string, cause?: unknown): BridgeError {
  const options = cause === undefined ? {} : { cause: textOf(cause) };
  return new BridgeError('ledger-unavailable', `the ledger ${what}`, { retry: 'yes', ...options });
}

/** A value that the tables do not take: out of range, of a wrong type, or missing. */
export function unfitValue(cause: unknown): BridgeError {
  return new BridgeError('bad-input', `the ledger cannot hold this value: ${errorText(cause)}`, {
    retry: 'no',
    cause: textOf(cause),
  });
}

export function conflict(what: string): BridgeError {
  return new BridgeError('conflict', what, { retry: 'yes' });
}

export function alreadyAsked(what: string): BridgeError {
  return new BridgeError('already-asked', what, { retry: 'no' });
}

/** The error that belongs to a unique index, by the index's name (PostgreSQL) or its columns (SQLite). */
export function notUnique(named: string): BridgeError {
  if (named.includes('visit_case_code') || /^visit_case\.claim_code$/.test(named)) {
    return new BridgeError('code-held', 'the code is already on another visit', { retry: 'no' });
  }
  if (named.includes('visit_case_asked') || named.includes('visit_case.claim_type')) {
    return alreadyAsked('another visit of the same person, day and claim type has asked for a code');
  }
  return conflict(`this is in the ledger already (${named})`);
}
