/** What `doctor` says about the web services, and that it asks for nobody. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkWeb } from '../../../../adapters/nhso/web/check.ts';
import type { WebOptions } from '../../../../adapters/nhso/web/registry.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../../simulators/nhso-web/start.ts';
import { http, type RawServer, rawServer } from '../raw-server.ts';
import { UUID } from './given.ts';

let nhso: NhsoWebSimulator;
const others: RawServer[] = [];
beforeEach(async () => {
  nhso = await startNhsoWeb({ hospitalToken: UUID });
});
afterEach(async () => {
  await nhso.close();
  await Promise.all(others.splice(0).map((o) => o.close()));
});

const check = (options: Partial<WebOptions>) =>
  checkWeb({ zone: 'test', timeouts: { lookupMs: 10_000 }, ...options });

const all = (source: 'ucws' | 'srm'): Partial<WebOptions> => ({
  authenStatusUrl: nhso.urls.authenStatus,
  serviceToken: UUID,
  rights: { source, url: source === 'ucws' ? nhso.urls.ucws : nhso.urls.rightSearch },
});

test.each(['ucws', 'srm'] as const)('%s and check-authen-status are well', async (source) => {
  const found = await check(all(source));
  expect(found.map((f) => `${f.check} ${f.level}`)).toEqual([
    'authen-status-reachable ok',
    'right-search-reachable ok',
  ]);
  expect(found[0]?.message).toBe(`NHSO's check-authen-status at ${nhso.urls.authenStatus} answers`);
});

test('no person is asked for, and no token is sent', async () => {
  const asked: string[] = [];
  const server = await rawServer((socket, request) => {
    asked.push(request);
    socket.write(http(401, '{}'));
  });
  others.push(server);
  for (const source of ['ucws', 'srm'] as const) {
    await check({ authenStatusUrl: server.url, serviceToken: UUID, rights: { source, url: server.url } });
  }
  expect(asked.map((r) => r.split(' HTTP')[0])).toEqual([
    ...['GET /api/check-authen-status', 'GET /?wsdl', 'GET /api/check-authen-status', 'GET /'],
  ]);
  expect(asked.join()).not.toMatch(/authorization|personalId|pid=/i);
  expect(asked.join()).not.toContain(UUID);
});

test('nothing is said of what is not configured', async () => {
  expect(await check({})).toEqual([]);
});

test.each(['ucws', 'srm'] as const)(
  '%s: nobody listens, and a page in the place of the service',
  async (source) => {
    const page = await rawServer((socket) => socket.write(http(200, '<html>log in</html>', 'text/html')));
    others.push(page);
    for (const url of ['http://127.0.0.1:1', page.url]) {
      const found = await check({ authenStatusUrl: url, rights: { source, url: `${url}/?wsdl` } });
      expect(found.map((f) => f.level)).toEqual(['warn', 'warn']);
      for (const { message, fix } of found) {
        expect(message).toContain(url);
        expect(message).toMatch(url === page.url ? /HTML page/ : /cannot be reached \(ECONNREFUSED\)/);
        expect(fix).toContain('firewall');
      }
    }
  },
);

test('an outage of NHSO, and silence', async () => {
  nhso.control.down('500');
  expect((await check(all('ucws'))).map((f) => f.level)).toEqual(['warn', 'warn']);
  nhso.control.down('timeout');
  const found = await checkWeb({ zone: 'test', timeouts: { lookupMs: 500 }, ...all('srm') });
  expect(found.map((f) => f.level)).toEqual(['warn', 'warn']);
  expect(found[0]?.message).toContain('in time');
});
