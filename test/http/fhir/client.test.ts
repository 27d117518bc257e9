import { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleCase, sampleCitizenId } from '../../support/samples.ts';
import { type Facade, KEY, openFacade, put } from './facade.ts';

describe('smoke', () => {
  let f: Facade;
  beforeAll(async () => {
    f = await openFacade();
    await put(f.ledger, sampleCase());
  });
  afterAll(() => f.close());
  it('reads', async () => {
    const c = new Client({ baseUrl: f.base, customHeaders: { [KEY]: 'fhir:read' } });
    console.log(
      JSON.stringify(
        await c.search({
          resourceType: 'Encounter',
          searchParams: {
            _include: 'Encounter:patient',
            identifier: '691120083000',
            status: 'in-progress',
            date: 'le2026-11-20',
            class: 'AMB',
            foo: 'x',
          },
        }),
        null,
        1,
      ),
    );
    console.log(f.logged);
    const r = await fetch(`${f.base}/Encounter?date=ge2026-11-20T00:00:00Z&class:not=IMP`, {
      headers: { [KEY]: 'fhir:read' },
    });
    console.log(r.status, await r.text());
    expect(1).toBe(1);
  });
});
