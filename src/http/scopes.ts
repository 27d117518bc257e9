/** What a key may do. One list for the gate, the key command and the OpenAPI document. */

export const SCOPES = {
  'card-reads:write': 'send card reads, as a reader worker at a counter does',
  'agent-line:carry': 'carry the calls to the agent of its own station, as a reader worker at a counter may',
  'agent-api:use': "call the bridge in the place of the NHSO agent of the key's station",
  'cases:read':
    'see cases, their history, what clients of the agent API have asked for and what the nights found, citizen ids and phones masked',
  'cases:write': 'retry cases and decide them',
  'fhir:read': 'read FHIR resources',
  'pid:read': 'see whole citizen ids, phones and photos where they are asked for; each time is audited',
  'metrics:read': 'read the Prometheus figures',
} as const;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[];

export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text);
}
