/** The agent's answers as they came, for the drop-in agent API: implements the port `AgentPipe`. */

import { BridgeError, isBridgeError } from '../../src/domain/bridge-error.ts';
import type { AgentPipe, PipeCall, Piped } from '../../src/service/ports/agent-pipe.ts';
import { cardOf, confirmOf, readOf } from './answers.ts';
import { type AgentCall, CALLS } from './calls.ts';
import { jsonOf, noAnswerFault, statusFault } from './faults.ts';
import { type HttpAnswer, type NhsoExchange, NoAnswer } from './http.ts';
import { soon } from './stopwatch.ts';

interface Sent {
  call: AgentCall;
  path: string;
  timeoutMs: number;
  body?: string;
}

interface PipeOptions {
  zone: 'test' | 'prod';
  timeouts: Readonly<Record<'terminalsMs' | 'readMs' | 'draftMs' | 'confirmMs' | 'lookupMs', number>>;
}

export function agentPipe(http: NhsoExchange, { zone, timeouts }: PipeOptions): AgentPipe {
  function sent(call: PipeCall): Sent {
    switch (call.name) {
      case 'terminals':
        return { call: CALLS.terminals, path: '/api/smartcard/terminals', timeoutMs: timeouts.terminalsMs };
      case 'read':
      case 'read-card-only':
        return {
          call: call.name === 'read' ? CALLS.read : CALLS.readCardOnly,
          path: `/api/smartcard/${call.name}?readImageFlag=${call.image}`,
          timeoutMs: timeouts.readMs,
        };
      case 'probe':
        if (zone === 'prod') throw notFound(call.name);
        return {
          call: CALLS.probe,
          path: `/api/smartcard/probe/${person(call)}`,
          timeoutMs: timeouts.readMs,
        };
      case 'latest-authen-code':
      case 'latest-5-authen-code-all-hospital':
        return {
          call: call.name === 'latest-authen-code' ? CALLS.latest : CALLS.latestFive,
          path: `/api/nhso-service/${call.name}/${person(call)}`,
          timeoutMs: timeouts.lookupMs,
        };
      case 'save-as-draft':
      case 'confirm-save': {
        const isDraft = call.name === 'save-as-draft';
        return {
          call: isDraft ? CALLS.draft : CALLS.confirm,
          path: `/api/nhso-service/${call.name}`,
          timeoutMs: isDraft ? timeouts.draftMs : timeouts.confirmMs,
          body: call.body,
        };
      }
    }
  }

  return async (asked) => {
    const { call, path, timeoutMs, body } = sent(asked);
    try {
      const answer = await http.send({
        method: call.method,
        path,
        timeoutMs,
        ...(body === undefined ? {} : { body }),
        ...(call === CALLS.confirm ? { mayStart: soon() } : {}),
      });
      return understood(asked, call, answer);
    } catch (error) {
      throw error instanceof NoAnswer ? noAnswerFault(call, error) : error;
    }
  };
}

/** The answer, and what it says where the bridge must know it. An answer that cannot be understood goes on as it came. */
function understood(asked: PipeCall, call: AgentCall, { status, contentType, text }: HttpAnswer): Piped {
  const http = { status, contentType, text, date: null };
  const piped = { answer: { status, contentType, text }, fault: null, read: null, card: null, receipt: null };
  const fault = statusFault(call, http);
  if (fault !== null) return { ...piped, fault };
  try {
    const json = jsonOf(call, http);
    if (asked.name === 'read') return { ...piped, read: readOf(call, json) };
    if (asked.name === 'read-card-only') return { ...piped, card: cardOf(call, json) };
    if (asked.name === 'confirm-save') return { ...piped, receipt: confirmOf(call, json) };
    return piped;
  } catch (error) {
    if (isBridgeError(error)) return { ...piped, fault: error };
    throw error;
  }
}

/** It becomes a part of an address. */
function person({ name, pid }: { name: string; pid: string }): string {
  if (/^[A-Za-z0-9-]{1,40}$/.test(pid)) return pid;
  throw new BridgeError('bad-input', 'pid: expected a citizen id of 13 digits; nothing was sent', {
    retry: 'no',
    detail: { call: name },
  });
}

function notFound(name: string): BridgeError {
  return new BridgeError('not-found', `${name} exists in the TEST zone only; nothing was sent`, {
    retry: 'no',
  });
}
