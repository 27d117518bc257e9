/** The body of save-as-draft and confirm-save as a client sends it: what the bridge must know of it, and what goes on to the agent. */

import { BridgeError } from '../../domain/bridge-error.ts';
import { parseCitizenId } from '../../domain/citizen-id.ts';
import { parseMobile } from '../../domain/phone.ts';

export interface ClientRequest {
  /** Person and claim type without blanks, dashes or case: what "the same request" means. */
  pid: string;
  claimType: string;
  mobile: string;
  /** Null when the client sent none. */
  correlationId: string | null;
  /** JSON, what the client sent with nothing added and nothing left out. */
  body: string;
  /** All that a visit needs is there and in order, so that a visit's case may hold the request. */
  isWhole: boolean;
}

/** Longer than any value of the contract. */
const LONGEST = 100;
/** The contract's claim is flat; what is far deeper could not be written down for the agent. */
const DEEPEST = 20;

/**
 * Values that are not in order are the agent's to refuse, in its own words: they are passed on. Throws BridgeError `bad-input`
 * for what could not stand in the ledger, and for a request in another hospital's name, which the agent would take for ours.
 */
export function clientRequest(given: unknown, hcode: string): ClientRequest {
  if (isDeep(given)) throw badInput('(top)', `nothing that is nested more than ${DEEPEST} deep`);
  const fields = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const of = (field: string): string => textOf(fields, field);
  const pid = of('pid').replace(/[\s-]/g, '');
  const claimType = of('claimType').trim().toUpperCase();
  const mobile = of('mobile');
  const correlationId = of('correlationId').trim() || null;
  const named = of('hcode').trim();
  if (named !== '' && named !== hcode) {
    throw badInput(
      'hcode',
      `the hospital of this station, ${hcode}, or nothing: NHSO would issue the code to ${hcode}`,
    );
  }
  const isWhole =
    [parseCitizenId(pid) === pid, /^PG\d{7}$/.test(claimType), parseMobile(mobile) === mobile].every(
      Boolean,
    ) && correlationId !== null;
  return { pid, claimType, mobile, correlationId, body: JSON.stringify(given ?? {}), isWhole };
}

/** Level by level: a walk that called itself would fail on just what it looks for. */
function isDeep(given: unknown): boolean {
  let level: unknown[] = [given];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}

/** As the agent reads it: a number counts as its digits, what is no text as none. */
function textOf(fields: Record<string, unknown>, field: string): string {
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return '';
  if (value.length <= LONGEST && value.isWellFormed() && !value.includes('\0')) return value;
  throw badInput(field, `at most ${LONGEST} characters`);
}

function badInput(field: string, expected: string): BridgeError {
  return new BridgeError('bad-input', `${field}: expected ${expected}`, {
    retry: 'no',
    detail: { field, expected },
  });
}
