/** The HTTP face put together: every route behind the gate, everything else closed. */

import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { agentRoutes } from './agent/routes.ts';
import { type Gate, makeGate } from './gate.ts';
import { logRequests } from './log-requests.ts';
import { openApiDocument } from './open-api.ts';
import type { HttpParts } from './parts.ts';
import { Refusal, sendProblem, toProblem } from './problem.ts';
import type { Route, RouteDoc } from './route.ts';
import { agentLineRoutes } from './routes/agent-line.ts';
import { cardReadRoutes } from './routes/card-reads.ts';
import { caseRoutes } from './routes/cases.ts';
import { clientAskRoutes } from './routes/client-asks.ts';
import { decisionRoutes } from './routes/decisions.ts';
import { FHIR_ACCESS, FHIR_METADATA, FHIR_ROUTES } from './routes/fhir.ts';
import { operationRoutes } from './routes/operations.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';

const BODY_LIMIT = 256 * 1024;

/** The routes that are answered here, FHIR's aside. */
export function routesOf(parts: HttpParts): Route[] {
  const own = [
    ...[...cardReadRoutes(parts), ...agentLineRoutes(parts)],
    ...[...caseRoutes(parts), ...clientAskRoutes(parts), ...decisionRoutes(parts)],
    ...[...reconciliationRoutes(parts), ...agentRoutes(parts)],
  ];
  const routes: Route[] = [
    ...own,
    ...operationRoutes(parts, () => openApiDocument([...routes, ...fhirDocs(parts)], parts.publicUrl)),
  ];
  return routes;
}

function fhirDocs(parts: HttpParts): readonly RouteDoc[] {
  return parts.fhir === undefined ? [] : [FHIR_METADATA, ...FHIR_ROUTES];
}

export function makeApp(parts: HttpParts): Express {
  const app = express();
  const gate = makeGate(parts);
  app.disable('x-powered-by');
  // an ETag over personal data would only help to cache it; FHIR makes its own
  app.disable('etag');
  // no second spelling of an address, so that the gate's table is the whole truth
  app.enable('case sensitive routing');
  app.enable('strict routing');
  if (parts.trustProxy !== undefined) app.set('trust proxy', parts.trustProxy);

  app.use(logRequests(parts.log, parts.metrics));
  app.use(helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] }, useDefaults: false } }));
  app.use(neverCached);
  const routes = routesOf(parts);
  for (const route of routes) mount(app, gate, route);
  if (parts.fhir !== undefined) {
    const { fhir } = parts;
    app.get(FHIR_METADATA.path, gate(FHIR_METADATA.path, FHIR_METADATA.access), below('/fhir', fhir));
    app.use('/fhir', gate('/fhir/*', FHIR_ACCESS), fhir);
  }
  for (const path of new Set(routes.map((route) => route.path))) refuseOtherMethods(app, gate, path, routes);
  app.use(gate('unmatched', { scope: 'any', narrowest: 'station' }), nowhere);
  app.use(((error, req, res, _next) => {
    if (res.headersSent) {
      // half an answer must not look like a whole one
      res.destroy();
      return;
    }
    sendProblem(req, res, toProblem(error, parts.log));
  }) satisfies express.ErrorRequestHandler);
  return app;
}

function mount(app: Express, gate: Gate, route: Route): void {
  const parseJson = express.json({
    limit: route.bodyLimit ?? BODY_LIMIT,
    inflate: false,
    type: 'application/json',
  });
  const body: RequestHandler[] = route.method === 'post' ? [jsonOnly, parseJson] : [];
  app[route.method](expressPath(route.path), gate(route.path, route.access), body, ((req, res) =>
    route.serve(req, res)) satisfies RequestHandler);
}

/** `/api/cases/{hcode}/{vn}` → `/api/cases/:hcode/:vn` */
function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** A body of another kind would be passed over in silence. */
const jsonOnly: RequestHandler = (req, _res, next) => {
  // null: there is no body, and neither is there one of length 0
  if (req.is('application/json') !== false || req.get('content-length') === '0') {
    next();
    return;
  }
  throw new Refusal({
    code: 'unsupported-media-type',
    status: 415,
    detail: 'Expected application/json.',
    next: 'Send the body as JSON with "Content-Type: application/json".',
  });
};

const neverCached: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/** Hands a request to a router that is mounted at `base`, as `app.use(base, router)` does. */
function below(base: string, router: express.Router): RequestHandler {
  return express.Router({ caseSensitive: true, strict: true }).use(base, router);
}

function refuseOtherMethods(app: Express, gate: Gate, path: string, routes: readonly Route[]): void {
  const methods = routes.filter((r) => r.path === path).map((r) => r.method.toUpperCase());
  const allow = methods.includes('GET') ? ['GET', 'HEAD', ...methods.slice(1)] : methods;
  // a route's own `all` is one entry; the app's would be one for each method that HTTP knows
  app.route(expressPath(path)).all(gate(path, { scope: 'any', narrowest: 'station' }), ((_req, res) => {
    res.set('Allow', allow.join(', '));
    throw new Refusal({
      code: 'method-not-allowed',
      status: 405,
      detail: `Expected ${allow.join(' or ')}.`,
      next: 'Use one of the methods in Allow.',
    });
  }) satisfies RequestHandler);
}

const nowhere: RequestHandler = () => {
  throw new Refusal({
    code: 'no-such-route',
    status: 404,
    detail: 'There is no such address.',
    next: 'See /openapi.json for those that there are.',
  });
};
