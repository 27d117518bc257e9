/** What a search finds is what the resources say: every parameter is tried against resources read one by one. */

import fc from 'fast-check';
import type { Bundle, Coverage, Encounter, FhirResource, OperationOutcome, Task } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseDate } from '../../../src/http/fhir/search/values.ts';
import { validateResource } from '../../support/fhir-validator/index.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { anyCase } from './arbitrary.ts';
import { type Facade, KEY, openFacade, put } from './facade.ts';

// the first validation reads and compiles HL7's definitions: slow where many tests share a core
vi.setConfig({ testTimeout: 240_000 });

const CASES = 40;
const COUNT = '_count=200';

let facade: Facade;

beforeAll(async () => {
  facade = await openFacade();
  const sources = fc.sample(anyCase, { numRuns: CASES, seed: 20261120 });
  for (const [i, { case: c, read, found }] of sources.entries()) {
    const vn = `${c.vn}x${i}`;
    const id = `${read?.id ?? ''}${i}`;
    // a code is on one visit only; the ledger sees to that
    const code = c.code === null ? null : { ...c.code, claimCode: `PP${String(i).padStart(10, '0')}` };
    const visit = { ...c.visit, vn };
    // each visit is another person's: a found right is a person's
    const pid = sampleCitizenId(100 + i);
    const own = { ...c, vn, pid, visit: { ...visit, pid }, code, readId: read === null ? null : id };
    if (found !== null) await facade.ledger.rights.answered({ ...found, pid }, []);
    await put(facade.ledger, own, read === null ? null : { ...read, id });
  }
});
afterAll(() => facade.close());

async function get(path: string): Promise<{ status: number; body: FhirResource }> {
  const answer = await fetch(`${facade.base}/${path}`, { headers: { [KEY]: 'fhir:read pid:read' } });
  return { status: answer.status, body: (await answer.json()) as FhirResource };
}

async function find<T extends FhirResource>(path: string): Promise<T[]> {
  const { status, body } = await get(path);
  expect([status, path]).toEqual([200, path]);
  const bundle = body as Bundle;
  const found = (bundle.entry ?? []).flatMap((e) => (e.search?.mode === 'match' ? [e.resource as T] : []));
  expect(bundle.total).toBe(found.length);
  return found;
}

/** Asserts that the search finds exactly those of all resources for which the test holds. */
async function agrees<T extends FhirResource>(type: string, query: string, test: (r: T) => boolean) {
  const all = await find<T>(`${type}?${COUNT}`);
  const found = await find<T>(`${type}?${COUNT}&${query}`);
  const wanted = all.filter(test).map((r) => r.id);
  expect([query, found.map((r) => r.id).sort()]).toEqual([query, wanted.sort()]);
}

describe('a search agrees with the resources', () => {
  it.each(['in-progress', 'finished', 'cancelled', 'planned'])(
    'Encounter status %s, and not',
    async (code) => {
      await agrees<Encounter>('Encounter', `status=${code}`, (e) => e.status === code);
      await agrees<Encounter>('Encounter', `status:not=${code}`, (e) => e.status !== code);
    },
  );

  it.each(['AMB', 'IMP', 'EMER'])('Encounter class %s, and not', async (code) => {
    await agrees<Encounter>('Encounter', `class=${code}`, (e) => e.class.code === code);
    await agrees<Encounter>('Encounter', `class:not=${code}`, (e) => e.class.code !== code);
  });

  it('Encounters without a code', async () => {
    const system = 'https://terms.sil-th.org/id/th-nhso-claim-code';
    const has = (e: Encounter) => e.identifier?.some((id) => id.system === system) === true;
    await agrees<Encounter>('Encounter', `identifier=${system}%7C`, has);
    await agrees<Encounter>('Encounter', `identifier:not=${system}%7C`, (e) => !has(e));
  });

  it.each(['missing', 'retrying', 'nhso-down', 'needs-staff', 'obtained', 'closed'])(
    'Task business-status %s, and not',
    async (code) => {
      const is = (t: Task) => t.businessStatus?.coding?.[0]?.code === code;
      await agrees<Task>('Task', `business-status=${code}`, is);
      await agrees<Task>('Task', `business-status:not=${code}`, (t) => !is(t));
    },
  );

  it.each(['requested', 'ready', 'in-progress', 'on-hold', 'completed', 'failed', 'cancelled'])(
    'Task status %s',
    (code) => agrees<Task>('Task', `status=${code}`, (t) => t.status === code),
  );

  it.each(['UCS', 'OFC', 'SSS', 'OTH', 'WEL'])(
    'Coverage type %s, in any system and in each',
    async (code) => {
      const is = (system: string | null) => (c: Coverage) =>
        c.type?.coding?.some((k) => k.code === code && (system === null || k.system === system)) === true;
      await agrees<Coverage>('Coverage', `type=${code}`, is(null));
      await agrees<Coverage>('Coverage', `type:not=${code}`, (c) => !is(null)(c));
      for (const system of [
        'https://terms.sil-th.org/core/CodeSystem/cs-th-coverage-type',
        'urn:authen-bridge:cs:nhso-main-inscl',
      ]) {
        await agrees<Coverage>('Coverage', `type=${system}%7C${code}`, is(system));
      }
    },
  );

  it.each(['complete', 'partial', 'error'])('CoverageEligibilityResponse outcome %s', (code) =>
    agrees('CoverageEligibilityResponse', `outcome=${code}`, (r) => 'outcome' in r && r.outcome === code),
  );

  it('_lastUpdated by every prefix', async () => {
    const all = await find<Encounter>(`Encounter?${COUNT}`);
    const times = all.map((e) => Date.parse(e.meta?.lastUpdated ?? ''));
    const pivot = all[Math.floor(all.length / 2)]?.meta?.lastUpdated ?? '';
    const at = Date.parse(pivot);
    const by = {
      eq: (t: number) => t === at,
      ne: (t: number) => t !== at,
      gt: (t: number) => t > at,
      ge: (t: number) => t >= at,
      lt: (t: number) => t < at,
      le: (t: number) => t <= at,
      sa: (t: number) => t > at,
      eb: (t: number) => t < at,
    };
    expect(new Set(times).size).toBeGreaterThan(2);
    for (const [prefix, holds] of Object.entries(by)) {
      await agrees<Encounter>('Encounter', `_lastUpdated=${prefix}${encodeURIComponent(pivot)}`, (e) =>
        holds(Date.parse(e.meta?.lastUpdated ?? '')),
      );
    }
  });

  it('repeating is AND, a comma is OR', async () => {
    await agrees<Encounter>(
      'Encounter',
      'status=finished,cancelled&class=IMP',
      (e) => e.status !== 'in-progress' && e.class.code === 'IMP',
    );
    await agrees<Encounter>('Encounter', 'status=finished&status=cancelled', () => false);
  });

  it('every page and every resource is valid', async () => {
    for (const type of [
      'Patient',
      'Encounter',
      'Coverage',
      'CoverageEligibilityResponse',
      'Task',
      'Provenance',
    ]) {
      const { body } = await get(`${type}?_count=30`);
      expect(validateResource(body)).toEqual([]);
    }
  });

  it('whatever a search finds can be read by its id', async () => {
    for (const type of [
      'Patient',
      'Encounter',
      'Coverage',
      'CoverageEligibilityResponse',
      'Task',
      'Provenance',
      'Organization',
    ]) {
      for (const found of await find(`${type}?${COUNT}`)) {
        const read = await get(`${type}/${found.id ?? ''}`);
        expect(read).toEqual({ status: 200, body: found });
      }
    }
  });
});

describe('dates', () => {
  it.each([
    ['2026', '2025-12-31T17:00:00.000Z', '2026-12-31T17:00:00.000Z'],
    ['2026-02', '2026-01-31T17:00:00.000Z', '2026-02-28T17:00:00.000Z'],
    ['2026-12-31', '2026-12-30T17:00:00.000Z', '2026-12-31T17:00:00.000Z'],
    ['2026-11-20T08:30', '2026-11-20T01:30:00.000Z', '2026-11-20T01:31:00.000Z'],
    ['2026-11-20T08:30:15Z', '2026-11-20T08:30:15.000Z', '2026-11-20T08:30:16.000Z'],
    ['2026-11-20T08:30:15.5 07:00', '2026-11-20T01:30:15.500Z', '2026-11-20T01:30:15.501Z'],
  ])('%s covers %s to %s', (text, from, to) => {
    const span = parseDate(text, 'date');
    expect([new Date(span.from).toISOString(), new Date(span.to).toISOString()]).toEqual([from, to]);
  });
});

describe('whatever is asked', () => {
  const names = [
    '_id',
    '_lastUpdated',
    'identifier',
    'status',
    'class',
    'date',
    'patient',
    'subject',
    'type',
    'code',
    'business-status',
    'outcome',
    'encounter',
    'beneficiary',
    'name',
    '_count',
    '_sort',
    '_include',
    '_revinclude',
    '_summary',
    '_total',
    '_format',
    '_cursor',
    'patient.identifier',
    'x',
  ];
  const modifiers = ['', ':not', ':missing', ':Patient', ':exact', ':', ':constructor'];
  const values = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      'a|b',
      '|',
      '|||',
      ',',
      '\\',
      'a\\',
      'true',
      '0',
      '-1',
      '1e9',
      'ge2026-13',
      'sa2026-11-20T25:00',
      '9999',
      'ge9999-12-31',
      '0001',
      'Patient/1',
      'Patient/',
      'http://x/y',
      '__proto__',
      'Encounter:patient',
      '*',
      'constructor',
      '%',
      '\u0000',
      "' or 1=1 --",
    ),
  );
  const query = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...modifiers), values), {
    maxLength: 4,
  });

  it('is answered, or refused with a valid OperationOutcome: never a 5xx', async () => {
    const types = fc.constantFrom(
      'Patient',
      'Encounter',
      'Coverage',
      'CoverageEligibilityResponse',
      'Organization',
      'Task',
      'Provenance',
    );
    await fc.assert(
      fc.asyncProperty(types, query, fc.boolean(), fc.boolean(), async (type, parts, post, privileged) => {
        const sent = new URLSearchParams(
          parts.map(([n, m, v]): [string, string] => [`${n}${m}`, v]),
        ).toString();
        const headers = { [KEY]: privileged ? 'fhir:read pid:read' : 'fhir:read' };
        const answer = post
          ? await fetch(`${facade.base}/${type}/_search`, {
              method: 'POST',
              headers,
              body: new URLSearchParams(sent),
            })
          : await fetch(`${facade.base}/${type}?${sent}`, { headers });
        const body = (await answer.json()) as OperationOutcome | Bundle;
        expect(answer.status, facade.logged.join('\n')).toBeLessThan(500);
        expect(body.resourceType).toBe(answer.status < 300 ? 'Bundle' : 'OperationOutcome');
        if (body.resourceType === 'OperationOutcome') expect(validateResource(body)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('any path and any raw query too', async () => {
    const path = fc.oneof(
      fc.webPath(),
      fc.constantFrom(
        '/Patient/',
        '/Encounter//',
        '/%',
        '/Encounter/%2e%2e',
        '/metadata/x',
        '/Encounter/_search/1',
      ),
    );
    await fc.assert(
      fc.asyncProperty(path, fc.webQueryParameters(), async (at, search) => {
        const answer = await fetch(`${facade.base}${at}?${search}`, { headers: { [KEY]: 'fhir:read' } });
        const body = (await answer.json()) as FhirResource;
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400) expect(validateResource(body)).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(facade.logged).toEqual([]);
  });
});
