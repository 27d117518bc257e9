import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPE_NAMES } from '../../src/http/scopes.ts';
import { sampleRun } from '../support/reconciliation-samples.ts';
import { SAMPLE_HCODE, sampleCase } from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse({ limits: { failedAuth: 1_000 } });
  await house.put(sampleCase());
});
afterAll(() => house.close());

/** An address of the route with something in the place of its parameters. */
function addressOf(path: string): string {
  return path
    .replace('{hcode}', SAMPLE_HCODE)
    .replace('{vn}', sampleCase().vn)
    .replace('{id}', sampleRun().id);
}

/** Every route that Express itself knows, whoever put it there, but for those that refuse all other methods. */
function mounted(): { method: string; path: string }[] {
  const stack = house.app.router.stack;
  return stack.flatMap((layer) => {
    if (layer.route === undefined) return [];
    const { path, stack: handlers } = layer.route;
    const methods = new Set(handlers.map((h) => h.method).filter((m) => m !== undefined));
    if (methods.size > 10) return [];
    return [...methods].map((method) => ({ method, path: path.replace(/:(\w+)/g, '{$1}') }));
  });
}

describe('closed by default', () => {
  test('only health and readiness are open, each with its reason', () => {
    const open = house.routes.flatMap((r) => ('open' in r.access ? [[r.path, r.access.open] as const] : []));
    expect(open.map(([path]) => path).sort()).toEqual(['/healthz', '/readyz']);
    for (const [, why] of open) expect(why.length).toBeGreaterThan(20);
  });

  test('Express knows no route that the table does not', () => {
    const table = house.routes.map((r) => `${r.method} ${r.path}`).sort();
    expect(
      mounted()
        .map((m) => `${m.method} ${m.path}`)
        .sort(),
    ).toEqual(table);
  });

  test('every other route answers 401 without a key and 403 without its scope, whatever the method', async () => {
    let walked = 0;
    for (const { method, path, access } of house.routes) {
      if ('open' in access) continue;
      walked += 1;
      for (const verb of [method.toUpperCase(), 'PUT', 'OPTIONS']) {
        const none = await house.ask(verb, addressOf(path));
        expect([verb, path, none.status]).toEqual([verb, path, 401]);
        expect(none.json).toMatchObject({ code: 'unauthenticated', status: 401 });
        expect(none.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
      if (access.scope === 'any') continue;
      const others = await house.key(SCOPE_NAMES.filter((s) => s !== access.scope));
      const refused = await house.ask(method.toUpperCase(), addressOf(path), { key: others });
      expect([path, refused.status]).toEqual([path, 403]);
      expect(refused.text).toContain(access.scope);
    }
    expect(walked).toBeGreaterThanOrEqual(7);
  });

  test.each([
    '/',
    '/api',
    '/fhir/Patient',
    '/fhir/metadata',
    '/API/cases',
    '/api/cases/',
    '/console',
    '/healthz/',
    '/Healthz',
  ])('an address that is not in the table is closed too: %s', async (path) => {
    expect((await house.ask('GET', path)).status).toBe(401);
    const key = await house.key(SCOPE_NAMES);
    const answer = await house.ask('GET', path, { key });
    expect(answer.status).toBe(404);
  });

  test('the open ones need none', async () => {
    expect((await house.ask('GET', '/healthz')).status).toBe(200);
    expect([200, 503]).toContain((await house.ask('GET', '/readyz')).status);
  });
});

describe('keys', () => {
  test('work as Bearer and as X-Api-Key', async () => {
    const key = await house.key(['cases:read']);
    expect((await house.ask('GET', '/api/cases', { key })).status).toBe(200);
    expect((await house.ask('GET', '/api/cases', { headers: { 'x-api-key': key } })).status).toBe(200);
    expect(
      (await house.ask('GET', '/api/cases', { headers: { authorization: `bearer ${key}` } })).status,
    ).toBe(200);
    expect(
      (await house.ask('GET', '/api/cases', { headers: { authorization: `Basic ${key}` } })).status,
    ).toBe(401);
    expect((await house.ask('GET', `/api/cases?key=${key}`)).status).toBe(401);
  });

  test('rest in the ledger as a hash only', async () => {
    const key = await house.key(['cases:read']);
    const secret = key.split('_').slice(2).join('_');
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(JSON.stringify(await house.ledger.listKeys())).not.toContain(secret);
  });

  test('a right id with a wrong secret is refused, and the log holds neither', async () => {
    const own = await openHouse();
    try {
      const key = await own.key(['cases:read']);
      const id = key.split('_')[1];
      const wrong = `ab_${id}_${randomBytes(32).toString('base64url')}`;
      expect((await own.ask('GET', '/api/cases', { key: wrong })).status).toBe(401);
      expect((await own.ask('GET', '/api/cases', { key: `${key}x` })).status).toBe(401);
      expect((await own.ask('GET', '/api/cases', { key })).status).toBe(200);
      expect(own.logged()).not.toContain(key.slice(16));
      expect(own.logged()).not.toContain(wrong.slice(16));
    } finally {
      await own.close();
    }
  });

  test('a revoked one stops working within seconds', async () => {
    const key = await house.key(['cases:read']);
    expect((await house.ask('GET', '/api/cases', { key })).status).toBe(200);
    await house.ledger.revokeKey(key.split('_')[1] ?? '', house.parts.clock.now());
    house.wait(3_000);
    expect((await house.ask('GET', '/api/cases', { key })).status).toBe(401);
  });

  test('of one station send card reads and nothing else', async () => {
    const key = await house.key(SCOPE_NAMES, { hcode: SAMPLE_HCODE, stationId: 'counter-1' });
    for (const path of [
      '/api/cases',
      '/api/reconciliations',
      '/metrics',
      `/api/cases/${SAMPLE_HCODE}/${sampleCase().vn}`,
    ]) {
      expect((await house.ask('GET', path, { key })).status).toBe(403);
    }
    expect((await house.ask('POST', '/api/card-reads', { key, body: {} })).status).toBe(400);
    expect((await house.ask('GET', '/openapi.json', { key })).status).toBe(200);
  });

  test('of one site do not see the figures of all', async () => {
    const key = await house.key(['metrics:read'], { hcode: OTHER_HCODE });
    expect((await house.ask('GET', '/metrics', { key })).status).toBe(403);
  });
});

describe('pace', () => {
  test('who tries keys is turned away, while a good key works from the same address', async () => {
    const own = await openHouse({ limits: { failedAuth: 5 } });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 7; i++) {
        const guess = `ab_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`;
        statuses.push((await own.ask('GET', '/api/cases', { key: guess })).status);
      }
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
      const good = await own.key(['cases:read']);
      expect((await own.ask('GET', '/api/cases', { key: good })).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  test('a key that asks too often is told when to come back', async () => {
    const own = await openHouse({ limits: { perKey: 3 } });
    try {
      const [busy, calm] = [await own.key(['cases:read']), await own.key(['cases:read'])];
      for (let i = 0; i < 3; i++) await own.ask('GET', '/api/cases', { key: busy });
      const late = await own.ask('GET', '/api/cases', { key: busy });
      expect(late.status).toBe(429);
      expect(late.json.code).toBe('too-many-requests');
      expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await own.ask('GET', '/api/cases', { key: calm })).status).toBe(200);
    } finally {
      await own.close();
    }
  });
});

test('a ledger that is away gives 503, not 401', async () => {
  const own = await openHouse();
  const key = await own.key(['cases:read']);
  await own.ledger.close();
  const answer = await own.ask('GET', '/api/cases', { key });
  expect(answer.status).toBe(503);
  expect(answer.json.code).toBe('ledger-unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  await own.close();
});
