/** Which form the answer takes: this facade speaks FHIR JSON 4.0 and says 406 to everything else. */

import type { Request } from 'express';
import { FhirError } from './outcome.ts';

const FORMATS = ['json', 'application/json', 'application/fhir+json', 'text/json'];

/** Throws FhirError 406. `_format` goes before the Accept header, as FHIR says. */
export function requireJson(req: Request, format: string | null): void {
  if (format !== null) {
    // a plus sign that was not escaped arrives as a space
    if (!FORMATS.includes(mediaType(format).replace(' ', '+')) || !isR4(format)) {
      throw new FhirError(406, '_format: expected json or application/fhir+json', '_format');
    }
    return;
  }
  const accept = req.get('accept');
  if (accept === undefined || accept.trim() === '') return;
  const wanted = accept.split(',').filter((range) => !/;\s*q=0(?:\.0*)?\s*(?:;|$)/i.test(range));
  if (!wanted.some((range) => isAcceptable(mediaType(range)) && isR4(range))) {
    throw new FhirError(406, 'Accept: expected application/fhir+json', 'Accept');
  }
}

/** `Prefer: handling=strict` makes what would be ignored an error. */
export function isStrict(req: Request): boolean {
  return /(?:^|[,;\s])handling=strict(?:$|[,;\s])/i.test(req.get('prefer') ?? '');
}

function mediaType(range: string): string {
  return (range.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function isAcceptable(type: string): boolean {
  return type === '*/*' || type === 'application/*' || type === 'text/*' || FORMATS.includes(type);
}

function isR4(range: string): boolean {
  const version = /;\s*fhirVersion\s*=\s*"?([^;"\s]+)/i.exec(range)?.[1];
  return version === undefined || version === '4.0' || version === '4.0.1';
}
