import type { Bundle, OperationOutcome } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateResource } from '../../support/fhir-validator/index.ts';
import { sampleCase } from '../../support/samples.ts';
import { type Facade, KEY, openFacade, put } from './facade.ts';

let facade: Facade;

beforeAll(async () => {
  facade = await openFacade();
  await put(facade.ledger, sampleCase());
});
afterAll(() => facade.close());

describe('errors', () => {
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${facade.base}${path}`, { method, headers: { [KEY]: 'fhir:read', ...headers } });

  it.each([
    ['an unknown type', 404, '/Observation', {}],
    ['an id that is not there', 404, '/Encounter/10978-404', {}],
    ['an id that is no id', 404, '/Encounter/a_b', {}],
    ['a path that is no text', 400, '/Encounter/%E0%A4%A', {}],
    ['a date of no calendar', 400, '/Encounter?date=2026-02-31', {}],
    ['an unknown prefix', 400, '/Encounter?date=ap2026', {}],
    ['an unknown modifier', 400, '/Encounter?status:above=finished', {}],
    ['a wrong reference', 400, '/Encounter?patient=a/b/c', {}],
    ['a count that is none', 400, '/Encounter?_count=many', {}],
    ['too many values', 400, `/Encounter?_id=${'a,'.repeat(200)}`, {}],
    ['an AN', 422, '/Encounter?identifier=https://terms.sil-th.org/hcode/5/10978/AN%7C1', {}],
    ['an unknown parameter, strictly', 400, '/Encounter?colour=red', { prefer: 'handling=strict' }],
    ['another format', 406, '/Encounter?_format=xml', {}],
    ['another format in the header', 406, '/Encounter', { accept: 'application/fhir+xml' }],
    ['another version', 406, '/Encounter', { accept: 'application/fhir+json; fhirVersion=5.0' }],
  ] as const)('%s is %i', async (_what, status, path, headers) => {
    const answer = await get(path, headers);
    const outcome = (await answer.json()) as OperationOutcome;
    expect([answer.status, outcome.resourceType]).toEqual([status, 'OperationOutcome']);
    expect(validateResource(outcome)).toEqual([]);
    expect(answer.headers.get('content-type')).toContain('application/fhir+json');
  });

  it('tells what may be done where a method is not allowed', async () => {
    for (const [method, path, allow] of [
      ['POST', '/Encounter', 'GET, HEAD'],
      ['DELETE', '/Encounter/10978-1', 'GET, HEAD'],
      ['PUT', '/metadata', 'GET, HEAD'],
      ['GET', '/Encounter/_search', 'POST'],
    ] as const) {
      const answer = await get(path, {}, method);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
      expect(validateResource((await answer.json()) as OperationOutcome)).toEqual([]);
    }
  });

  it('leniently tells in the bundle what was not understood', async () => {
    const bundle = (await (await get('/Encounter?colour=red&_sort=colour')).json()) as Bundle;
    const told = (bundle.entry ?? []).filter((e) => e.search?.mode === 'outcome');
    const outcomes = told.map((e) => e.resource as OperationOutcome);
    expect(outcomes.map((o) => o.issue[0]?.diagnostics?.split(':', 1)[0])).toEqual(['_sort', 'colour']);
    expect(validateResource(bundle)).toEqual([]);
  });

  it('refuses a POST search that is no form', async () => {
    const answer = await fetch(`${facade.base}/Encounter/_search`, {
      method: 'POST',
      headers: { [KEY]: 'fhir:read', 'content-type': 'application/json' },
      body: '{}',
    });
    expect(answer.status).toBe(415);
  });

  it('says 503 and when to come back while the ledger is away, and shows nothing', async () => {
    const away = await openFacade();
    await away.ledger.close();
    const answer = await fetch(`${away.base}/Encounter`, { headers: { [KEY]: 'fhir:read' } });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(((await answer.json()) as OperationOutcome).issue[0]?.code).toBe('transient');
    await away.close();
  });
});
