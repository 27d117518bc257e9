/** SRM's renewal over real HTTP: what is sent, and what each answer is taken for. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTokenSources } from '../../../../adapters/nhso/tokens/open.ts';
import { BridgeError } from '../../../../src/domain/bridge-error.ts';
import type { FoundToken } from '../../../../src/service/ports/tokens.ts';
import { jwt, REFRESH } from './given.ts';

const NOW = Date.UTC(2026, 10, 20, 17);
const NEW = jwt({ iat: NOW / 1000 - 7200, exp: NOW / 1000 - 3600 });
const NEXT = 'q8z3x7c2v6b1n5m0k4j9h3g7';

let server: Server;
let answer: (req: IncomingMessage, res: ServerResponse) => void;
let asked: { method?: string; url?: string; type?: string; body: string }[] = [];

beforeAll(async () => {
  server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const { method, url, headers } = req;
    asked.push({ method: method ?? '', url: url ?? '', type: headers['content-type'] ?? '', body });
    answer(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const OLD: FoundToken = {
  ...{ value: jwt({ exp: 1 }), account: null, refresh: REFRESH },
  ...{ obtainedAt: NOW - 1, expiresAt: null },
};

function renew(
  old = OLD,
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/scard/access-token`,
) {
  const [source] = openTokenSources({ srmTokenFile: '/nowhere', srmRefreshUrl: url }, () => NOW);
  if (source?.renew === undefined) throw new Error('expected it to be renewable');
  return source.renew(old);
}

function answers(status: number, body: string, type = 'application/json'): void {
  asked = [];
  answer = (_, res) => res.writeHead(status, { 'content-type': type }).end(body);
}

it('sends a form with the refresh token, and takes the pair of the answer', async () => {
  answers(200, JSON.stringify({ access_token: NEW, refresh_token: NEXT }));
  expect(await renew()).toEqual({
    ...{ value: NEW, refresh: NEXT, account: null },
    // NHSO's clock is two hours behind ours: it was had now, and lives for an hour
    ...{ obtainedAt: NOW, expiresAt: NOW + 3_600_000 },
  });
  expect(asked).toEqual([
    {
      ...{ method: 'POST', url: '/api/scard/access-token' },
      ...{ type: 'application/x-www-form-urlencoded', body: `refresh_token=${REFRESH}` },
    },
  ]);
});

it.each([
  ['no end', {}, null],
  ['an end alone', { exp: NOW / 1000 + 3600 }, NOW + 3_600_000],
  ['an end alone that is over, because the clocks differ', { exp: NOW / 1000 - 3600 }, null],
])('a JWT that says %s', async (_, claims, expiresAt) => {
  answers(200, JSON.stringify({ access_token: jwt(claims) }));
  expect(await renew()).toMatchObject({ obtainedAt: NOW, expiresAt });
});

it('a refresh token with letters of its own arrives whole; without a new one the old one stays', async () => {
  answers(200, `access-token=${NEW}\r\n`, 'text/plain');
  const odd = `a+b/c=&d%20${REFRESH}`;
  expect(await renew({ ...OLD, refresh: odd })).toMatchObject({ value: NEW, refresh: odd });
  expect(new URLSearchParams(asked[0]?.body).get('refresh_token')).toBe(odd);
});

it.each([
  [400, '{"error":"invalid_grant"}', 'token-refused', 'no'],
  [401, '', 'token-refused', 'no'],
  [403, '<html>', 'token-refused', 'no'],
  [404, '', 'nhso-unavailable', 'yes'],
  [429, '', 'nhso-unavailable', 'yes'],
  [302, '', 'nhso-unavailable', 'yes'],
  [500, `{"message":"${REFRESH}"}`, 'nhso-unavailable', 'yes'],
  [200, '<html>maintenance</html>', 'nhso-unavailable', 'yes'],
  [200, '{}', 'nhso-unavailable', 'yes'],
])('%i %j is %s', async (status, body, code, retry) => {
  answers(status, body);
  const error = await renew().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(BridgeError);
  expect(error).toMatchObject({ code, retry });
  expect(String(error)).not.toContain(REFRESH);
});

it('no answer, a broken one, and nobody there: NHSO is away', async () => {
  answer = (req) => req.socket.destroy();
  await expect(renew()).rejects.toMatchObject({ code: 'nhso-unavailable', retry: 'yes' });
  answer = (req, res) => {
    res.writeHead(200, { 'content-length': '500' });
    res.write('{"access');
    setTimeout(() => req.socket.destroy(), 20);
  };
  await expect(renew()).rejects.toMatchObject({ code: 'nhso-unavailable', retry: 'yes' });
  await expect(renew(OLD, 'http://127.0.0.1:1/x')).rejects.toMatchObject({ code: 'nhso-unavailable' });
});

it('without a refresh token nobody is asked', async () => {
  answers(200, '{}');
  await expect(renew({ ...OLD, refresh: null })).rejects.toMatchObject({
    code: 'token-refused',
    retry: 'no',
  });
  expect(asked).toEqual([]);
});
