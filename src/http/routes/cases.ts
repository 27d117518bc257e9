/** Cases to look at: the list, and one with everything that happened to it. */

import { z } from 'zod';
import { BridgeError } from '../../domain/bridge-error.ts';
import { CASE_STATES, type Case } from '../../domain/case.ts';
import { REASON_CODES } from '../../domain/reason-text.ts';
import type { CaseFilter, CaseKey } from '../../service/ports/ledger.ts';
import { showingAsked, siteAsked } from '../allowed.ts';
import { type Caller, callerOf, mayUseSite } from '../caller.ts';
import { caseDetailJson, caseJson } from '../case-json.ts';
import { afterQuery, limitQuery, nextPage, pageOf } from '../pages.ts';
import type { HttpParts } from '../parts.ts';
import { NOTHING, type Route, route } from '../route.ts';
import { caseParams, hcodeSchema, serviceDateSchema } from '../schemas/basic.ts';
import { caseDetailSchema, casePageSchema } from '../schemas/case.ts';

/** `state=ready,drafted` */
const states = z
  .string()
  .regex(
    new RegExp(`^(${CASE_STATES.join('|')})(,(${CASE_STATES.join('|')}))*$`),
    `expected one or more, separated by commas, of ${CASE_STATES.join(', ')}`,
  )
  .transform((list) => CASE_STATES.filter((state) => list.split(',').includes(state)));

const listQuery = z.strictObject({
  date: serviceDateSchema.optional().meta({ description: 'Service date (Bangkok), Gregorian.' }),
  state: states.optional().meta({ description: 'One or more states, separated by commas.' }),
  site: hcodeSchema.optional().meta({ description: 'Hospital code.' }),
  reason: z.enum(REASON_CODES, 'expected a reason of the documented list').optional(),
  limit: limitQuery('Cases'),
  after: afterQuery,
});

const detailQuery = z.strictObject({
  unmasked: z
    .enum(['true', 'false'], 'expected true or false')
    .optional()
    .meta({ description: 'true: whole citizen id and phone; needs the scope pid:read, and is audited.' }),
});

export function caseRoutes({
  ledger,
  clock,
  publicUrl,
}: Pick<HttpParts, 'ledger' | 'clock' | 'publicUrl'>): Route[] {
  return [
    route({
      operationId: 'listCases',
      method: 'get',
      path: '/api/cases',
      access: { scope: 'cases:read', narrowest: 'site' },
      tag: 'Cases',
      summary: 'List cases, newest first',
      params: NOTHING,
      query: listQuery,
      body: NOTHING,
      answers: { 200: { description: 'One page of cases.', schema: casePageSchema } },
      async handle({ query, req, res }) {
        const filter = filterOf(query, callerOf(req));
        const page = await ledger.listCases(filter, pageOf(query));
        const next = nextPage({ req, res }, publicUrl, '/api/cases', page.next);
        res.json({ items: page.items.map((c) => caseJson(c, 'masked')), next });
      },
    }),
    route({
      operationId: 'readCase',
      method: 'get',
      path: '/api/cases/{hcode}/{vn}',
      access: { scope: 'cases:read', narrowest: 'site' },
      tag: 'Cases',
      summary: 'One case with its history, candidates, card read and the right found without a card',
      params: caseParams,
      query: detailQuery,
      body: NOTHING,
      answers: { 200: { description: 'The case.', schema: caseDetailSchema } },
      async handle({ params, query, req, res }) {
        const caller = callerOf(req);
        const showing = showingAsked(caller, query.unmasked);
        const found = await findCase(ledger, params, caller);
        const [history, read, photoKeptUntil, rights] = await Promise.all([
          ledger.history(params),
          found.readId === null ? null : ledger.cardRead(found.readId),
          found.readKind === 'photo' && found.readId !== null ? ledger.photos.keptUntil(found.readId) : null,
          found.pid === null
            ? []
            : ledger.rights.find([{ ...params, pid: found.pid, serviceDate: found.serviceDate }]),
        ]);
        if (showing === 'whole') {
          // first the audit, then the answer: nobody sees what is not written down
          await ledger.audit({
            at: clock.now(),
            actor: caller.name,
            action: 'unmasked',
            resource: `Case/${found.hcode}/${found.vn}`,
          });
        }
        res.json(
          caseDetailJson(found, { history, read, photoKeptUntil, foundRight: rights[0] ?? null }, showing),
        );
      },
    }),
  ];
}

/** Throws `not-found`; a case of a site that the key may not see is not there either. */
export async function findCase(
  ledger: Pick<HttpParts['ledger'], 'case'>,
  key: CaseKey,
  caller: Caller,
): Promise<Case> {
  const found = mayUseSite(caller, key.hcode) ? await ledger.case(key) : null;
  if (found !== null) return found;
  throw new BridgeError('not-found', `There is no case for visit ${key.vn} of site ${key.hcode}.`, {
    retry: 'no',
  });
}

function filterOf(query: z.output<typeof listQuery>, caller: Caller): CaseFilter {
  return {
    ...siteAsked(caller, query.site),
    ...(query.date === undefined ? {} : { serviceDate: query.date }),
    ...(query.state === undefined ? {} : { states: query.state }),
    ...(query.reason === undefined ? {} : { reason: query.reason }),
  };
}
