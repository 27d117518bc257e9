/**
 * The one door from an error to an answer: RFC 9457 problem+json, with a stable `code`, the fields that were wrong, a
 * message that is safe to show and the next step. Nothing of the program's inside leaves through it.
 */

import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { OperationOutcome, OperationOutcomeIssue } from 'fhir/r4.js';
import { BridgeError, type ErrorCode, isBridgeError } from '../domain/bridge-error.ts';
import { maskCitizenIds } from '../domain/citizen-id.ts';
import type { Log } from '../service/ports/log.ts';
import { isAgentPath, sendSpring } from './agent/spring.ts';

/** A refusal that the protocol itself makes, before the work of the house begins. */
export type RefusalCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'no-such-route'
  | 'method-not-allowed'
  | 'upgrade-required'
  | 'unsupported-media-type'
  | 'body-too-large'
  | 'too-many-requests'
  | 'internal';

export type ProblemCode = ErrorCode | RefusalCode;

export interface FieldFault {
  /** Path in the message: `right.hospMain.hcode`, `claimTypes[0].claimType`. */
  field: string;
  /** What was expected there. Never what was sent. */
  expected: string;
}

export interface Problem {
  code: ProblemCode;
  status: number;
  detail: string;
  /** What the caller should do. */
  next: string;
  fields?: readonly FieldFault[];
  retryAfterSeconds?: number;
  /** Ties a 500 to the line in the log that says what happened. */
  incident?: string;
}

/** A request whose parts are not as documented; every wrong field is named. */
export class InvalidRequest extends BridgeError {
  readonly fields: readonly FieldFault[];

  constructor(fields: readonly FieldFault[]) {
    const safe = fields.map((f) => ({
      field: maskCitizenIds(f.field),
      expected: maskCitizenIds(f.expected),
    }));
    super('bad-input', safe.map((f) => `${f.field}: ${f.expected}`).join('; '), { retry: 'no' });
    this.name = 'InvalidRequest';
    this.fields = safe;
  }
}

/** Thrown by the HTTP face for what is none of the service's business: keys, methods, media types. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'Refusal';
    this.problem = problem;
  }
}

interface Rule {
  status: number;
  next: string;
  retryAfterSeconds?: number;
}

const SOON = { status: 503, next: 'Send it again after the time in Retry-After.', retryAfterSeconds: 5 };
const UPSTREAM: Rule = { status: 502, next: 'Run `npm run doctor`; it says what stands in the way.' };
const OURS: Rule = { status: 500, next: "Look up the incident in the bridge's log." };
const LOOK_AGAIN: Rule = { status: 409, next: 'Read the case again and decide from its present state.' };

const RULES: Record<ErrorCode, Rule> = {
  'bad-input': { status: 400, next: 'Put the named fields right and send it again.' },
  'certifier-card-missing': {
    status: 425,
    next: "Let the certifier's card be read at this station, then send it again.",
    retryAfterSeconds: 30,
  },
  'card-not-read': { status: 400, next: "Have the patient's card read at this address, then ask again." },
  'card-read-other-day': {
    status: 400,
    next: "Have the card read again; if it stays so, the clock of the bridge's machine is wrong (NTP).",
  },
  'not-found': { status: 404, next: 'Check the address; the list shows what there is.' },
  conflict: LOOK_AGAIN,
  'code-held': LOOK_AGAIN,
  'already-asked': LOOK_AGAIN,
  'ledger-unavailable': SOON,
  'queue-unavailable': SOON,
  'agent-unreachable': SOON,
  'agent-timeout': SOON,
  'no-reader': SOON,
  'no-card': SOON,
  'card-unreadable': SOON,
  'card-service-away': SOON,
  'reader-busy': SOON,
  'card-mute': SOON,
  'nhso-unavailable': SOON,
  'token-missing': UPSTREAM,
  'token-refused': UPSTREAM,
  'token-unreadable': UPSTREAM,
  'his-unreachable': SOON,
  'his-timeout': SOON,
  'agent-bad-answer': UPSTREAM,
  'nhso-refused': { status: 502, next: "Read NHSO's words in the detail." },
  'his-denied': UPSTREAM,
  'his-schema': UPSTREAM,
  config: OURS,
  'bridge-unreachable': OURS,
  'bridge-refused': OURS,
  'clocks-differ': OURS,
};

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Key needed',
  403: 'Not permitted',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Body too large',
  415: 'Unsupported media type',
  425: 'Too early',
  426: 'Upgrade required',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'Bad answer from another system',
  503: 'Not available now',
};

export function titleOf(status: number): string {
  return TITLES[status] ?? 'Error';
}

/** Turns whatever was thrown into a problem. What nobody foresaw is logged under an incident id and told no further. */
export function toProblem(error: unknown, log: Log): Problem {
  if (error instanceof Refusal) return error.problem;
  if (isBridgeError(error)) {
    const rule = RULES[error.code];
    if (rule.status === 500) return unforeseen(error, log);
    if (rule.status > 500) log.warn({ code: error.code, error }, 'request could not be served');
    const fields = fieldsOf(error);
    return { code: error.code, detail: error.message, ...rule, ...(fields === null ? {} : { fields }) };
  }
  return bodyProblem(error) ?? unforeseen(error, log);
}

export function sendProblem(req: Request, res: Response, problem: Problem): void {
  if (problem.retryAfterSeconds !== undefined) res.set('Retry-After', String(problem.retryAfterSeconds));
  if (problem.status === 401) res.set('WWW-Authenticate', 'Bearer realm="authen-bridge"');
  const path = req.originalUrl.split('?', 1)[0] ?? '';
  if (isAgentPath(path)) {
    sendSpring(req, res, problem);
    return;
  }
  res.status(problem.status);
  if (/^\/fhir(\/|$)/.test(path)) {
    res.type('application/fhir+json').send(JSON.stringify(asOperationOutcome(problem)));
    return;
  }
  const { code, status, detail, next, fields, incident } = problem;
  const body = {
    type: `urn:authen-bridge:problem:${code}`,
    title: titleOf(status),
    status,
    code,
    detail,
    next,
    ...(fields === undefined ? {} : { fields }),
    ...(incident === undefined ? {} : { incident }),
    requestId: String(res.get('x-request-id')),
  };
  res.type('application/problem+json').send(JSON.stringify(body));
}

function fieldsOf(error: BridgeError): readonly FieldFault[] | null {
  if (error instanceof InvalidRequest) return error.fields;
  if (!isBridgeError(error, 'bad-input', 'certifier-card-missing', 'card-not-read', 'card-read-other-day'))
    return null;
  // the service and the ledger say it as "field: expected …"
  const [, field, expected] = /^([\w.[\]]+): (expected .+)$/s.exec(error.message) ?? [];
  return field === undefined || expected === undefined ? null : [{ field, expected }];
}

function unforeseen(error: unknown, log: Log): Problem {
  const incident = randomUUID();
  log.error({ incident, error }, 'unforeseen error in a request');
  const detail = 'Something went wrong inside the bridge.';
  return { code: 'internal', status: 500, detail, next: OURS.next, incident };
}

/** What express and its body parser throw, told by `status` and `type`. Their messages quote the body, ours do not. */
function bodyProblem(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null;
  const next = 'Put the request right and send it again.';
  switch (error.status) {
    case 413: {
      const kb = 'limit' in error && typeof error.limit === 'number' ? ` than ${error.limit / 1024} kB` : '';
      return { code: 'body-too-large', status: 413, detail: `The body is larger${kb}.`, next };
    }
    case 415:
      return {
        code: 'unsupported-media-type',
        status: 415,
        detail: 'Expected a body in UTF-8, not compressed.',
        next,
      };
    case 400: {
      const what =
        'type' in error ? 'body: expected one JSON object' : 'path: expected valid percent-encoding';
      return { code: 'bad-input', status: 400, detail: what, next };
    }
    default:
      return null;
  }
}

const ISSUE_TYPES: Record<number, OperationOutcomeIssue['code']> = {
  400: 'invalid',
  401: 'login',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-supported',
  406: 'not-supported',
  409: 'conflict',
  410: 'deleted',
  413: 'too-long',
  415: 'not-supported',
  422: 'processing',
  425: 'transient',
  426: 'not-supported',
  429: 'throttled',
  503: 'transient',
};

/** FHIR's word for what an HTTP status says. */
export function issueTypeOf(status: number): OperationOutcomeIssue['code'] {
  return ISSUE_TYPES[status] ?? 'exception';
}

/** The whole problem in one text, for where there is only one. */
export function problemText({ detail, incident, next }: Problem): string {
  return `${detail}${incident === undefined ? '' : ` (incident ${incident})`} ${next}`;
}

/** FHIR clients understand OperationOutcome only, so what the gate refuses under /fhir is told in it. */
function asOperationOutcome(problem: Problem): OperationOutcome {
  const code = issueTypeOf(problem.status);
  const diagnostics = problemText(problem);
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics }] };
}
