/**
 * Whatever comes in over HTTP: an answer or a refusal that says what was expected where, soon, without anybody's citizen
 * id, and nothing in the log that nobody foresaw. The real app and server on a real ledger, whichever; a rejection that
 * nobody handles fails the run by itself. Run by `http.test.ts`.
 */

import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fhirRouter } from '../../src/http/fhir/router.ts';
import { openHouse, type TestHouse } from '../http/support/house.ts';
import { SMALL_JPEG } from '../support/jpeg.ts';
import { sampleItem, sampleItems, sampleRun } from '../support/reconciliation-samples.ts';
import { SAMPLE_AT, SAMPLE_HCODE, sampleCase, sampleRead } from '../support/samples.ts';
import { evilText, mutated, PERSON, spoiltText } from './evil.ts';
import { sendRaw } from './raw-client.ts';

/** No single request may take longer, on a machine that does other things too. */
const BOUND_MS = 5_000;
/** Twelve digits tell the thirteenth. */
const TELLING = PERSON.slice(0, 12);
const CASES = 20;
const NO_LIMIT = { perKey: 1e6, open: 1e6, failedAuth: 1e6 };

/** `store`: the ledger's address, known once the tests run. */
export function hostileHttp(store: () => string): void {
  let house: TestHouse;
  let key: string;
  beforeAll(async () => {
    house = await openHouse({ store: store(), limits: NO_LIMIT }, ({ ledger, clock, log }) =>
      fhirRouter({
        ...{ ledger, clock, log, publicUrl: 'http://127.0.0.1' },
        sites: [{ hcode: SAMPLE_HCODE, name: 'โรงพยาบาลทดสอบ' }],
      }),
    );
    key = await house.key(['card-reads:write', 'cases:read', 'cases:write', 'fhir:read', 'metrics:read']);
    const cases = Array.from({ length: CASES }, (_, i) => sampleCase({ vn: `h${i}`, pid: PERSON }));
    await house.put(...cases);
    await putRun();
  });
  afterAll(() => house.close());

  const RUN = '20261119-10978-hostil';

  /** What the HIS and NHSO may have said stands in it. */
  async function putRun(): Promise<void> {
    const runs = house.ledger.reconciliations;
    await runs.begin(sampleRun({ id: RUN, trouble: `NHSO: ${PERSON}` }));
    const evil = sampleItem(9, 'missing', {
      vn: '=1+1',
      hn: '\u202e"\r\n,',
      detail: `x ${PERSON}\u0007`,
    });
    await runs.putItems(RUN, [...sampleItems(), evil], 1);
  }

  afterEach(async () => {
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200);
    expect(house.logged()).not.toContain('unforeseen');
    expect(house.logged()).not.toContain(TELLING);
  });

  interface Seen {
    status: number | null;
    text: string;
  }

  /** Times the request and holds its answer against what every answer must be. */
  async function judged(request: Promise<Seen>): Promise<number | null> {
    const begun = performance.now();
    const { status, text } = await request;
    expect(performance.now() - begun).toBeLessThan(BOUND_MS);
    expect(text).not.toContain(TELLING);
    if (status === null || status < 400) return status;
    // the house does not poll; its agents are away, and a code that a person names is looked up there
    if (status >= 500)
      expect([status, text]).toEqual([503, expect.stringMatching(/"ready":false|agent-unreachable/)]);
    const body = text.slice(text.indexOf('{'));
    if (status === 400 && body.startsWith('{"')) expect(saidBy(JSON.parse(body))).toMatch(/\S+: \S+/);
    return status;
  }

  function saidBy(json: { detail?: string; issue?: { diagnostics: string }[] }): string {
    return json.detail ?? json.issue?.[0]?.diagnostics ?? '';
  }

  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${house.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body,
    }).then(async (answer) => ({ status: answer.status, text: await answer.text() }));

  const get = (target: string, headers = '') =>
    sendRaw(
      house.url,
      `GET ${target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n${headers}\r\n`,
      BOUND_MS,
    );

  /** A good body of every route that takes one; a new route fails here until it has its own. */
  const { claimTypes, right, person } = sampleRead();
  const read = {
    id: '5a3f0c1e-0000-4000-8000-0000000000aa',
    ...{ hcode: SAMPLE_HCODE, stationId: 'counter-1', pid: PERSON, kind: 'full' },
    readAt: new Date(SAMPLE_AT).toISOString(),
    ...{ correlationId: 'c-1', claimTypes, person },
    right: right && { ...right, startDateTime: '2019-10-01T00:00:00+07:00' },
  };
  const { id, hcode, stationId, readAt } = read;
  const withoutCard = { id, hcode, stationId, pid: PERSON, readAt, phone: '0812345678' };
  const certifier = { cardReadId: id, role: 'carer', relation: 'บุตร', reason: 'ลืมบัตร' };
  const certified = { ...withoutCard, kind: 'certified', certifier };
  const photographed = { ...withoutCard, kind: 'photo', photo: SMALL_JPEG.toString('base64') };
  const GOOD: Readonly<Record<string, readonly unknown[]>> = {
    sendCardRead: [read, certified, photographed],
    retryCase: [{}, { by: 'สมหญิง' }],
    resolveCase: [
      { action: 'give-phone', mobile: '0812345678', by: 'x' },
      { action: 'choose-claim-type', claimType: 'PG0060001' },
      { action: 'adopt-code', claimCode: 'PP1234567890' },
      { action: 'close', reason: 'ทดสอบ' },
    ],
  };

  const vn = fc.nat({ max: CASES - 1 }).map((n) => `h${n}`);
  const filledIn = (path: string, number: string) =>
    path.replace('{hcode}', SAMPLE_HCODE).replace('{vn}', encodeURIComponent(number)).replace('{id}', RUN);

  describe('bodies', () => {
    // what a client sends to the agent is the agent's to refuse: see agent-api.test.ts
    const posts = () => house.routes.filter((r) => r.method === 'post' && r.tag !== 'Agent');

    test('every route that takes one is tried here, and takes the good one', async () => {
      expect(
        posts()
          .map((r) => r.operationId)
          .sort(),
      ).toEqual(Object.keys(GOOD).sort());
      expect((await post('/api/card-reads', JSON.stringify(read))).status).toBe(201);
    });

    test('good ones that were changed', async () => {
      const seen = new Set<number | null>();
      for (const { operationId, path } of posts()) {
        const changed = fc.constantFrom(...(GOOD[operationId] ?? [])).chain(mutated);
        await fc.assert(
          fc.asyncProperty(changed, vn, async (body, number) => {
            seen.add(await judged(post(filledIn(path, number), JSON.stringify(body) ?? '')));
          }),
          { numRuns: 150 },
        );
      }
      // both a yes and a no, or the changes were too few or too many
      expect([...seen].filter((s) => s !== null && s < 300)).not.toEqual([]);
      expect(seen).toContain(400);
    });

    test('a citizen id as a field’s name, also where the name is cut', async () => {
      for (const { path } of posts()) {
        for (const before of ['', 'x', 'y'.repeat(28), 'y'.repeat(35)]) {
          expect(await judged(post(filledIn(path, 'h1'), JSON.stringify({ [before + PERSON]: 1 })))).toBe(
            400,
          );
        }
      }
    });

    test('texts that were spoilt', async () => {
      for (const { operationId, path } of posts()) {
        const spoilt = fc.constantFrom(...(GOOD[operationId] ?? [])).chain(spoiltText);
        await fc.assert(
          fc.asyncProperty(spoilt, vn, async (text, number) => {
            await judged(post(filledIn(path, number), text));
          }),
          { numRuns: 80 },
        );
      }
    });

    test('bytes of any kind, of any type, packed or not', async () => {
      const type = fc.oneof(
        fc.constantFrom(
          ...['application/json', 'application/json; charset=utf-16', 'application/json;charset="'],
          ...[
            'application/fhir+json',
            'text/json',
            'multipart/form-data',
            'a',
            '/',
            ';',
            'application/json, a/b',
          ],
          ...['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded;charset=tis-620'],
        ),
        fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
      );
      const packing = fc.constantFrom('identity', 'gzip', 'br', 'deflate', 'x', 'gzip, gzip');
      const path = fc.constantFrom(...posts().map((r) => filledIn(r.path, 'h1')), '/fhir/Patient/_search');
      const bytes = fc.uint8Array({ maxLength: 400 });
      await fc.assert(
        fc.asyncProperty(path, type, packing, bytes, async (at, contentType, encoding, body) => {
          await judged(post(at, body, { 'content-type': contentType, 'content-encoding': encoding }));
        }),
        { numRuns: 150 },
      );
    });

    test('forms of a FHIR search', async () => {
      const form = fc.array(fc.tuple(evilText, evilText), { maxLength: 6 });
      const name = fc.constantFrom('identifier', '_id', 'date', 'patient', '_cursor', '_sort', '_count');
      await fc.assert(
        fc.asyncProperty(fhirType, name, evilText, form, async (type, known, value, more) => {
          const body = new URLSearchParams([[known, value], ...more]).toString();
          const headers = { 'content-type': 'application/x-www-form-urlencoded' };
          await judged(post(`/fhir/${type}/_search`, body, headers));
        }),
        { numRuns: 120 },
      );
    });
  });

  const fhirType = fc.constantFrom(
    ...[
      'Patient',
      'Encounter',
      'Coverage',
      'CoverageEligibilityResponse',
      'Organization',
      'Task',
      'Provenance',
    ],
  );

  /** As a person would write it, and as nobody should. */
  const encoded = fc.oneof(
    evilText.map((t) => encodeURIComponent(t.toWellFormed())),
    fc.constantFrom(
      '%',
      '%zz',
      '%00',
      '%c0%ae%c0%ae',
      '%ff',
      '+',
      '%E0%A4%A',
      '%25%25',
      '..',
      '.',
      '%2e%2e%2f',
      '[',
      ']',
    ),
  );

  describe('addresses', () => {
    test('every parameter of a query: anything, repeated, misspelt, very long', async () => {
      const names = fc.constantFrom(
        ...[
          'date',
          'state',
          'site',
          'reason',
          'limit',
          'after',
          'unmasked',
          'format',
          'outcome',
          '__proto__',
          'a[b]',
          'a[]',
          '',
        ],
        ...['_id', 'identifier', 'patient', 'status', 'status:not', '_count', '_sort', '_cursor', '_include'],
        ...['_lastUpdated', '_format', '_summary', '_total', 'patient.identifier', ':', 'date:missing'],
      );
      const likely = fc.constantFrom(
        '2026-11-20',
        ...['csv', 'json', 'missing'],
        'ready',
        SAMPLE_HCODE,
        '10',
        'true',
        'count',
        'Patient/1',
        PERSON,
      );
      const pair = fc.tuple(names, fc.oneof(encoded, likely)).map(([n, v]) => `${n}=${v}`);
      const query = fc.oneof(
        fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.join('&')),
        pair.map((one) => Array(60).fill(one).join('&').slice(0, 7_000)),
        encoded,
        fc.constantFrom('?', '&&&', '=', '&=&=', '?a?b', '#x', 'a=1#b', `after=${'A'.repeat(6_000)}`),
      );
      const gets = house.routes.filter((r) => r.method === 'get').map((r) => filledIn(r.path, 'h1'));
      const path = fc.oneof(
        fc.constantFrom(...gets),
        fhirType.map((type) => `/fhir/${type}`),
      );
      const seen = new Set<number | null>();
      await fc.assert(
        fc.asyncProperty(path, query, async (at, sent) => {
          seen.add(await judged(get(`${at}?${sent}`)));
        }),
        { numRuns: 400 },
      );
      expect(seen).toContain(200);
      expect(seen).toContain(400);
    });

    test('every part of a path', async () => {
      const path = fc.oneof(
        fc.constantFrom(
          ...house.routes.filter((r) => r.path.includes('{')).map((r) => r.path),
          ...['/fhir/{type}/{id}', '/fhir/{type}', '/{id}', '/api/{id}', '/fhir/{type}/{id}/$everything'],
        ),
      );
      await fc.assert(
        fc.asyncProperty(path, encoded, encoded, fhirType, async (template, one, two, type) => {
          const target = template
            .replace('{hcode}', () => (one.length % 2 === 0 ? SAMPLE_HCODE : one))
            .replace('{type}', () => type)
            .replace(/\{vn\}|\{id\}/, () => two);
          await judged(get(target));
        }),
        { numRuns: 250 },
      );
    });

    test('that are none', async () => {
      for (const target of [
        '*',
        '//',
        '/\\',
        'http://[',
        'http://x/healthz',
        'x',
        '/%',
        `/${'a/'.repeat(3_000)}`,
      ]) {
        await judged(get(target));
      }
    });
  });

  describe('headers', () => {
    const name = fc.constantFrom(
      ...[
        'authorization',
        'x-api-key',
        'accept',
        'prefer',
        'if-none-match',
        'x-request-id',
        'host',
        'cookie',
      ],
      ...['x-forwarded-for', 'forwarded', 'expect', 'range', 'content-type', 'content-length', 'connection'],
      ...[
        'transfer-encoding',
        'upgrade',
        'http2-settings',
        'x-http-method-override',
        '__proto__',
        'if-modified-since',
      ],
    );
    const value = fc.oneof(
      evilText.map((t) => t.replace(/[\r\n\0]/g, ' ')),
      fc.constantFrom(
        ...[
          'chunked',
          'close',
          'websocket',
          '100-continue',
          '-1',
          '99999999999',
          '0, 0',
          'bytes=0-',
          '*/*;q=2',
        ],
        ...[
          'Bearer',
          'Bearer  ',
          `Bearer ${'a'.repeat(3_000)}`,
          `ab_0123456789ab_${'A'.repeat(43)}`,
          'a;q=0,'.repeat(500),
        ],
      ),
    );
    const target = fc.constantFrom('/healthz', '/api/cases', '/fhir/Encounter', '/openapi.json', '/nowhere');

    test('odd, many, twice', async () => {
      const headers = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(target, headers, async (at, sent) => {
          const lines = sent.map(([n, v]) => `${n}: ${v}\r\n`).join('');
          // one that announces a body is waited for, and that is limited elsewhere
          const waits = sent.some(([n]) => n === 'content-length' || n === 'transfer-encoding');
          await judged(waits ? briefly(at, lines) : get(at, lines));
        }),
        { numRuns: 250 },
      );
      const many = Array.from({ length: 1_500 }, (_, i) => `h${i}: 123\r\n`).join('');
      expect(await judged(get('/healthz', many))).toBe(431);
    });

    const briefly = (at: string, lines: string) =>
      sendRaw(house.url, `GET ${at} HTTP/1.1\r\nhost: x\r\n${lines}\r\n`, 50);

    test('no HTTP at all', async () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc
          .tuple(
            fc.constantFrom('GET', 'POST', 'get', 'CONNECT', 'PRI', 'TRACE', 'É', ''),
            evilText,
            evilText,
          )
          .map(([method, path, rest]) => Buffer.from(`${method} ${path} HTTP/1.1\r\n${rest}\r\n\r\n`)),
      );
      const smuggled = [
        'POST /api/card-reads HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET',
        'GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        '\x16\x03\x01\x02\x00\x01\x00',
      ];
      for (const text of smuggled) {
        const { status } = await sendRaw(house.url, Buffer.from(text, 'latin1'), 300);
        expect([null, 400, 401, 404, 505]).toContain(status);
      }
      await fc.assert(
        fc.asyncProperty(bytes, async (sent) => {
          await judged(sendRaw(house.url, sent, 30));
        }),
        { numRuns: 150 },
      );
    });
  });
}
