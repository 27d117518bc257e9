/** The one door from an error to an OperationOutcome. What nobody foresaw is logged and told no further. */

import type { NextFunction, Request, Response } from 'express';
import type { OperationOutcome, OperationOutcomeIssue } from 'fhir/r4.js';
import { BridgeError } from '../../domain/bridge-error.ts';
import { maskCitizenIds } from '../../domain/citizen-id.ts';
import type { Log } from '../../service/ports/log.ts';
import { issueTypeOf, problemText, toProblem } from '../problem.ts';

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';

export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 406 | 410 | 415 | 422;

/** A request that FHIR's own rules refuse. `parameter`: the search parameter or header that was wrong. */
export class FhirError extends BridgeError {
  readonly status: RefusalStatus;
  readonly parameter: string | null;

  constructor(status: RefusalStatus, message: string, parameter: string | null = null) {
    super(status === 404 ? 'not-found' : 'bad-input', message, { retry: 'no' });
    this.name = 'FhirError';
    this.status = status;
    this.parameter = parameter;
  }
}

/** A search parameter whose value is not as FHIR writes it. The value itself is not repeated: it may be a citizen id. */
export function badParameter(name: string, expected: string): FhirError {
  return new FhirError(400, `${name}: ${expected}`, name);
}

export function issue(
  severity: 'error' | 'warning',
  code: OperationOutcomeIssue['code'],
  diagnostics: string,
  parameter: string | null = null,
): OperationOutcome {
  // FHIR writes the place of a fault in an HTTP parameter as "http." and its name
  const expression = parameter === null ? {} : { expression: [`http.${nameable(parameter)}`] };
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity, code, diagnostics: nameable(diagnostics), ...expression }],
  };
}

/** Text of a caller, made fit to be told back: no citizen id, no control characters, not endless. */
function nameable(text: string): string {
  const kept = maskCitizenIds(text)
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 500);
  return kept === '' ? '?' : kept;
}

/** Express's error handler for everything under the FHIR base. */
export function outcomeErrorHandler(log: Log) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) {
      next(error);
      return;
    }
    if (error instanceof FhirError) {
      if (error.status === 401) res.set('WWW-Authenticate', 'Bearer realm="authen-bridge"');
      sendOutcome(
        res,
        error.status,
        issue('error', issueTypeOf(error.status), error.message, error.parameter),
      );
      return;
    }
    const problem = toProblem(error, log);
    if (problem.retryAfterSeconds !== undefined) res.set('Retry-After', String(problem.retryAfterSeconds));
    sendOutcome(res, problem.status, issue('error', issueTypeOf(problem.status), problemText(problem)));
  };
}

function sendOutcome(res: Response, status: number, outcome: OperationOutcome): void {
  res.status(status).set('Content-Type', FHIR_JSON).send(JSON.stringify(outcome));
}
