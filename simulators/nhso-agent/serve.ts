/** The state of one agent, and the way its calls are served. */

import type { RequestHandler } from 'express';
import type { Faults } from '../common/faults.ts';
import { ServiceDown, serveCall, springForm, type Work } from '../common/serve.ts';
import type { AgentCall } from './calls.ts';
import type { NhsoCentre } from './centre.ts';
import type { JournalEntry } from './journal.ts';

/** The state of one agent that its calls look at. */
export interface AgentState {
  readonly centre: NhsoCentre;
  readonly hcode: string;
  readonly zone: 'test' | 'prod';
  readonly faults: Faults<AgentCall>;
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

const FORM = springForm('I/O error on POST request for "https://nhso.invalid/authencode": Read timed out');

/** A handler calls this where the real agent would call NHSO. */
export function reachNhso(agent: AgentState): NhsoCentre {
  if (agent.centre.outage !== null) throw new ServiceDown(agent.centre.outage);
  return agent.centre;
}

export function serve(agent: AgentState, call: AgentCall, work: Work<Notes>): RequestHandler {
  const desk = {
    faults: agent.faults,
    clock: agent.centre,
    form: FORM,
    notes: (): Notes => ({ pid: null, claimType: null, correlationId: null, claimCode: null }),
    seen: (entry: Omit<JournalEntry, 'seq' | 'agent' | keyof Notes>, notes: Notes) => {
      const journalled = agent.centre.journal.add({ ...entry, agent: agent.name, ...notes });
      agent.onCall?.(journalled);
    },
  };
  return serveCall(desk, call, work);
}
