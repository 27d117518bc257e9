/** The NHSO Secure SmartCard Agent over HTTP: implements the ports `NhsoAgent` and `AgentPipe`. */

import type { IssuedCode } from '../../src/domain/authen-code.ts';
import { BridgeError, isBridgeError } from '../../src/domain/bridge-error.ts';
import type { PipedAgent } from '../../src/service/ports/agent-pipe.ts';
import type { ClaimRequest, Terminal } from '../../src/service/ports/nhso-agent.ts';
import { cardOf, codesOf, confirmOf, draftOf, readOf, terminalsOf } from './answers.ts';
import { type AgentCall, CALLS } from './calls.ts';
import { jsonOf, noAnswerFault, statusFault } from './faults.ts';
import { type NhsoExchange, NhsoHttp, NoAnswer } from './http.ts';
import { agentPipe } from './pipe.ts';
import { soon } from './stopwatch.ts';

export interface AgentTimeouts {
  terminalsMs: number;
  readMs: number;
  /** Of the card alone, which asks nobody; as `readMs` when left out. */
  cardOnlyMs?: number;
  draftMs: number;
  confirmMs: number;
  lookupMs: number;
}

export interface AgentOptions {
  /** `http://<counter-pc>:8189` */
  url: string;
  /** The hospital whose token the agent holds. */
  hcode: string;
  zone: 'test' | 'prod';
  timeouts: AgentTimeouts;
  /** Connections kept to the agent at most; 4 when left out. */
  connections?: number;
}

export function openAgent(options: AgentOptions): PipedAgent {
  return agentOver(new NhsoHttp(options.url, { connections: options.connections ?? 4 }), options);
}

/** An agent at the other end of `http`, whichever way leads there. It is closed with it. */
export function agentOver(
  http: NhsoExchange,
  options: Pick<AgentOptions, 'hcode' | 'zone' | 'timeouts'>,
): PipedAgent {
  const { hcode, zone, timeouts } = options;

  /** One call to its JSON, or to the port's error. */
  async function ask(call: AgentCall, path: string, timeoutMs: number, body?: unknown): Promise<unknown> {
    const { method } = call;
    const request = body === undefined ? {} : { body: JSON.stringify(body) };
    const inTime = call === CALLS.confirm ? { mayStart: soon() } : {};
    try {
      const answer = await http.send({ method, path, timeoutMs, ...request, ...inTime });
      const fault = statusFault(call, answer);
      if (fault !== null) throw fault;
      return jsonOf(call, answer);
    } catch (error) {
      throw error instanceof NoAnswer ? noAnswerFault(call, error) : error;
    }
  }

  async function terminals(): Promise<Terminal[]> {
    const json = await ask(CALLS.terminals, '/api/smartcard/terminals', timeouts.terminalsMs);
    return terminalsOf(CALLS.terminals, json);
  }

  async function askCard(call: AgentCall, path: string, timeoutMs: number): Promise<unknown> {
    try {
      return await ask(call, `${path}?readImageFlag=false`, timeoutMs);
    } catch (error) {
      if (isBridgeError(error) && error.detail.status === 500) throw await explain500(error);
      throw error;
    }
  }

  /** A 500 of a read may mean "no card", "no reader" or "NHSO away": the terminals tell. */
  async function explain500(error: BridgeError): Promise<BridgeError> {
    if (isBridgeError(error, 'no-card', 'no-reader')) return error;
    const { retry, detail } = error;
    const seen = await terminals().catch(() => null);
    if (seen === null) return error;
    if (seen.length === 0) {
      return new BridgeError('no-reader', 'the NHSO agent has no card reader', { retry, detail });
    }
    if (seen.some((t) => t.isPresent)) return error;
    return new BridgeError('no-card', 'no card is in the reader', { retry, detail });
  }

  async function lookUp(call: AgentCall, pid: string): Promise<IssuedCode[]> {
    const path = `/api/nhso-service/${call.name}/${pathPid(call, pid)}`;
    return codesOf(call, await ask(call, path, timeouts.lookupMs), pid);
  }

  return {
    url: http.url,
    terminals,

    async read() {
      return readOf(CALLS.read, await askCard(CALLS.read, '/api/smartcard/read', timeouts.readMs));
    },

    async readCardOnly() {
      const call = CALLS.readCardOnly;
      const timeoutMs = timeouts.cardOnlyMs ?? timeouts.readMs;
      return cardOf(call, await askCard(call, '/api/smartcard/read-card-only', timeoutMs));
    },

    async saveAsDraft(request) {
      const call = CALLS.draft;
      const path = '/api/nhso-service/save-as-draft';
      return draftOf(call, await ask(call, path, timeouts.draftMs, claimBody(call, request, hcode)));
    },

    async confirmSave(request) {
      const call = CALLS.confirm;
      const path = '/api/nhso-service/confirm-save';
      return confirmOf(call, await ask(call, path, timeouts.confirmMs, claimBody(call, request, hcode)));
    },

    async latestAuthenCode(pid) {
      const codes = await lookUp(CALLS.latest, pid);
      return codes.reduce<IssuedCode | null>(newer, null);
    },

    latestFiveAllHospitals: (pid) => lookUp(CALLS.latestFive, pid),

    async probe(pid) {
      const call = CALLS.probe;
      if (zone === 'prod') {
        throw new BridgeError('bad-input', 'probe exists in the TEST zone only; nothing was sent', {
          retry: 'no',
          detail: { call: call.name },
        });
      }
      const path = `/api/smartcard/probe/${pathPid(call, pid)}`;
      return readOf(call, await ask(call, path, timeouts.readMs));
    },

    pipe: agentPipe(http, options),

    close: () => http.close(),
  };
}

/** The agent takes the citizen id in its address; anything else must not become a part of one. */
function pathPid(call: AgentCall, pid: string): string {
  if (/^\d{13}$/.test(pid)) return pid;
  throw new BridgeError('bad-input', `${call.name}: expected a citizen id of 13 digits; nothing was sent`, {
    retry: 'no',
    detail: { call: call.name },
  });
}

/**
 * Keys without a value are left out, as the agent itself does. The agent's token decides the hospital, so a request of
 * another one would get its code in the wrong name: refused here.
 */
function claimBody(call: AgentCall, request: ClaimRequest, ownHcode: string): Record<string, string> {
  const { pid, claimType, mobile, correlationId, hn, hcode } = request;
  if (hcode !== ownHcode) {
    const words = `${call.name}: the agent is of hospital ${ownHcode}, the request of ${hcode}; nothing was sent`;
    throw new BridgeError('bad-input', words, { retry: 'no', detail: { call: call.name } });
  }
  return { pid, claimType, mobile, correlationId, ...(hn === null ? {} : { hn }), hcode };
}

/** A code without a time counts as older than one with. */
function newer(best: IssuedCode | null, code: IssuedCode): IssuedCode {
  return best === null || (code.issuedAt ?? -1) > (best.issuedAt ?? -1) ? code : best;
}
