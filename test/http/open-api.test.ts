import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bangkokIso } from '../../src/domain/bangkok.ts';
import { RESOURCE_TYPES } from '../../src/http/fhir/resource-types.ts';
import { fhirRouter } from '../../src/http/fhir/router.ts';
import { SCOPE_NAMES } from '../../src/http/scopes.ts';
import { SMALL_JPEG } from '../support/jpeg.ts';
import { sampleCandidate, sampleItems, sampleRun } from '../support/reconciliation-samples.ts';
import {
  SAMPLE_AT,
  SAMPLE_HCODE,
  sampleAsk,
  sampleCase,
  sampleCitizenId,
  sampleRead,
} from '../support/samples.ts';
import { type Answer, openHouse, type TestHouse } from './support/house.ts';

interface Operation {
  operationId: string;
  security: Record<string, string[]>[];
  parameters: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

let house: TestHouse;
let key: string;
let document: {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object };
};
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

beforeAll(async () => {
  house = await openHouse({}, ({ ledger, clock, log }) => {
    const sites = [{ hcode: SAMPLE_HCODE, name: 'โรงพยาบาลทดสอบ' }];
    return fhirRouter({ ledger, clock, log, sites, publicUrl: 'http://127.0.0.1' });
  });
  key = await house.key(SCOPE_NAMES);
  document = (await house.ask('GET', '/openapi.json', { key })).json;
});
afterAll(() => house.close());

function operationOf(method: string, path: string): Operation {
  const found = document.paths[path]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`${method} ${path} is not documented`);
  return found;
}

function validatorOf(schema: object): ValidateFunction {
  return ajv.compile({ allOf: [schema], components: document.components });
}

/** Asks, and holds the answer against what the document says of this status and media type. */
async function asDocumented(method: string, path: string, address: string, body?: unknown): Promise<Answer> {
  const answer = await house.ask(method, address, { key, ...(body === undefined ? {} : { body }) });
  const response = operationOf(method, path).responses[answer.status];
  expect(response, `${method} ${path} ${answer.status}`).toBeDefined();
  const mediaType = (answer.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
  const content = response?.content?.[mediaType];
  expect(content, `${method} ${path} ${answer.status} ${mediaType}`).toBeDefined();
  const validate = validatorOf(content?.schema ?? {});
  validate(answer.json ?? answer.text);
  expect(validate.errors).toBeNull();
  return answer;
}

describe('the document', () => {
  test('is OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  test('has every route, with the scope that it needs', () => {
    for (const { method, path, access } of house.routes) {
      const { security } = operationOf(method, path);
      if ('open' in access) expect(security).toEqual([]);
      else expect(security[0]?.bearer).toEqual(access.scope === 'any' ? [] : [access.scope]);
    }
  });

  test('has no path that is not there', async () => {
    let walked = 0;
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of Object.keys(operations)) {
        walked += 1;
        const address = path
          .replace('{hcode}', SAMPLE_HCODE)
          .replace('{vn}', '1')
          .replace('{resourceType}', 'Patient')
          .replace('{id}', 'x');
        const { status, text } = await house.ask(method.toUpperCase(), address, { key });
        expect([method, path, status]).not.toEqual([method, path, 405]);
        if (status === 404) expect(text).not.toContain('no such address');
      }
    }
    expect(walked).toBe(house.routes.length + 4);
  });

  test('names every parameter of an address', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
      for (const operation of Object.values(operations)) {
        const given = operation.parameters.filter((p) => p.in === 'path').map((p) => p.name);
        expect(given.sort()).toEqual(named.sort());
      }
    }
  });

  test('has unique operation ids and no reference into the void', () => {
    const ids = Object.values(document.paths).flatMap((o) => Object.values(o).map((one) => one.operationId));
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(10);
    for (const [, name] of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });
});

describe('real answers are as documented', () => {
  const vn = '691120083333';
  const cardRead = () => ({
    id: '5a3f0c1e-0000-4000-8000-0000000000aa',
    hcode: SAMPLE_HCODE,
    stationId: 'counter-1',
    pid: sampleCitizenId(1),
    readAt: bangkokIso(SAMPLE_AT),
    kind: 'full',
    claimTypes: sampleRead().claimTypes,
  });

  beforeAll(() => house.put(sampleCase({ vn })));

  test('card reads', async () => {
    const path = '/api/card-reads';
    const schema = operationOf('POST', path).requestBody?.content['application/json']?.schema ?? {};
    expect(validatorOf(schema)(cardRead())).toBe(true);
    expect(validatorOf(schema)({ ...cardRead(), kind: 'other' })).toBe(false);
    expect((await asDocumented('POST', path, path, cardRead())).status).toBe(201);
    expect((await asDocumented('POST', path, path, cardRead())).status).toBe(200);
    expect((await asDocumented('POST', path, path, {})).status).toBe(400);
    expect((await asDocumented('POST', path, path, { ...cardRead(), stationId: 'attic' })).status).toBe(403);
  });

  test('a photo, and what shows it', async () => {
    const photo = SMALL_JPEG.toString('base64');
    const { claimTypes: _, ...rest } = cardRead();
    const id = '5a3f0c1e-0000-4000-8000-0000000000ab';
    const body = { ...rest, id, kind: 'photo', phone: '0812345678', photo };
    expect((await asDocumented('POST', '/api/card-reads', '/api/card-reads', body)).status).toBe(201);
    const path = '/api/card-reads/{id}/photo';
    expect((await asDocumented('GET', path, `/api/card-reads/${id}/photo`)).status).toBe(200);
    expect((await asDocumented('GET', path, `/api/card-reads/${rest.id}/photo`)).status).toBe(404);
    expect((await asDocumented('GET', path, '/api/card-reads/x/photo')).status).toBe(400);
    const recent = '/api/card-reads/recent';
    const here = `${recent}?hcode=${SAMPLE_HCODE}&stationId=counter-1`;
    const cards = await asDocumented('GET', recent, here);
    expect([cards.status, cards.json.items.length]).toEqual([200, 1]);
    expect((await asDocumented('GET', recent, recent)).status).toBe(400);
    const certifier = { cardReadId: rest.id, role: 'officer', relation: 'พยาบาล', reason: 'ลืมบัตร' };
    const certified = { ...body, id: '5a3f0c1e-0000-4000-8000-0000000000ac', kind: 'certified', certifier };
    const refused = { ...certified, photo: null };
    expect((await asDocumented('POST', '/api/card-reads', '/api/card-reads', refused)).status).toBe(400);
    const early = {
      ...refused,
      certifier: { ...certifier, cardReadId: '5a3f0c1e-0000-4000-8000-0000000000ad' },
    };
    expect((await asDocumented('POST', '/api/card-reads', '/api/card-reads', early)).status).toBe(425);
  });

  test('cases', async () => {
    const one = '/api/cases/{hcode}/{vn}';
    const address = `/api/cases/${SAMPLE_HCODE}/${vn}`;
    expect((await asDocumented('GET', '/api/cases', '/api/cases?limit=1')).status).toBe(200);
    expect((await asDocumented('GET', '/api/cases', '/api/cases?limit=x')).status).toBe(400);
    const shown = await asDocumented('GET', one, `${address}?unmasked=true`);
    expect(shown.json.cardRead).not.toBeNull();
    expect(shown.json.history.length).toBeGreaterThan(0);
    expect((await asDocumented('GET', one, '/api/cases/99999/1')).status).toBe(404);
    expect((await asDocumented('POST', `${one}/resolve`, `${address}/resolve`, { action: 'x' })).status).toBe(
      400,
    );
    const closed = { action: 'close', reason: 'ทดสอบ' };
    expect((await asDocumented('POST', `${one}/resolve`, `${address}/resolve`, closed)).status).toBe(200);
    expect((await asDocumented('POST', `${one}/resolve`, `${address}/resolve`, closed)).status).toBe(409);
    expect((await asDocumented('POST', `${one}/retry`, '/api/cases/99999/1/retry')).status).toBe(404);
  });

  test('what clients have asked for', async () => {
    const path = '/api/client-asks';
    const beside = { ...sampleCandidate(), misfits: [], heldBy: null };
    const more = { state: 'issued', claimCode: 'PP1111111111', candidates: [beside] } as const;
    await house.ledger.doorAsks.begin(sampleAsk());
    await house.ledger.doorAsks.begin(sampleAsk({ pid: sampleCitizenId(2), ...more }));
    const shown = await asDocumented('GET', path, `${path}?limit=1&unmasked=true`);
    expect([shown.status, shown.json.items.length]).toEqual([200, 1]);
    expect((await asDocumented('GET', path, shown.json.next)).json.items).toHaveLength(1);
    expect((await asDocumented('GET', path, `${path}?needsPerson=true`)).json.items).toHaveLength(1);
    expect((await asDocumented('GET', path, `${path}?needsPerson=no`)).status).toBe(400);
  });

  test('reconciliations, as JSON and as CSV', async () => {
    const run = sampleRun();
    await house.ledger.reconciliations.begin(run);
    await house.ledger.reconciliations.putItems(run.id, sampleItems(), 1);
    const one = '/api/reconciliations/{id}';
    const list = await asDocumented('GET', '/api/reconciliations', '/api/reconciliations');
    expect(list.json.items).toHaveLength(1);
    expect((await asDocumented('GET', one, `/api/reconciliations/${run.id}`)).json.items).toHaveLength(7);
    const csv = await asDocumented('GET', one, `/api/reconciliations/${run.id}?format=csv`);
    expect([csv.status, csv.json]).toEqual([200, undefined]);
    expect((await asDocumented('GET', one, '/api/reconciliations/x')).status).toBe(404);
    expect((await asDocumented('GET', one, '/api/reconciliations/x?limit=0')).status).toBe(400);
  });

  test('health, readiness, figures, the document itself, FHIR', async () => {
    await asDocumented('GET', '/healthz', '/healthz');
    await asDocumented('GET', '/readyz', '/readyz');
    await asDocumented('GET', '/metrics', '/metrics');
    await asDocumented('GET', '/openapi.json', '/openapi.json');
    await asDocumented('GET', '/fhir/metadata', '/fhir/metadata');
    for (const type of RESOURCE_TYPES) {
      const found = await asDocumented('GET', '/fhir/{resourceType}', `/fhir/${type}`);
      expect([type, found.status]).toEqual([type, 200]);
    }
    const search = '/fhir/{resourceType}/_search';
    expect((await asDocumented('POST', search, '/fhir/Encounter/_search')).status).toBe(200);
    expect((await asDocumented('POST', search, '/fhir/Encounter/_search', { _id: 'x' })).status).toBe(415);
    expect((await asDocumented('GET', '/fhir/{resourceType}/{id}', '/fhir/Patient/nobody')).status).toBe(404);
  });
});
