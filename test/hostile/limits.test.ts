/**
 * What one request may be, on each route of the OpenAPI document: a route that is new is held to it by itself.
 */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fhirRouter } from '../../src/http/fhir/router.ts';
import { SCOPE_NAMES } from '../../src/http/scopes.ts';
import { type Answer, openHouse, type TestHouse } from '../http/support/house.ts';
import { SAMPLE_HCODE, sampleCase } from '../support/samples.ts';
import { sendRaw } from './raw-client.ts';

interface Operation {
  method: string;
  path: string;
  /** An address of the route. */
  at: string;
  open: boolean;
  /** Media type of the body that it takes; null when it takes none. */
  takes: string | null;
}

const HOUSE_LIMITS = { perKey: 1e6, open: 1e6, failedAuth: 1e6 };
/** Above the limit of every route, and below the buffers of a line. */
const TOO_MUCH = 'x'.repeat(300_000);

let house: TestHouse;
let key: string;
let operations: readonly Operation[];
beforeAll(async () => {
  house = await openWith(HOUSE_LIMITS);
  await house.put(sampleCase());
  key = await house.key(SCOPE_NAMES);
  operations = await operationsOf(house, key);
});
afterAll(() => house.close());

function openWith(limits: typeof HOUSE_LIMITS): Promise<TestHouse> {
  return openHouse({ limits }, ({ ledger, clock, log }) =>
    fhirRouter({ ...{ ledger, clock, log, publicUrl: 'http://127.0.0.1' }, sites: [] }),
  );
}

type Documented = Record<string, { security: object[]; requestBody?: { content: object } }>;

async function operationsOf(from: TestHouse, withKey: string): Promise<Operation[]> {
  const { paths } = (await from.ask('GET', '/openapi.json', { key: withKey })).json as {
    paths: Record<string, Documented>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, requestBody }]) => ({
      ...{ method: method.toUpperCase(), path, open: security.length === 0 },
      at: path
        .replace('{hcode}', SAMPLE_HCODE)
        .replace('{vn}', sampleCase().vn)
        .replace('{resourceType}', 'Encounter')
        .replace('{id}', `${SAMPLE_HCODE}-${sampleCase().vn}`),
      takes: Object.keys(requestBody?.content ?? {})[0] ?? null,
    })),
  );
}

const ask = (
  { method, at }: Operation,
  body?: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) =>
  fetch(`${house.url}${at}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });

describe('each route', () => {
  test('stands in the document, FHIR too', () => {
    expect(operations.length).toBe(house.routes.length + 4);
    expect(operations.some((o) => o.takes === 'application/x-www-form-urlencoded')).toBe(true);
  });

  test('headers above 8 kB are 431', async () => {
    for (const o of operations) {
      expect([o.path, (await ask(o, undefined, { x: 'x'.repeat(9_000) })).status]).toEqual([o.path, 431]);
    }
  });

  test('a key that nobody made is 401, and so is none', async () => {
    const made = `ab_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`;
    for (const { method, at, open } of operations) {
      for (const asked of [{}, { key: made }]) {
        const { status } = await house.ask(method, at, asked);
        if (open) expect([at, status]).not.toEqual([at, 401]);
        else expect([at, status]).toEqual([at, 401]);
      }
    }
  });

  test('another method is 405 with those that there are', async () => {
    for (const { at } of operations) {
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        const answer = await house.ask(method, at, { key });
        // of what is open to everybody nobody needs to know more than that it is there
        expect([method, at, answer.status]).toEqual([method, at, 405]);
        expect(answer.headers.get('allow')).toMatch(/GET|POST/);
      }
    }
  });
});

describe('each route that takes a body', () => {
  const taking = () => operations.filter((o) => o.takes !== null);

  test('none above its limit: 413, announced or not', async () => {
    expect(taking().length).toBeGreaterThanOrEqual(4);
    for (const o of taking()) {
      const type = { 'content-type': o.takes ?? '' };
      // a card read may bring a photo, and nothing else may
      const isLarge = o.path === '/api/card-reads';
      const tooMuch = isLarge ? 'x'.repeat(1_600_000) : TOO_MUCH;
      const announced = await ask(o, tooMuch, type);
      expect([o.path, announced.status]).toEqual([o.path, 413]);
      const said = await announced.text();
      expect(said).toMatch(isLarge ? /larger than 1536 kB/ : /larger than (256|64) kB/);
      const head = `POST ${o.at} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: ${o.takes}\r\n`;
      const chunked = `${head}transfer-encoding: chunked\r\n\r\n${tooMuch.length.toString(16)}\r\n${tooMuch}\r\n0\r\n\r\n`;
      expect([o.path, (await sendRaw(house.url, chunked, 5_000)).status]).toEqual([o.path, 413]);
    }
  });

  test('none of another type or charset, and none that is packed: 415', async () => {
    const types = [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'text/json',
      '*/*',
      '',
    ];
    for (const o of taking()) {
      for (const type of types) {
        const answer = await ask(o, '{"x":1}', { 'content-type': type });
        expect([o.path, type, answer.status]).toEqual([o.path, type, 415]);
      }
      const oddCharset = await ask(o, 'x', { 'content-type': `${o.takes}; charset=x-none` });
      expect([o.path, oddCharset.status]).toEqual([o.path, 415]);
      const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
      const packed = await ask(o, bomb, { 'content-type': o.takes ?? '', 'content-encoding': 'gzip' });
      expect([o.path, packed.status]).toEqual([o.path, 415]);
    }
  });
});

test('a body where none is taken is not kept, and the next request on the line is answered', async () => {
  for (const o of operations.filter((one) => one.takes === null)) {
    const head = `GET ${o.at} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n`;
    const with300kB = `${head}content-length: ${TOO_MUCH.length}\r\n\r\n${TOO_MUCH}`;
    const { status } = await sendRaw(house.url, with300kB, 5_000);
    expect([o.at, status]).not.toEqual([o.at, null]);
  }
  expect((await house.ask('GET', '/healthz')).status).toBe(200);
});

describe('each route keeps the pace', () => {
  const tooMany = ({ status, headers }: Answer) => {
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  };

  test('of a key, of an address without one, and of who tries keys: 429 with Retry-After', async () => {
    const own = await openWith({ perKey: 2, open: 2, failedAuth: 2 });
    try {
      for (const { method, at, open } of operations) {
        const fresh = await own.key(SCOPE_NAMES);
        for (let i = 0; i < 2; i++) await own.ask(method, at, { key: fresh });
        tooMany(await own.ask(method, at, { key: fresh }));
        if (open) continue;
        for (let i = 0; i < 2; i++) await own.ask(method, at, { key: 'no key' });
        tooMany(await own.ask(method, at, { key: 'no key' }));
      }
    } finally {
      await own.close();
    }
  });
});
