import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { carriedCallOf, requestOf } from '../../../../adapters/nhso/line/calls.ts';
import { readFromBridge, readFromWorker } from '../../../../adapters/nhso/line/messages.ts';
import { BridgeError } from '../../../../src/domain/bridge-error.ts';
import { PID, REQUEST } from '../given.ts';

const body = JSON.stringify(REQUEST);
const get = (path: string) => ({ method: 'GET', path }) as const;
const post = (path: string, sent = body) => ({ method: 'POST', path, body: sent }) as const;

describe('the calls that a line carries', () => {
  test.each([
    get('/api/smartcard/terminals'),
    get('/api/smartcard/read?readImageFlag=false'),
    get('/api/smartcard/read-card-only?readImageFlag=true'),
    get(`/api/nhso-service/latest-authen-code/${PID}`),
    get(`/api/nhso-service/latest-5-authen-code-all-hospital/${PID}`),
    post('/api/nhso-service/save-as-draft'),
    post('/api/nhso-service/confirm-save'),
    // the agent's to judge
    post('/api/nhso-service/confirm-save', '{}'),
    post('/api/nhso-service/confirm-save', '{"pid":"12","hn":123,"hcode":null}'),
  ])('$method $path comes out as it went in', (request) => {
    const { body: sent, ...rest } = requestOf(carriedCallOf(request));
    const { body: given, ...same } = { body: undefined, ...request };
    expect(rest).toEqual(same);
    if (given !== undefined) expect(JSON.parse(sent ?? '')).toEqual(JSON.parse(given));
  });

  test('what a client has added to a claim stays behind', () => {
    const more = JSON.stringify({ ...REQUEST, url: 'http://10.0.0.1/' });
    const { body = '' } = requestOf(carriedCallOf(post('/api/nhso-service/confirm-save', more)));
    expect(JSON.parse(body)).toEqual(REQUEST);
  });

  test.each([
    get('/api/preference'),
    get(`/api/smartcard/probe/${PID}`),
    get('/api/smartcard/terminals/../../preference'),
    get('/api/smartcard/terminals?x=1'),
    get(`/api/nhso-service/latest-authen-code/${PID}/x`),
    get('/api/nhso-service/latest-authen-code/..'),
    get('http://10.0.0.1/'),
    get('//10.0.0.1/api/smartcard/terminals'),
    post('/api/smartcard/read?readImageFlag=false'),
    post('/api/nhso-service/cancel'),
    post('/api/nhso-service/confirm-save', '{"pid":'),
    post('/api/nhso-service/confirm-save', '{"hn":{}}'),
    post('/api/nhso-service/confirm-save', `{"hn":"${'1'.repeat(201)}"}`),
    get('/api/nhso-service/confirm-save'),
  ])('$method $path is none of them, and is not quoted', (request) => {
    expect(() => carriedCallOf(request)).toThrow(BridgeError);
    try {
      carriedCallOf(request);
    } catch (error) {
      expect(String(error)).not.toContain(PID);
      expect(error).toMatchObject({ code: 'bad-input', retry: 'no' });
    }
  });

  test('whatever is asked, only an address of the agent’s own comes out at the counter', () => {
    const odd = fc.oneof(
      fc.string(),
      fc.webPath(),
      fc.webUrl(),
      fc.constantFrom(
        '/api/smartcard/',
        '/api/nhso-service/',
        PID,
        '?readImageFlag=true',
        '..',
        '//',
        '\r\n',
      ),
    );
    const path = fc.array(odd, { maxLength: 4 }).map((parts) => parts.join(''));
    const own =
      /^\/api\/(smartcard\/(terminals|read(-card-only)?\?readImageFlag=(true|false))|nhso-service\/(save-as-draft|confirm-save|latest-(5-)?authen-code(-all-hospital)?\/\d{13}))$/;
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST'), path, odd, (method, at, sent) => {
        try {
          expect(requestOf(carriedCallOf({ method, path: at, body: sent })).path).toMatch(own);
        } catch (error) {
          expect(error).toBeInstanceOf(BridgeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a message', () => {
  test('that is none of the protocol’s is none at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readFromBridge(text)).toBeNull();
        expect(readFromWorker(text)).toBeNull();
      }),
    );
  });

  test('cannot name an address, whoever has the bridge', () => {
    const id = crypto.randomUUID();
    const call = { call: 'terminals', url: 'http://10.0.0.1/', path: '/x' };
    expect(readFromBridge(JSON.stringify({ say: 'ask', id, timeoutMs: 1, call }))).toBeNull();
    expect(
      readFromBridge(JSON.stringify({ say: 'ask', id, timeoutMs: 1, call: { call: 'terminals' } })),
    ).not.toBeNull();
  });
});
