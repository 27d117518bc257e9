/** What clients of the agent API have asked for and no visit has taken: whoever must look at a code without a visit finds it here. */

import { z } from 'zod';
import type { AskFilter } from '../../service/ports/door-asks.ts';
import { showingAsked, siteAsked } from '../allowed.ts';
import { type Caller, callerOf } from '../caller.ts';
import { clientAskJson } from '../client-ask-json.ts';
import { afterQuery, limitQuery, nextPage, pageOf } from '../pages.ts';
import type { HttpParts } from '../parts.ts';
import { NOTHING, type Route, route } from '../route.ts';
import { hcodeSchema, serviceDateSchema } from '../schemas/basic.ts';
import { clientAskPageSchema } from '../schemas/client-ask.ts';

const listQuery = z.strictObject({
  serviceDate: serviceDateSchema.optional().meta({ description: 'Service date (Bangkok), Gregorian.' }),
  site: hcodeSchema.optional().meta({ description: 'Hospital code.' }),
  needsPerson: z
    .literal('true', 'expected true, or to be left out')
    .optional()
    .meta({ description: 'true: only what look-ups alone cannot settle.' }),
  unmasked: z.enum(['true', 'false'], 'expected true or false').optional().meta({
    description: 'true: whole citizen ids; needs the scope pid:read, and each that is shown is audited.',
  }),
  limit: limitQuery('Asks'),
  after: afterQuery,
});

export function clientAskRoutes({
  ledger,
  clock,
  publicUrl,
}: Pick<HttpParts, 'ledger' | 'clock' | 'publicUrl'>): Route[] {
  return [
    route({
      operationId: 'listClientAsks',
      method: 'get',
      path: '/api/client-asks',
      access: { scope: 'cases:read', narrowest: 'site' },
      tag: 'Cases',
      summary: 'List what clients of the agent API have asked for and no visit has taken, newest first',
      params: NOTHING,
      query: listQuery,
      body: NOTHING,
      answers: { 200: { description: 'One page of asks.', schema: clientAskPageSchema } },
      async handle({ query, req, res }) {
        const caller = callerOf(req);
        const showing = showingAsked(caller, query.unmasked);
        const page = await ledger.doorAsks.list(filterOf(query, caller), pageOf(query));
        if (showing === 'whole') {
          // first the audit, then the answer: nobody sees what is not written down
          for (const { id } of page.items) {
            const resource = `ClientAsk/${id}`;
            await ledger.audit({ at: clock.now(), actor: caller.name, action: 'unmasked', resource });
          }
        }
        const next = nextPage({ req, res }, publicUrl, '/api/client-asks', page.next);
        res.json({ items: page.items.map((listed) => clientAskJson(listed, showing)), next });
      },
    }),
  ];
}

function filterOf(query: z.output<typeof listQuery>, caller: Caller): AskFilter {
  return {
    ...siteAsked(caller, query.site),
    ...(query.serviceDate === undefined ? {} : { serviceDate: query.serviceDate }),
    ...(query.needsPerson === undefined ? {} : { needsPerson: true }),
  };
}
