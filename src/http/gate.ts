/**
 * The gate before every route: closed unless the route's own entry says otherwise. Order: name the route, find out
 * who calls, keep the pace, and see whether the key may do this.
 */

import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, type Options, rateLimit } from 'express-rate-limit';
import { Authenticator } from './auth.ts';
import { callerOf, setCaller } from './caller.ts';
import { setTemplate } from './log-requests.ts';
import { DEFAULT_LIMITS, type HttpParts, type Limits } from './parts.ts';
import { type FieldFault, type Problem, Refusal, sendProblem } from './problem.ts';
import type { Access } from './route.ts';

export type Gate = (template: string, access: Access) => RequestHandler[];

const MINUTE_MS = 60_000;

export function makeGate(parts: Pick<HttpParts, 'ledger' | 'clock' | 'limits'>): Gate {
  const authenticator = new Authenticator(parts.ledger, parts.clock);
  const limits: Limits = { ...DEFAULT_LIMITS, ...parts.limits };
  const openPace = pace(limits.open, byAddress);
  const keyPace = pace(limits.perKey, (req) => callerOf(req).keyId);
  const guesserPace = pace(limits.failedAuth, byAddress);
  const identify: RequestHandler = async (req, res, next) => {
    const caller = await authenticator.callerOf(req);
    if (caller !== null) {
      setCaller(req, caller);
      next();
      return;
    }
    // counted only when refused: the holder of a good key must not suffer from a wrong one at the same address
    await guesserPace(req, res, () => next(new Refusal(KEY_NEEDED)));
  };
  return (template, access) => {
    const name: RequestHandler = (req, _res, next) => {
      setTemplate(req, template);
      next();
    };
    if ('open' in access) return [name, openPace];
    return [name, identify, keyPace, permit(access)];
  };
}

const KEY_NEEDED: Problem = {
  code: 'unauthenticated',
  status: 401,
  detail: 'This needs a key that is valid.',
  next: 'Send it as "Authorization: Bearer <key>" or "X-Api-Key: <key>"; `npm run key -- create` makes one.',
};

function permit(access: Exclude<Access, { open: string }>): RequestHandler {
  return (req, _res, next) => {
    const { scopes, hcode, stationId } = callerOf(req);
    if (access.scope !== 'any' && !scopes.has(access.scope)) {
      refuse(
        `The key lacks the scope "${access.scope}".`,
        'Use a key that has it; `npm run key -- create` makes one.',
      );
    }
    if (stationId !== null && access.narrowest !== 'station') {
      refuse(
        'The key speaks for one station, which may only send card reads and call its agent.',
        'Use a key without --station.',
      );
    }
    if (hcode !== null && access.narrowest === 'all') {
      refuse('The key is bound to one site, and this tells of all.', 'Use a key without --site.');
    }
    next();
  };
}

/** 403. */
export function refuse(detail: string, next: string, fields?: readonly FieldFault[]): never {
  throw new Refusal({
    code: 'forbidden',
    status: 403,
    detail,
    next,
    ...(fields === undefined ? {} : { fields }),
  });
}

function pace(
  limit: number,
  keyGenerator: (req: Request) => string,
  more: Partial<Options> = {},
): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit,
    keyGenerator,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // an X-Forwarded-For that nobody configured is simply not believed; that is no fault to shout about
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (req, res, _next, options) => {
      sendProblem(req, res, {
        code: 'too-many-requests',
        status: 429,
        detail: `More than ${limit} requests a minute.`,
        next: 'Send it again after the time in Retry-After.',
        retryAfterSeconds: Number(res.get('Retry-After') ?? options.windowMs / 1000),
      });
    },
    ...more,
  });
}

function byAddress(req: Request): string {
  return ipKeyGenerator(req.ip ?? '');
}
