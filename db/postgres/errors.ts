/** node-postgres's errors in the bridge's words. */

import { DatabaseError } from 'pg';
import { isBridgeError } from '../../src/domain/bridge-error.ts';
import { ledgerUnavailable, notUnique, unfitValue } from '../errors.ts';

/** By SQLSTATE, or its class of two letters. */
const UNAVAILABLE: readonly [state: string, what: string][] = [
  ['08', 'cannot be reached'],
  ['25006', 'is read-only'],
  ['28', 'refuses the user or password'],
  ['3D000', 'cannot be reached: no such database'],
  ['3F000', 'has not been migrated yet'],
  ['40', 'is too busy: transactions stood in each other’s way'],
  ['42501', 'denies what the bridge must do'],
  ['42P01', 'has not been migrated yet'],
  ['53100', 'cannot grow: the disk is full'],
  ['53', 'is out of resources'],
  ['55P03', 'is locked by another process'],
  ['57014', 'took too long to answer'],
  ['57', 'is shutting down'],
  ['58', 'cannot be read or written'],
  ['XX', 'is damaged'],
];

/** No error of the driver leaves as it is; what is no driver's error (a fault of ours) comes back untouched. */
export function postgresError(error: unknown): unknown {
  if (isBridgeError(error) || !(error instanceof Error)) return error;
  if (error instanceof DatabaseError) {
    const state = error.code ?? '';
    if (state === '23505') return notUnique(error.constraint ?? '');
    if (state.startsWith('22') || state.startsWith('23')) return unfitValue(error);
    const known = UNAVAILABLE.find(([prefix]) => state.startsWith(prefix));
    return ledgerUnavailable(known?.[1] ?? `refuses a query (${state})`, error);
  }
  if (isConnectionTrouble(error)) return ledgerUnavailable('cannot be reached', error);
  return error;
}

/** The transaction was undone by the server because of another one, and may simply be run again. */
export function stoodInTheWay(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01');
}

/** Socket errors carry a system code; node-postgres's own (time-out, closed connection or pool) only their words. */
function isConnectionTrouble(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return (
    (typeof code === 'string' && /^E[A-Z]+$/.test(code)) ||
    /timeout|terminated|connection|not queryable|use a pool after|password must be/i.test(error.message)
  );
}
