/** The night's runs to look at: the list, and one with what it said of each visit, as JSON in pages or as one CSV file. */

import { once } from 'node:events';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { BridgeError } from '../../domain/bridge-error.ts';
import type { Outcome } from '../../domain/reconcile.ts';
import { atLeast } from '../../length-limits.ts';
import type { Reconciliation } from '../../service/ports/reconciliations.ts';
import { siteAsked } from '../allowed.ts';
import { type Caller, callerOf, mayUseSite } from '../caller.ts';
import { afterQuery, limitQuery, MOST_A_PAGE, nextPage, pageOf } from '../pages.ts';
import type { HttpParts } from '../parts.ts';
import { InvalidRequest } from '../problem.ts';
import { CSV_FILE_TYPE, reconciliationCsvHead, reconciliationCsvRows } from '../reconciliation-csv.ts';
import { reconciliationItemJson, reconciliationJson } from '../reconciliation-json.ts';
import { NOTHING, type Route, route } from '../route.ts';
import { hcodeSchema, serviceDateSchema, text } from '../schemas/basic.ts';
import {
  outcomeSchema,
  reconciliationDetailSchema,
  reconciliationListSchema,
} from '../schemas/reconciliation.ts';

const listQuery = z.strictObject({
  date: serviceDateSchema.optional().meta({ description: 'Service date (Bangkok), Gregorian.' }),
  site: hcodeSchema.optional().meta({ description: 'Hospital code.' }),
  limit: limitQuery('Runs'),
  after: afterQuery,
});

const runParams = z.strictObject({
  id: text(60).check(atLeast(1)).meta({ description: 'As the list has it, such as 20261119-10978-k3x9q2.' }),
});

const runQuery = z.strictObject({
  format: z.enum(['json', 'csv'], 'expected json or csv').optional().meta({
    description: 'csv: the whole run as one file, as `Accept: text/csv` gives it. Goes before Accept.',
  }),
  outcome: outcomeSchema.optional().meta({ description: 'Visits of this outcome only.' }),
  limit: limitQuery('Visits'),
  after: afterQuery,
});
type RunQuery = z.output<typeof runQuery>;

export function reconciliationRoutes({
  ledger,
  clock,
  publicUrl,
}: Pick<HttpParts, 'ledger' | 'clock' | 'publicUrl'>): Route[] {
  const runs = ledger.reconciliations;

  /** First the audit, then the answer: nobody sees what is not written down. */
  const audited = (caller: Caller, action: 'read' | 'export', run: Reconciliation): Promise<void> =>
    ledger.audit({ at: clock.now(), actor: caller.name, action, resource: `Reconciliation/${run.id}` });

  async function answerPage(run: Reconciliation, query: RunQuery, req: Request, res: Response) {
    const page = await runs.items(run.id, { ...pageOf(query), ...narrowed(query) });
    const path = `/api/reconciliations/${encodeURIComponent(run.id)}`;
    const next = nextPage({ req, res }, publicUrl, path, page.next);
    res.json({
      ...reconciliationJson(run),
      items: page.items.map((item) => reconciliationItemJson(item, run)),
      next,
    });
  }

  /** Page by page: a run may have tens of thousands of visits. */
  async function answerCsv(run: Reconciliation, query: RunQuery, res: Response) {
    let page = await runs.items(run.id, { limit: MOST_A_PAGE, ...narrowed(query) });
    res.set('Content-Type', CSV_FILE_TYPE);
    res.set('Content-Disposition', `attachment; filename="reconciliation-${run.id}.csv"`);
    res.write(reconciliationCsvHead());
    for (;;) {
      if (!res.write(reconciliationCsvRows(run, page.items))) await drained(res);
      if (page.next === null || res.destroyed) break;
      page = await runs.items(run.id, { limit: MOST_A_PAGE, after: page.next, ...narrowed(query) });
    }
    res.end();
  }

  return [
    route({
      operationId: 'listReconciliations',
      method: 'get',
      path: '/api/reconciliations',
      access: { scope: 'cases:read', narrowest: 'site' },
      tag: 'Reconciliation',
      summary: 'List the runs of the reconciliation, newest first',
      params: NOTHING,
      query: listQuery,
      body: NOTHING,
      answers: { 200: { description: 'One page of runs.', schema: reconciliationListSchema } },
      async handle({ query, req, res }) {
        const filter = {
          ...siteAsked(callerOf(req), query.site),
          ...(query.date === undefined ? {} : { serviceDate: query.date }),
        };
        const page = await runs.list(filter, pageOf(query));
        const next = nextPage({ req, res }, publicUrl, '/api/reconciliations', page.next);
        res.json({ items: page.items.map(reconciliationJson), next });
      },
    }),
    route({
      operationId: 'readReconciliation',
      method: 'get',
      path: '/api/reconciliations/{id}',
      access: { scope: 'cases:read', narrowest: 'site' },
      tag: 'Reconciliation',
      summary: 'One run: its counts, and what it said of each visit',
      description: 'CSV with `Accept: text/csv` or `?format=csv`. Reading a run is audited.',
      params: runParams,
      query: runQuery,
      body: NOTHING,
      answers: {
        200: {
          description: 'The run.',
          schema: reconciliationDetailSchema,
          others: { 'text/csv': z.string() },
        },
      },
      async handle({ params, query, req, res }) {
        const caller = callerOf(req);
        const run = await runs.run(params.id);
        if (run === null || !mayUseSite(caller, run.hcode)) throw notThere();
        res.vary('Accept');
        const asCsv = (query.format ?? req.accepts(['json', 'csv'])) === 'csv';
        if (asCsv) refusePaging(query);
        await audited(caller, asCsv ? 'export' : 'read', run);
        if (asCsv) await answerCsv(run, query, res);
        else await answerPage(run, query, req, res);
      },
    }),
  ];
}

/** Whoever reads has gone, or has taken what there was. */
async function drained(res: Response): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  res.once('close', onClose);
  try {
    if (!res.destroyed) await once(res, 'drain', { signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    res.off('close', onClose);
  }
}

function narrowed({ outcome }: RunQuery): { outcome?: Outcome } {
  return outcome === undefined ? {} : { outcome };
}

function refusePaging(query: RunQuery): void {
  const paging = (['limit', 'after'] as const).filter((field) => query[field] !== undefined);
  if (paging.length === 0) return;
  throw new InvalidRequest(
    paging.map((field) => ({ field, expected: 'expected none with CSV, which is whole' })),
  );
}

function notThere(): BridgeError {
  return new BridgeError('not-found', 'There is no such run of the reconciliation.', { retry: 'no' });
}
