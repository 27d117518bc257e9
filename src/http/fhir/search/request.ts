/** Sorts out a search as it was sent: what narrows it, what shapes the answer, and what nobody understands. */

import type { SearchSort } from '../../../service/ports/ledger.ts';
import { badParameter, FhirError } from '../outcome.ts';
import type { Along, ResourceDefinition } from '../resource-types.ts';
import type { Seal } from '../seal.ts';
import type { Pair } from './compile.ts';

const DEFAULT_COUNT = 50;
const MAX_COUNT = 200;
/** A search in a link of ours must fit into the request line of any server on the way. */
const MAX_SEARCH_BYTES = 6_000;

/** Shape the answer; every search takes them. */
const RESULT_PARAMETERS = ['_count', '_sort', '_include', '_revinclude', '_summary', '_total'] as const;
/** Say how to talk; they are no part of a search. */
const TALK_PARAMETERS = ['_format', '_pretty'];
/** In the `next` links that we make, and nowhere else. */
export const CURSOR = '_cursor';

export interface SearchRequest {
  /** As sent, without how to talk: what a `next` link must hold. */
  pairs: readonly Pair[];
  filters: readonly Pair[];
  count: number;
  /** Only the total is wanted. */
  countOnly: boolean;
  total: boolean;
  sort: SearchSort | null;
  /** What the matches bring along. */
  along: readonly Along[];
  ignored: string[];
  /** Where the page before ended; null for the first. */
  after: string | null;
}

export function readRequest(
  sent: readonly Pair[],
  type: string,
  definition: ResourceDefinition,
  seal: Seal,
): SearchRequest {
  const cursor = sent.find(([name]) => name === CURSOR)?.[1];
  const { pairs, after } =
    cursor === undefined
      ? { pairs: sent.filter(([name]) => !TALK_PARAMETERS.includes(name)), after: null }
      : openCursor(cursor, type, seal);
  if (Buffer.byteLength(JSON.stringify(pairs)) > MAX_SEARCH_BYTES) {
    throw new FhirError(400, `search: expected at most ${MAX_SEARCH_BYTES} bytes of parameters`);
  }
  const request: SearchRequest = {
    pairs,
    filters: pairs.filter(([name]) => !(RESULT_PARAMETERS as readonly string[]).includes(baseName(name))),
    count: DEFAULT_COUNT,
    countOnly: false,
    total: true,
    sort: null,
    along: [],
    ignored: [],
    after,
  };
  for (const [name, value] of pairs) shape(request, name, value, definition);
  return request;
}

/** What goes into a `next` or `self` link: unreadable, for the search may hold a citizen id. */
export function sealCursor(type: string, request: SearchRequest, after: string | null, seal: Seal): string {
  return seal.seal(JSON.stringify({ type, pairs: request.pairs, after }));
}

function openCursor(sealed: string, type: string, seal: Seal): { pairs: Pair[]; after: string | null } {
  const text = seal.open(sealed);
  const state =
    text === null ? null : (JSON.parse(text) as { type: string; pairs: Pair[]; after: string | null });
  if (state === null || state.type !== type) {
    throw new FhirError(410, `${CURSOR}: this link is not valid (any more); search again`, CURSOR);
  }
  return state;
}

function baseName(name: string): string {
  return name.split(':', 1)[0] ?? name;
}

function shape(request: SearchRequest, name: string, value: string, definition: ResourceDefinition): void {
  switch (name) {
    case '_count':
      if (!/^\d{1,9}$/.test(value)) throw badParameter('_count', 'expected a whole number from 0 on');
      request.count = Math.min(Number(value), MAX_COUNT);
      if (request.count === 0) request.countOnly = true;
      return;
    case '_summary':
      if (value === 'count') request.countOnly = true;
      else if (value !== 'false') request.ignored.push('_summary: only count and false are supported');
      return;
    case '_total':
      if (!['none', 'estimate', 'accurate'].includes(value)) {
        throw badParameter('_total', 'expected none, estimate or accurate');
      }
      request.total = value !== 'none';
      return;
    case '_sort': {
      const sort = Object.hasOwn(definition.sorts, value) ? definition.sorts[value] : undefined;
      if (sort === undefined) {
        const known = Object.keys(definition.sorts).join(', ') || 'nothing';
        request.ignored.push(`_sort: can sort by one of: ${known}`);
      } else request.sort = sort;
      return;
    }
    case '_include':
    case '_revinclude':
      include(request, name, value, definition);
      return;
    default:
      if ((RESULT_PARAMETERS as readonly string[]).includes(baseName(name))) {
        throw badParameter(baseName(name), 'modifiers such as :iterate are not supported here');
      }
  }
}

function include(
  request: SearchRequest,
  name: '_include' | '_revinclude',
  value: string,
  definition: ResourceDefinition,
): void {
  const table = name === '_include' ? definition.includes : definition.revincludes;
  // a third part names the target type, of which there is only one here
  const key = value.split(':').slice(0, 2).join(':');
  const type = Object.hasOwn(table, key) ? table[key] : undefined;
  if (type === undefined) {
    request.ignored.push(`${name}: known here are: ${Object.keys(table).join(', ') || 'none'}`);
    return;
  }
  request.along = [...new Set([...request.along, type])];
}
