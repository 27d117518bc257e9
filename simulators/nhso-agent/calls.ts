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

/**
 * How an answer can go wrong on its way.
 * - `500`: Spring's error body · `html`: a proxy's error page (502) · `timeout`: nothing comes, the line stays open
 * - `reset`: RST · `drop`: orderly close without an answer
 * - `empty`: 200 and not a byte
 * - `cut-json`: a whole HTTP answer whose JSON is cut · `cut-body`: fewer bytes than Content-Length says
 */
export const BREAKAGES = [
  '500',
  'timeout',
  'html',
  'reset',
  'drop',
  'empty',
  'cut-json',
  'cut-body',
] as const;

export type Breakage = (typeof BREAKAGES)[number];
