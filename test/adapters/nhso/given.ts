/** What the adapter's tests have in common: an invented person, a request, short time-outs, and errors as values. */

import { type AgentOptions, type AgentTimeouts, openAgent } from '../../../adapters/nhso/agent.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { PipedAgent } from '../../../src/service/ports/agent-pipe.ts';
import type { ClaimRequest, NhsoAgent } from '../../../src/service/ports/nhso-agent.ts';

/** Invented. */
export const PID = '1103700000014';

/** Long enough for a busy machine; where a call is meant to run out of time, {@link HASTY}. */
export const TIMEOUTS = eachCall(10_000);
export const HASTY = eachCall(500);

function eachCall(ms: number): AgentTimeouts {
  return { terminalsMs: ms, readMs: ms, draftMs: ms, confirmMs: ms, lookupMs: ms };
}

export const REQUEST: ClaimRequest = {
  pid: PID,
  claimType: 'PG0060001',
  mobile: '0812345678',
  correlationId: '3769ff02-4ea1-45d6-871a-275b83721d1c',
  hn: '000012345',
  hcode: '10978',
};

type Opener = (options: AgentOptions) => PipedAgent;
let open: Opener = openAgent;

/** From here on {@link agentAt} reaches its agents another way: the same tests hold for each. */
export function reachAgentsBy(opener: Opener): void {
  open = opener;
}

/** The agents are reached over a reader's line. */
export function isCarried(): boolean {
  return open !== openAgent;
}

export function agentAt(url: string, options: Partial<AgentOptions> = {}): PipedAgent {
  return open({ url, hcode: '10978', zone: 'test', timeouts: TIMEOUTS, ...options });
}

/** Every call of the port with its name. */
export const CALLS: readonly [name: string, call: (agent: NhsoAgent) => Promise<unknown>][] = [
  ['terminals', (a) => a.terminals()],
  ['read', (a) => a.read()],
  ['readCardOnly', (a) => a.readCardOnly()],
  ['saveAsDraft', (a) => a.saveAsDraft(REQUEST)],
  ['confirmSave', (a) => a.confirmSave(REQUEST)],
  ['latestAuthenCode', (a) => a.latestAuthenCode(PID)],
  ['latestFiveAllHospitals', (a) => a.latestFiveAllHospitals(PID)],
  ['probe', (a) => a.probe(PID)],
];

/** The BridgeError that a call ends in; fails the test when it ends otherwise. */
export async function faultOf(call: Promise<unknown>): Promise<BridgeError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof BridgeError) return outcome.error;
  throw new Error(`expected a BridgeError, got ${JSON.stringify(outcome)}`, {
    cause: 'error' in outcome ? outcome.error : undefined,
  });
}

/** Everything of an error that might reach a log. */
export function everythingOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 5) return JSON.stringify(error) ?? '';
  const own = Object.getOwnPropertyNames(error).map((k) => {
    const value: unknown = Reflect.get(error, k);
    return k === 'cause' ? everythingOf(value, depth + 1) : `${k}=${JSON.stringify(value)}`;
  });
  return [error.message, error.stack, ...own].join('\n');
}
