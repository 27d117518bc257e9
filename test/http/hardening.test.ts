import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SAMPLE_HCODE, sampleCase, sampleCitizenId } from '../support/samples.ts';
import { openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
let key: string;
beforeAll(async () => {
  house = await openHouse();
  key = await house.key(['card-reads:write', 'cases:read', 'cases:write']);
});
afterAll(() => house.close());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  house.ask('POST', '/api/card-reads', { key, body, headers });

describe('bodies', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/xml',
    'multipart/form-data; boundary=x',
    '',
  ])('of type "%s" are 415', async (type) => {
    const answer = await post('{}', { 'content-type': type });
    expect(answer.status).toBe(415);
    expect(answer.json.code).toBe('unsupported-media-type');
  });

  test('with a charset in the type are JSON too; another charset or packing is 415', async () => {
    expect((await post({}, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(400);
    expect((await post({}, { 'content-type': 'application/json; charset=tis-620' })).status).toBe(415);
    expect((await post({}, { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  test('above 256 kB are 413', async () => {
    const decide = (length: number) =>
      house.ask('POST', `/api/cases/${SAMPLE_HCODE}/1/resolve`, { key, body: { x: 'x'.repeat(length) } });
    expect((await decide(250_000)).status).toBe(400);
    const answer = await decide(270_000);
    expect(answer.status).toBe(413);
    expect(answer.json.code).toBe('body-too-large');
  });

  test('with a card read, which may bring a photo, above 1.5 MB', async () => {
    expect((await post({ x: 'x'.repeat(1_500_000) })).status).toBe(400);
    const answer = await post({ x: 'x'.repeat(1_600_000) });
    expect(answer.status).toBe(413);
    expect(answer.json.detail).toContain('1536 kB');
  });

  test('that are no JSON are 400, and are not quoted', async () => {
    const answer = await post('{"pid": "hidden-word');
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('hidden-word');
    expect(house.logged()).not.toContain('hidden-word');
  });

  test('of a stranger are not read', async () => {
    const answer = await house.ask('POST', '/api/card-reads', { body: '{"x', headers: {} });
    expect(answer.status).toBe(401);
  });
});

describe('methods', () => {
  test('that a route has not are 405 with those that it has', async () => {
    const answer = await house.ask('DELETE', '/api/cases', { key });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    expect((await house.ask('GET', '/api/card-reads', { key })).headers.get('allow')).toBe('POST');
  });

  test('HEAD is GET without a body, behind the same gate', async () => {
    expect((await house.ask('HEAD', '/api/cases')).status).toBe(401);
    const answer = await house.ask('HEAD', '/api/cases', { key });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });
});

describe('headers', () => {
  test('say nothing of the program and forbid what a browser could do', async () => {
    const { headers } = await house.ask('GET', '/api/cases', { key });
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('etag')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'");
  });

  test('a harmless request id is kept, any other replaced', async () => {
    const idFor = async (id: string) =>
      (await house.ask('GET', '/healthz', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idFor('visit-17.a_b')).toBe('visit-17.a_b');
    for (const bad of [sampleCitizenId(1), 'x'.repeat(65), 'a b', '<x>']) {
      expect(await idFor(bad)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('what nobody foresaw', () => {
  test('is a 500 with an incident that only the log explains', async () => {
    const own = await openHouse();
    const ownKey = await own.key(['cases:read']);
    own.parts.ledger.listCases = () =>
      Promise.reject(new TypeError(`lost ${sampleCitizenId(1)} at /srv/x.ts`));
    const { status, json, text } = await own.ask('GET', '/api/cases', { key: ownKey });
    expect(status).toBe(500);
    expect(json.code).toBe('internal');
    expect(text).not.toMatch(/lost|TypeError|\.ts|node_modules/);
    const line = own
      .logged()
      .split('\n')
      .find((l) => l.includes(json.incident));
    expect(line).toContain('lost 9-xxxx');
    expect(line).not.toContain(sampleCitizenId(1));
    await own.close();
  });
});

test('the log has a line for each request, with template, status and time, and no query', async () => {
  await house.put(sampleCase({ vn: '777' }));
  await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/777?unmasked=false&x=${sampleCitizenId(2)}`, {
    key,
    headers: { 'x-request-id': 'look-for-me' },
  });
  const line = house
    .logged()
    .split('\n')
    .find((l) => l.includes('look-for-me'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    level: 'info',
    method: 'GET',
    route: '/api/cases/{hcode}/{vn}',
    status: 400,
    ms: expect.any(Number),
    key: key.split('_')[1],
  });
  expect(line).not.toContain('unmasked');
  expect(house.logged()).not.toMatch(/\b99\d{11}\b/);
});
