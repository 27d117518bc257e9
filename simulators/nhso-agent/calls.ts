/** The agent's calls by their own names, as faults, delays and the journal speak of them. */

export const AGENT_CALLS = [
  'terminals',
  'read',
  'read-card-only',
  'probe',
  'save-as-draft',
  'confirm-save',
  'latest-authen-code',
  'latest-5-authen-code-all-hospital',
  'preference',
] as const;

export type AgentCall = (typeof AGENT_CALLS)[number];
