/** One way for every call of the agent: delay, ordered faults, the work, the answer (or its loss), the journal. */

import { setTimeout as timer } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import { breakAnswer } from './breakage.ts';
import type { AgentCall, Breakage } from './calls.ts';
import type { NhsoCentre } from './centre.ts';
import type { Faults } from './faults.ts';
import type { JournalEntry } from './journal.ts';
import { errorBody, SpringFault, sendJson } from './spring.ts';

/** The state of one agent that its calls look at. */
export interface AgentState {
  readonly centre: NhsoCentre;
  readonly hcode: string;
  readonly zone: 'test' | 'prod';
  readonly faults: Faults;
  readonly terminalName: string;
  /** "10978@8189", for the journal. */
  name: string;
  readerPlugged: boolean;
  /** Citizen id of the card in the reader. */
  card: string | null;
  /** Told of each call after it was journalled. */
  onCall: ((entry: JournalEntry) => void) | null;
}

/** What a handler may note for the journal. */
export type Notes = Pick<JournalEntry, 'pid' | 'claimType' | 'correlationId' | 'claimCode'>;

export type Work = (req: Request, notes: Notes) => unknown;

/** Thrown by {@link reachNhso} while NHSO is down. */
class NhsoDown extends Error {}

/** A handler calls this where the real agent would call NHSO. */
export function reachNhso(agent: AgentState): NhsoCentre {
  if (agent.centre.outage !== null) throw new NhsoDown('NHSO is down');
  return agent.centre;
}

export function serve(agent: AgentState, call: AgentCall, work: Work): RequestHandler {
  return async (req, res) => {
    const started = performance.now();
    const at = new Date(agent.centre.now()).toISOString();
    const notes: Notes = { pid: null, claimType: null, correlationId: null, claimCode: null };
    const { delayMs, fail, lose } = agent.faults.plan(call);
    if (delayMs > 0) await sleep(delayMs);
    const result =
      fail === null ? attempt(() => work(req, notes)) : new SpringFault(fail.status, fail.message);
    const { outcome, status } = await answer(agent, req, res, result, lose);
    const ms = Math.round((performance.now() - started) * 10) / 10;
    const entry = agent.centre.journal.add({ at, agent: agent.name, call, ...notes, outcome, status, ms });
    agent.onCall?.(entry);
  };
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof SpringFault || thrown instanceof NhsoDown) return thrown;
    throw thrown;
  }
}

async function answer(
  agent: AgentState,
  req: Request,
  res: Response,
  result: unknown,
  lose: Breakage | null,
): Promise<Pick<JournalEntry, 'outcome' | 'status'>> {
  const now = agent.centre.now();
  if (agent.centre.clockOffsetMs !== 0) res.setHeader('date', new Date(now).toUTCString());
  if (result instanceof NhsoDown) {
    const { how, delayMs } = agent.centre.outage ?? { how: '500', delayMs: 0 };
    if (delayMs > 0) await sleep(delayMs);
    return { outcome: 'nhso-down', status: breakAnswer(res, how, null, req.path, now) };
  }
  const fault = result instanceof SpringFault ? result : null;
  const body = fault === null ? result : errorBody(fault, req.path, now);
  if (lose !== null) return { outcome: 'lost', status: breakAnswer(res, lose, body, req.path, now) };
  sendJson(res, fault?.status ?? 200, body);
  if (fault === null) return { outcome: 'answered', status: 200 };
  return { outcome: fault.status >= 500 ? 'failed' : 'refused', status: fault.status };
}

/** Not a reason to stay alive once the agent is closed. */
function sleep(ms: number): Promise<void> {
  return timer(ms, undefined, { ref: false });
}
