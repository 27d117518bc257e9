/**
 * A route: its address, who may call it, what goes in and out (as schemas), and its handler. One value holds all of it,
 * so that the gate, the checks, the OpenAPI document and the tests cannot disagree.
 */

import type { Request, Response } from 'express';
import { z } from 'zod';
import { maskCitizenIds } from '../domain/citizen-id.ts';
import { type FieldFault, InvalidRequest } from './problem.ts';
import type { Scope } from './scopes.ts';

/**
 * `narrowest` says how narrowly bound a key may be: `station` admits keys that speak for one counter, `site` those of one
 * site (the handler then keeps to that site), `all` only keys that are not bound.
 */
export type Access = { open: string } | { scope: Scope | 'any'; narrowest: 'station' | 'site' | 'all' };

export interface Answer {
  description: string;
  schema?: z.ZodType;
  /** `application/json` unless said otherwise. */
  mediaType?: string;
  /** What it can be had as besides, by media type. */
  others?: Readonly<Record<string, z.ZodType>>;
}

/** What the document and the gate need to know of a route. */
export interface RouteDoc {
  operationId: string;
  method: 'get' | 'post';
  /** OpenAPI form: `/api/cases/{hcode}/{vn}`. */
  path: string;
  access: Access;
  tag: string;
  summary: string;
  description?: string;
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType;
  /** `application/json` unless said otherwise. */
  bodyType?: string;
  /** Bytes; 256 kB unless said otherwise. */
  bodyLimit?: number;
  /** By status; what the gate and the checks may answer besides is added by the document. */
  answers: Readonly<Record<number, Answer>>;
  /** Statuses of problems that no other route has. */
  problems?: readonly number[];
}

export interface Route extends RouteDoc {
  serve(req: Request, res: Response): Promise<void>;
}

interface RouteSpec<Params, Query, Body> extends Omit<RouteDoc, 'params' | 'query' | 'body'> {
  params: z.ZodType<Params>;
  query: z.ZodType<Query>;
  body: z.ZodType<Body>;
  handle(input: Input<Params, Query, Body>): Promise<void> | void;
}

export interface Input<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  req: Request;
  res: Response;
}

/** For a part that a route does not use; anything sent there is refused. */
export const NOTHING = z.strictObject({});
/** For a query that is not looked at: probes and scrapers add what they like. */
export const ANYTHING = z.looseObject({});

/** Enough to put a message right; a body can hold thousands. */
const MOST_FAULTS = 20;

/** Checks first, then handles: a handler sees only what its schemas have let through. */
export function route<Params, Query, Body>(spec: RouteSpec<Params, Query, Body>): Route {
  const { handle, ...doc } = spec;
  return {
    ...doc,
    async serve(req, res) {
      const faults: FieldFault[] = [];
      const params = check(spec.params, req.params, faults);
      const query = check(spec.query, { ...req.query }, faults);
      const body = check(spec.body, req.body ?? {}, faults);
      if (params === null || query === null || body === null) {
        throw new InvalidRequest(faults.slice(0, MOST_FAULTS));
      }
      await handle({ params: params.value, query: query.value, body: body.value, req, res });
    },
  };
}

function check<T>(schema: z.ZodType<T>, value: unknown, faults: FieldFault[]): { value: T } | null {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  faults.push(...result.error.issues.flatMap(faultsOf));
  return null;
}

function faultsOf(issue: z.core.$ZodIssue): FieldFault[] {
  const field = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      // masked first: twelve of the digits tell the thirteenth
      field: pathText([...issue.path, maskCitizenIds(key).slice(0, 40)]),
      expected: 'expected no such field',
    }));
  }
  return [{ field, expected: issue.message }];
}

/** A name that is none (empty, with blanks or control characters) is told in quotes. */
function part(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`;
  const name = String(key);
  return /^[\w$-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map(part).join('');
  return text === '' ? 'body' : text.replace(/^\./, '');
}
