/** What the adapter must know of a call to judge what became of it. */

import type { Retry } from '../../src/domain/bridge-error.ts';

/** Of the agent or of a web service (`web/calls.ts`). */
export interface NhsoCall {
  /** NHSO's own name of the call, for messages and history. */
  name: string;
  /** NHSO itself answers, or the agent passes it on; without that the counter's agent alone is to blame. */
  asksNhso: boolean;
  /** What an answer that did not come means: a code may have been issued by confirm-save, and by nothing else. */
  whenLost: Extract<Retry, 'yes' | 'ask-first'>;
  /** The status alone says that it was done: nothing that the answer holds is needed afterwards, so it may hold nothing. */
  mayBeEmpty: boolean;
}

export interface AgentCall extends NhsoCall {
  method: 'GET' | 'POST';
  /** It reads the card, so an ambiguous 500 may mean that none is there. */
  readsCard: boolean;
}

const get = { method: 'GET', asksNhso: true, readsCard: false, whenLost: 'yes', mayBeEmpty: false } as const;

export const CALLS = {
  terminals: { ...get, name: 'terminals', asksNhso: false },
  read: { ...get, name: 'read', readsCard: true },
  readCardOnly: { ...get, name: 'read-card-only', readsCard: true, asksNhso: false },
  probe: { ...get, name: 'probe' },
  draft: { ...get, name: 'save-as-draft', method: 'POST', mayBeEmpty: true },
  confirm: { ...get, name: 'confirm-save', method: 'POST', whenLost: 'ask-first' },
  latest: { ...get, name: 'latest-authen-code' },
  latestFive: { ...get, name: 'latest-5-authen-code-all-hospital' },
} as const satisfies Record<string, AgentCall>;
