/** The addresses of NHSO's agent below `/agent`, one station's for each key. */

import { z } from 'zod';
import type { AgentApi, DoorAnswer, DoorPlace } from '../../service/agent-door/api.ts';
import { callerOf } from '../caller.ts';
import { refuse } from '../gate.ts';
import type { HttpParts } from '../parts.ts';
import { ANYTHING, type Answer, NOTHING, type Route, type RouteDoc, route } from '../route.ts';
import { send } from './spring.ts';

/** NHSO's, not ours: it is handed on as it comes. */
const agentJson = z.unknown().meta({ id: 'AgentAnswer', description: "NHSO's agent's own answer." });

const answers: Readonly<Record<number, Answer>> = {
  200: { description: "The agent's answer.", schema: agentJson },
  418: { description: 'No card reader.', schema: agentJson },
};

const person = z.strictObject({
  pid: z
    .string()
    .meta({ description: "Citizen id. The agent's own contract; no log of the bridge holds it." }),
});

type Serve = (
  api: AgentApi,
  place: DoorPlace,
  input: { pid: string; image: boolean; body: unknown },
) => Promise<DoorAnswer>;

interface Call extends Pick<RouteDoc, 'operationId' | 'method' | 'path' | 'summary'> {
  description?: string;
  serve: Serve;
}

const CALLS: readonly Call[] = [
  {
    operationId: 'agentTerminals',
    ...{ method: 'get', path: '/agent/api/smartcard/terminals' },
    summary: 'Card readers of the station, and whether a card is in each',
    serve: (api, place) => api.terminals(place),
  },
  {
    operationId: 'agentRead',
    ...{ method: 'get', path: '/agent/api/smartcard/read' },
    summary: "Card and right, as NHSO's agent reads them",
    description:
      'A read counts as a card read of the bridge, too. A photo (`readImageFlag=true`) is passed on and not kept.',
    serve: (api, place, { image }) => api.read(place, image),
  },
  {
    operationId: 'agentReadCardOnly',
    ...{ method: 'get', path: '/agent/api/smartcard/read-card-only' },
    summary: 'The card alone',
    serve: (api, place, { image }) => api.readCardOnly(place, image),
  },
  {
    operationId: 'agentProbe',
    ...{ method: 'get', path: '/agent/api/smartcard/probe/{pid}' },
    summary: 'As read without a card; TEST zone only',
    serve: (api, place, { pid }) => api.probe(place, pid),
  },
  {
    operationId: 'agentSaveAsDraft',
    ...{ method: 'post', path: '/agent/api/nhso-service/save-as-draft' },
    summary: 'NHSO keeps a draft; no code is issued',
    serve: (api, place, { body }) => api.saveAsDraft(place, body),
  },
  {
    operationId: 'agentConfirmSave',
    ...{ method: 'post', path: '/agent/api/nhso-service/confirm-save' },
    summary: 'NHSO issues the code, once a person, day and claim type',
    description:
      'A code that is there already is the answer, and nothing is asked. A request that is under way is waited for. One ' +
      'whose answer was lost is looked up before it is sent again.',
    serve: (api, place, { body }) => api.confirmSave(place, body),
  },
  {
    operationId: 'agentLatest',
    ...{ method: 'get', path: '/agent/api/nhso-service/latest-authen-code/{pid}' },
    summary: "This hospital's newest code of a person",
    serve: (api, place, { pid }) => api.lookUp(place, 'latest-authen-code', pid),
  },
  {
    operationId: 'agentLatestFive',
    ...{ method: 'get', path: '/agent/api/nhso-service/latest-5-authen-code-all-hospital/{pid}' },
    summary: 'The newest five codes of a person, of all hospitals',
    serve: (api, place, { pid }) => api.lookUp(place, 'latest-5-authen-code-all-hospital', pid),
  },
];

/** As the agent, a Spring program, reads a flag: Python's clients write `True`. */
const TRUE = /^(?:true|on|yes|1)$/i;

export function agentRoutes({ api }: Pick<HttpParts, 'api'>): Route[] {
  return CALLS.map(({ serve, ...call }) => {
    const hasPerson = call.path.endsWith('{pid}');
    return route<unknown, Record<string, unknown>, unknown>({
      ...call,
      access: { scope: 'agent-api:use', narrowest: 'station' },
      tag: 'Agent',
      params: hasPerson ? person : NOTHING,
      query: ANYTHING,
      body: call.method === 'post' ? z.unknown() : NOTHING,
      answers,
      async handle({ params, query, body, req, res }) {
        const { name, hcode, stationId } = callerOf(req);
        if (hcode === null || stationId === null) notBound();
        const pid = hasPerson ? String((params as z.output<typeof person>).pid) : '';
        const image = TRUE.test(String(query.readImageFlag));
        const place = { hcode, stationId, actor: `key:${name}` };
        send(res, await serve(api.agentApi, place, { pid, image, body }));
      },
    });
  });
}

function notBound(): never {
  refuse(
    'The key is bound to no station, and so to no agent.',
    'Use a key that was made with --site and --station.',
  );
}
