/** Who calls: the key that came with the request. The gate puts it there; handlers and the FHIR facade read it. */

import type { Request } from 'express';
import type { Scope } from './scopes.ts';

export interface Caller {
  /** Name of the key, as it stands in history and audit. */
  name: string;
  keyId: string;
  scopes: ReadonlySet<Scope>;
  /** When set, the key sees and does things of this site only. */
  hcode: string | null;
  /** When set, the key speaks for this counter only; such a key may send card reads and nothing else. */
  stationId: string | null;
}

const callers = new WeakMap<Request, Caller>();

export function setCaller(req: Request, caller: Caller): void {
  callers.set(req, caller);
}

/** The caller, or null on a route that is open to everybody. */
export function callerIfAny(req: Request): Caller | null {
  return callers.get(req) ?? null;
}

/**
 * The caller of a request that has passed the gate. Throws a plain Error on an open route: asking there is a fault of
 * the program, not of who calls.
 */
export function callerOf(req: Request): Caller {
  const caller = callers.get(req);
  if (caller === undefined) throw new Error('no caller: this route is open, or not behind the gate');
  return caller;
}

/** True when the key may see things of this site. */
export function mayUseSite(caller: Caller, hcode: string): boolean {
  return caller.hcode === null || caller.hcode === hcode;
}
