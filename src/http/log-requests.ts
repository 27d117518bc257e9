/**
 * Every request gets an id, a line in the log and a place in the figures. The line holds the route's template: the
 * address itself, its query above all, may hold what a log must not.
 */

import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { maskCitizenIds } from '../domain/citizen-id.ts';
import type { Log } from '../service/ports/log.ts';
import { callerIfAny } from './caller.ts';
import type { BridgeMetrics } from './metrics.ts';

const templates = new WeakMap<Request, string>();

/** Says which route a request has come to. */
export function setTemplate(req: Request, template: string): void {
  templates.set(req, template);
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function logRequests(log: Log, metrics: BridgeMetrics): RequestHandler {
  return (req, res, next) => {
    const begun = performance.now();
    const id = requestId(req.get('x-request-id'));
    res.set('x-request-id', id);
    // 'close' comes once, also when the other side goes away before the answer is out
    res.once('close', () => {
      const ms = performance.now() - begun;
      const method = METHODS.has(req.method) ? req.method : 'OTHER';
      const route = templateOf(req);
      const status = res.writableFinished ? res.statusCode : 499;
      metrics.httpRequest({ method, route, status }, ms / 1000);
      const line = { requestId: id, method, route, status, ms: Math.round(ms), key: callerIfAny(req)?.keyId };
      // probes and scrapers ask all day
      if (status < 400 && /^\/(healthz|readyz|metrics)$/.test(route)) log.debug(line, 'request');
      else log.info(line, 'request');
    });
    next();
  };
}

function templateOf(req: Request): string {
  const template = templates.get(req) ?? 'unmatched';
  if (template !== '/fhir/*') return template;
  // the facade's own router knows which of its routes it was
  const inner: unknown = req.route?.path;
  return typeof inner === 'string' ? `/fhir${inner.replace(/:(\w+)/g, '{$1}')}` : template;
}

/** The caller's own id, when it is a harmless one. */
function requestId(given: string | undefined): string {
  const harmless =
    given !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(given) && maskCitizenIds(given) === given;
  return harmless ? given : randomUUID();
}
