/** Runs a search and makes the Bundle. */

import { randomUUID } from 'node:crypto';
import type { Bundle, BundleEntry, FhirResource } from 'fhir/r4.js';
import type { SearchQuery } from '../../../service/ports/ledger.ts';
import { FhirError, issue } from '../outcome.ts';
import { definitionOf, type ResourceType } from '../resource-types.ts';
import type { Store, View } from '../store.ts';
import { ID } from '../systems.ts';
import { compile, type Group, type Pair } from './compile.ts';
import type { ParameterContext } from './parameter.ts';
import { CURSOR, readRequest, type SearchRequest, sealCursor } from './request.ts';

export interface SearchOptions {
  type: ResourceType;
  sent: readonly Pair[];
  /** `Prefer: handling=strict`. */
  strict: boolean;
  /** Address of the FHIR base. */
  base: string;
  view: View;
}

interface Found {
  matches: readonly FhirResource[];
  included: readonly FhirResource[];
  /** Mark of the next page. */
  next: string | null;
  total: number;
}

/** Throws FhirError 400, 403, 410 or 422, and what the ledger throws. */
export async function runSearch(store: Store, options: SearchOptions): Promise<Bundle> {
  const { type, view, base } = options;
  const definition = definitionOf(type);
  const request = readRequest(options.sent, type, definition, view.seal);
  const context: ParameterContext = { seal: view.seal, base, showCitizenIds: view.showCitizenIds };
  let found: Found;
  if (definition.kind === 'organization') {
    const { groups } = understood(compile(request.filters, definition.parameters, context), request, options);
    found = searchList(
      store.organizations(view).filter((o) => groups.every((g) => g.any.some((test) => test(o)) !== g.not)),
      request,
    );
  } else {
    const { groups } = understood(compile(request.filters, definition.parameters, context), request, options);
    const query = toQuery(definition.kind === 'case' ? definition.base : {}, groups);
    found =
      definition.kind === 'case'
        ? await searchCases(store, options, query, request)
        : await searchPatients(store, view, query, request);
  }
  return toBundle(found, request, options);
}

/** Lenient: what was not understood is told in the bundle. Strict: it is an error. */
function understood<Q>(
  compiled: { groups: Group<Q>[]; ignored: string[] },
  request: SearchRequest,
  { strict }: SearchOptions,
): { groups: Group<Q>[] } {
  request.ignored.push(...compiled.ignored);
  if (strict && request.ignored.length > 0) throw new FhirError(400, request.ignored.join('; '));
  return compiled;
}

function toQuery(base: SearchQuery, groups: readonly Group<SearchQuery>[]): SearchQuery {
  return {
    ...base,
    allOf: groups.filter((g) => !g.not).map((g) => g.any),
    noneOf: groups.filter((g) => g.not).flatMap((g) => g.any),
  };
}

function pageOf(request: SearchRequest) {
  return { limit: request.count, ...(request.after === null ? {} : { after: request.after }) };
}

async function searchCases(
  store: Store,
  { type, view }: SearchOptions,
  query: SearchQuery,
  request: SearchRequest,
): Promise<Found> {
  const definition = definitionOf(type);
  if (definition.kind !== 'case') throw new Error(`${type} is not kept one a visit`);
  const total = request.total || request.countOnly ? await store.countCases(query, view) : 0;
  if (request.countOnly) return { matches: [], included: [], next: null, total };
  const sort = request.sort === null ? {} : { sort: request.sort };
  const { items, next } = await store.cases(query, view, { ...pageOf(request), ...sort });
  const matches = items.flatMap((item) => definition.map(item, view) ?? []);
  const included: FhirResource[] = [];
  for (const item of items) {
    for (const along of request.along) {
      const resource = await store.along(item, along, view);
      if (resource !== null) included.push(resource);
    }
  }
  return { matches, included, next, total };
}

async function searchPatients(
  store: Store,
  view: View,
  query: SearchQuery,
  request: SearchRequest,
): Promise<Found> {
  const total = request.total || request.countOnly ? await store.countPatients(query, view) : 0;
  if (request.countOnly) return { matches: [], included: [], next: null, total };
  const { items, next } = await store.patients(query, view, pageOf(request));
  return { matches: items, included: [], next, total };
}

/** A list that never changes while the process lives: the mark is a place in it. */
function searchList(all: readonly FhirResource[], request: SearchRequest): Found {
  const from = request.after === null ? 0 : Number(request.after);
  const to = from + request.count;
  const matches = request.countOnly ? [] : all.slice(from, to);
  const more = !request.countOnly && to < all.length;
  return { matches, included: [], next: more ? String(to) : null, total: all.length };
}

function toBundle(found: Found, request: SearchRequest, { type, base, view }: SearchOptions): Bundle {
  const entry = (resource: FhirResource, mode: 'match' | 'include'): BundleEntry => ({
    fullUrl: `${base}/${resource.resourceType}/${resource.id ?? ''}`,
    resource,
    search: { mode },
  });
  const matches = found.matches.map((r) => entry(r, 'match'));
  const seen = new Set(matches.map((e) => e.fullUrl));
  const included = found.included
    .map((r) => entry(r, 'include'))
    .filter((e) => !seen.has(e.fullUrl) && seen.add(e.fullUrl));
  const told: BundleEntry[] = request.ignored.map((text) => ({
    // it has no address; some validators take an entry without fullUrl for a broken one (bdl-8)
    fullUrl: `urn:uuid:${randomUUID()}`,
    resource: issue('warning', 'not-supported', text),
    search: { mode: 'outcome' },
  }));
  const entries = [...matches, ...included, ...told];
  const link = (after: string | null) =>
    `${base}/${type}?${CURSOR}=${sealCursor(type, request, after, view.seal)}`;
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    ...(request.total || request.countOnly ? { total: found.total } : {}),
    link: [
      { relation: 'self', url: selfLink(request, type, base) ?? link(request.after) },
      ...(found.next === null ? [] : [{ relation: 'next', url: link(found.next) }]),
    ],
    ...(entries.length === 0 ? {} : { entry: entries }),
  };
}

/** The search as it was understood; null (and then sealed) where it could hold a citizen id, or is a later page. */
function selfLink(request: SearchRequest, type: string, base: string): string | null {
  if (request.after !== null) return null;
  // in a value, or as a name that nobody understands
  const holdsId = request.pairs.flat().some((text) => /\d{13}/.test(text.replace(/[\s-]/g, '')));
  if (holdsId || request.pairs.some(([, value]) => value.includes(ID.cid))) return null;
  const query = new URLSearchParams(
    request.pairs.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  return `${base}/${type}${query === '' ? '' : `?${query}`}`;
}

/** Patients in a bundle, to be audited one by one where they are shown with their citizen ids. */
export function patientsIn(bundle: Bundle): string[] {
  return (bundle.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'Patient' ? [`Patient/${resource.id ?? ''}`] : [],
  );
}
