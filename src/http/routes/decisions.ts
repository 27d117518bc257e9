/** What a person may do with a case: look again, or decide. */

import type { Actor, Resolution } from '../../service/bridge-api.ts';
import { type Caller, callerOf } from '../caller.ts';
import { caseJson } from '../case-json.ts';
import type { HttpParts } from '../parts.ts';
import { NOTHING, type Route, route } from '../route.ts';
import { caseParams } from '../schemas/basic.ts';
import { caseSchema } from '../schemas/case.ts';
import { resolutionSchema, retrySchema } from '../schemas/decision.ts';
import { findCase } from './cases.ts';

export function decisionRoutes({ api, ledger }: Pick<HttpParts, 'api' | 'ledger'>): Route[] {
  const answers = { 200: { description: 'The case after the change.', schema: caseSchema } };
  const access = { scope: 'cases:write', narrowest: 'site' } as const;
  return [
    route({
      operationId: 'retryCase',
      method: 'post',
      path: '/api/cases/{hcode}/{vn}/retry',
      access,
      tag: 'Cases',
      summary: 'Look at a case again now',
      description:
        'Clears waits and sets the next step. A code that may have been issued is looked up, never asked twice.',
      params: caseParams,
      query: NOTHING,
      body: retrySchema,
      answers,
      async handle({ params, body, req, res }) {
        const caller = callerOf(req);
        await findCase(ledger, params, caller);
        res.json(caseJson(await api.retry(params, actorOf(caller, body.by)), 'masked'));
      },
    }),
    route({
      operationId: 'resolveCase',
      method: 'post',
      path: '/api/cases/{hcode}/{vn}/resolve',
      access,
      tag: 'Cases',
      summary: 'Decide a case',
      description:
        'Give the phone, choose a claim type, adopt a code that is seen at NHSO, or close the case with a ' +
        'reason. It stands in the history with the key, the name given in `by`, and the time.',
      params: caseParams,
      query: NOTHING,
      body: resolutionSchema,
      answers,
      async handle({ params, body, req, res }) {
        const caller = callerOf(req);
        await findCase(ledger, params, caller);
        const { by, ...decision } = body;
        const resolution: Resolution = decision;
        res.json(caseJson(await api.resolve(params, resolution, actorOf(caller, by)), 'masked'));
      },
    }),
  ];
}

/** `key:` keeps a key that somebody named "bridge" apart from the bridge. */
function actorOf(caller: Caller, by: string | undefined): Actor {
  return { name: by === undefined ? `key:${caller.name}` : `key:${caller.name} / ${by}` };
}
