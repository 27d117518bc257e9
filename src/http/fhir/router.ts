/** The FHIR facade: R4 (4.0.1), read-only, made from the ledger. Authentication stands before it, scopes are seen to here. */

import { type Request, type Response, Router, text } from 'express';
import type { Bundle, FhirResource } from 'fhir/r4.js';
import type { Clock } from '../../service/ports/clock.ts';
import type { Log } from '../../service/ports/log.ts';
import { type Caller, callerIfAny } from '../caller.ts';
import { capabilityStatement } from './capability.ts';
import { isStrict, requireJson } from './negotiation.ts';
import { FHIR_JSON, FhirError, outcomeErrorHandler } from './outcome.ts';
import { definitionOf, RESOURCE_TYPES, type ResourceType } from './resource-types.ts';
import type { SiteName } from './resources/organization.ts';
import { ledgerSeal, type Seal } from './seal.ts';
import type { Pair } from './search/compile.ts';
import { patientsIn, runSearch } from './search/run.ts';
import { type FacadeLedger, Store, type View } from './store.ts';

export interface FhirOptions {
  ledger: FacadeLedger;
  clock: Clock;
  log: Log;
  /** Hospitals of the configuration. */
  sites: readonly SiteName[];
  /** Address of the server as clients know it, without the path of the mount; a function where the port is not known yet. */
  publicUrl: string | (() => string);
}

/** To be mounted at `/fhir`, behind the gate that sets the caller; `/metadata` is open to everybody. */
export function fhirRouter(options: FhirOptions): Router {
  const { ledger, clock, log, sites } = options;
  const startedAt = clock.now();
  const store = new Store(ledger, sites);
  let seal: Promise<Seal> | null = null;
  // kept only when it was had: a ledger that was away for a moment must not close the facade for ever
  const sealOnce = async () => {
    seal ??= ledgerSeal(ledger);
    try {
      return await seal;
    } catch (error) {
      seal = null;
      throw error;
    }
  };
  const baseOf = (req: Request) => {
    const root = typeof options.publicUrl === 'string' ? options.publicUrl : options.publicUrl();
    return `${root.replace(/\/+$/, '')}${req.baseUrl}`;
  };

  /** What the caller may see; throws FhirError 401, 403. */
  const viewOf = async (req: Request): Promise<{ caller: Caller; view: View }> => {
    const caller = callerIfAny(req);
    if (caller === null) throw new FhirError(401, 'Authorization: expected Bearer and a key');
    if (!caller.scopes.has('fhir:read')) throw new FhirError(403, 'this key lacks the scope fhir:read');
    const showCitizenIds = caller.scopes.has('pid:read');
    return { caller, view: { hcode: caller.hcode, showCitizenIds, seal: await sealOnce() } };
  };

  /** Written before anything is shown: what cannot be audited is not shown. */
  const audit = async (caller: Caller, action: string, resources: readonly string[]) => {
    for (const resource of resources) {
      await ledger.audit({ at: clock.now(), actor: caller.name, action, resource });
    }
  };

  const search = (type: ResourceType) => async (req: Request, res: Response) => {
    const { caller, view } = await viewOf(req);
    const sent = [...queryOf(req), ...bodyOf(req)];
    requireJson(req, formatOf(sent));
    const bundle = await runSearch(store, { type, sent, view, strict: isStrict(req), base: baseOf(req) });
    await audit(caller, 'search', [searchReference(type, sent)]);
    if (view.showCitizenIds) await audit(caller, 'unmasked', patientsIn(bundle));
    sendJson(res, bundle);
  };

  const read = (type: ResourceType) => async (req: Request, res: Response) => {
    const { caller, view } = await viewOf(req);
    requireJson(req, formatOf(queryOf(req)));
    const id = String(req.params.id);
    const resource = await store.read(type, id, view);
    if (resource === null) throw new FhirError(404, `there is no such ${type}`);
    const reference = `${type}/${resource.id ?? ''}`;
    await audit(caller, 'read', [reference]);
    if (view.showCitizenIds && type === 'Patient') await audit(caller, 'unmasked', [reference]);
    sendResource(req, res, resource);
  };

  const router = Router({ caseSensitive: true });
  router.use((_req, res, next) => {
    // people's data: no cache on the way keeps it, and another key may see another form of it
    res.set({ 'Cache-Control': 'private, no-cache', Vary: 'Authorization, Accept, Prefer' });
    next();
  });
  router
    .route('/metadata')
    .get((req, res) => {
      requireJson(req, formatOf(queryOf(req)));
      sendJson(res, capabilityStatement(baseOf(req), startedAt));
    })
    .all(notAllowed('GET'));
  for (const type of RESOURCE_TYPES) {
    router.route(`/${type}`).get(search(type)).all(notAllowed('GET'));
    router
      .route(`/${type}/_search`)
      .post(requireForm, text({ type: FORM, limit: '64kb', inflate: false }), search(type))
      .all(notAllowed('POST'));
    router.route(`/${type}/:id`).get(read(type)).all(notAllowed('GET'));
  }
  router.use(() => {
    throw new FhirError(404, `not found; the resource types here are ${RESOURCE_TYPES.join(', ')}`);
  });
  router.use(outcomeErrorHandler(log));
  return router;
}

const FORM = 'application/x-www-form-urlencoded';

function requireForm(req: Request, _res: Response, next: () => void): void {
  const hasBody = req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;
  if (hasBody && !req.is(FORM)) throw new FhirError(415, `Content-Type: expected ${FORM}`, 'Content-Type');
  next();
}

function notAllowed(allow: 'GET' | 'POST') {
  return (_req: Request, res: Response) => {
    res.set('Allow', allow === 'GET' ? 'GET, HEAD' : allow);
    throw new FhirError(405, 'this facade is read-only: read, and search by GET or POST _search');
  };
}

function queryOf(req: Request): Pair[] {
  const at = req.originalUrl.indexOf('?');
  return at < 0 ? [] : [...new URLSearchParams(req.originalUrl.slice(at + 1))];
}

function bodyOf(req: Request): Pair[] {
  return typeof req.body === 'string' ? [...new URLSearchParams(req.body)] : [];
}

function formatOf(pairs: readonly Pair[]): string | null {
  return pairs.find(([name]) => name === '_format')?.[1] ?? null;
}

/** What was asked for by which parameters that we know; never their values, which may be citizen ids. */
function searchReference(type: ResourceType, sent: readonly Pair[]): string {
  const known = definitionOf(type).parameters.map((p) => p.name);
  const names = new Set(
    sent.map(([key]) => key.split(':', 1)[0] ?? '').filter((name) => known.includes(name)),
  );
  return names.size === 0 ? type : `${type}?${[...names].join('&')}`;
}

function sendJson(res: Response, resource: Bundle | FhirResource): void {
  res.set('Content-Type', FHIR_JSON).send(JSON.stringify(resource));
}

function sendResource(req: Request, res: Response, resource: FhirResource): void {
  const { versionId, lastUpdated } = resource.meta ?? {};
  const etag = `W/"${versionId ?? ''}"`;
  res.set('ETag', etag);
  if (lastUpdated !== undefined) res.set('Last-Modified', new Date(lastUpdated).toUTCString());
  const known = (req.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes('*') || known.includes(etag.slice(2))) {
    res.status(304).end();
    return;
  }
  sendJson(res, resource);
}
