/** The gate in front of the FHIR facade. What the facade itself answers is tested in `fhir/`. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fhirRouter } from '../../src/http/fhir/router.ts';
import { SCOPE_NAMES } from '../../src/http/scopes.ts';
import { SAMPLE_HCODE, sampleCase } from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse({}, ({ ledger, clock, log }) => {
    const sites = [{ hcode: SAMPLE_HCODE, name: 'โรงพยาบาลทดสอบ' }];
    return fhirRouter({ ledger, clock, log, sites, publicUrl: 'http://127.0.0.1' });
  });
  await house.put(sampleCase());
});
afterAll(() => house.close());

test('only the CapabilityStatement is open', async () => {
  const { status, json, headers } = await house.ask('GET', '/fhir/metadata');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^application\/fhir\+json/);
  expect(json.resourceType).toBe('CapabilityStatement');
});

describe('everything else is closed, and says so in an OperationOutcome', () => {
  test.each([
    ['GET', '/fhir'],
    ['GET', '/fhir/'],
    ['GET', '/fhir/metadata/'],
    ['GET', '/fhir/metadata/x'],
    ['GET', '/fhir/Metadata'],
    ['GET', '/fhir//metadata'],
    ['POST', '/fhir/metadata'],
    ['GET', '/fhir/Patient'],
    ['HEAD', '/fhir/Patient'],
    ['OPTIONS', '/fhir/Patient'],
    ['GET', '/fhir/Patient/1'],
    ['POST', '/fhir/Patient/_search'],
    ['DELETE', '/fhir/Task/1'],
    ['GET', '/fhir/Nothing'],
  ])('%s %s', async (method, path) => {
    const none = await house.ask(method, path);
    expect(none.status).toBe(401);
    const scopes = SCOPE_NAMES.filter((scope) => scope !== 'fhir:read');
    const refused = await house.ask(method, path, { key: await house.key(scopes) });
    expect(refused.status).toBe(403);
    if (method === 'HEAD') return;
    expect(none.headers.get('content-type')).toMatch(/^application\/fhir\+json/);
    expect(none.json).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code: 'login' }],
    });
    expect(refused.json.issue[0].code).toBe('forbidden');
  });
});

test('a key of one site sees its own site, one of a station nothing', async () => {
  const total = async (hcode: string, stationId?: string) => {
    const key = await house.key(['fhir:read'], { hcode, ...(stationId === undefined ? {} : { stationId }) });
    const { status, json } = await house.ask('GET', '/fhir/Encounter?_total=accurate', { key });
    return status === 200 ? json.total : status;
  };
  expect(await total(SAMPLE_HCODE)).toBe(1);
  expect(await total(OTHER_HCODE)).toBe(0);
  expect(await total(SAMPLE_HCODE, 'counter-1')).toBe(403);
});

test('the log names the facade’s own route', async () => {
  const key = await house.key(['fhir:read']);
  await house.ask('GET', '/fhir/Encounter/unknown', { key, headers: { 'x-request-id': 'fhir-read' } });
  const line = house
    .logged()
    .split('\n')
    .find((l) => l.includes('fhir-read') && l.includes('"ms"'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ route: '/fhir/Encounter/{id}', status: 404 });
});
