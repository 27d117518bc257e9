/**
 * The calls that a line carries: a closed list, told by name and never by address, so that whoever holds the bridge still
 * reaches nothing else in the counter's network through the worker.
 */

import { z } from 'zod';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import { atMost } from '../../../src/length-limits.ts';
import type { HttpRequest } from '../http.ts';

const pid = z.string().regex(/^\d{13}$/);
/** Far above anything that the agent would take. What is missing, or a number in the place of a text, is the agent's to judge. */
const value = z.union([z.string().check(atMost(200)), z.number(), z.boolean()]).nullish();
/** What else a client of the agent API may have sent is nothing that the agent looks at, and stays behind. */
const claim = z.object({
  ...{ pid: value, claimType: value, mobile: value, correlationId: value },
  ...{ hn: value, hcode: value },
});

/** NHSO's own names, as they stand in the agent's addresses. */
export const carriedCall = z.discriminatedUnion('call', [
  z.strictObject({ call: z.literal('terminals') }),
  z.strictObject({ call: z.enum(['read', 'read-card-only']), image: z.boolean() }),
  z.strictObject({ call: z.enum(['save-as-draft', 'confirm-save']), claim }),
  z.strictObject({ call: z.enum(['latest-authen-code', 'latest-5-authen-code-all-hospital']), pid }),
]);

export type CarriedCall = z.infer<typeof carriedCall>;

type AgentRequest = Pick<HttpRequest, 'method' | 'path' | 'body'>;

const CARD = /^\/api\/smartcard\/(read|read-card-only)\?readImageFlag=(true|false)$/;
const LOOK_UP = /^\/api\/nhso-service\/([a-z0-9-]+)\/(\d{13})$/;
const CLAIM = /^\/api\/nhso-service\/([a-z-]+)$/;

/** What a request of the agent's adapter is on the line. Throws BridgeError `bad-input` for what no line carries. */
export function carriedCallOf({ method, path, body }: AgentRequest): CarriedCall {
  const found = carriedCall.safeParse(method === 'GET' ? asked(path) : claimed(path, body));
  if (found.success) return found.data;
  // names the call at most: its address may end in a citizen id, its body holds one
  const words = 'this call is not carried over a reader’s line; nothing was sent';
  throw new BridgeError('bad-input', words, { retry: 'no' });
}

function asked(path: string): unknown {
  if (path === '/api/smartcard/terminals') return { call: 'terminals' };
  const [, card, image] = CARD.exec(path) ?? [];
  if (card !== undefined) return { call: card, image: image === 'true' };
  const [, lookUp, person] = LOOK_UP.exec(path) ?? [];
  return { call: lookUp, pid: person };
}

function claimed(path: string, body = ''): unknown {
  try {
    return { call: CLAIM.exec(path)?.[1], claim: JSON.parse(body) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What the worker sends to its agent for it. */
export function requestOf(call: CarriedCall): AgentRequest {
  switch (call.call) {
    case 'terminals':
      return { method: 'GET', path: '/api/smartcard/terminals' };
    case 'read':
    case 'read-card-only':
      return { method: 'GET', path: `/api/smartcard/${call.call}?readImageFlag=${call.image}` };
    case 'save-as-draft':
    case 'confirm-save':
      return {
        method: 'POST',
        path: `/api/nhso-service/${call.call}`,
        body: JSON.stringify(call.claim),
      };
    case 'latest-authen-code':
    case 'latest-5-authen-code-all-hospital':
      return { method: 'GET', path: `/api/nhso-service/${call.call}/${call.pid}` };
  }
}
