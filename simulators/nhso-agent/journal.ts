/** What an outside observer saw of the agents of one centre. */

import type { Filter, Seen } from '../common/journal.ts';
import type { AgentCall } from './calls.ts';

export interface JournalEntry extends Seen {
  /** Hospital and port of the agent that got it. */
  agent: string;
  call: AgentCall;
  claimType: string | null;
  correlationId: string | null;
  /** Issued or found code. */
  claimCode: string | null;
}

export type JournalFilter = Filter<JournalEntry>;
