/** The door on the counter's machine: a real socket, in front of a real bridge with a real agent behind it. */

import { request as httpRequest } from 'node:http';
import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenAgentDoor, openAgentDoor } from '../../../adapters/reader/agent-door.ts';
import { BridgeTurns } from '../../../adapters/reader/bridge-turns.ts';
import { claimOf, DoorHouse, PublicClient } from '../../service/agent-door/house.ts';
import { quietLog } from '../../service/support/quiet.ts';
import { sampleCitizenId } from '../../support/samples.ts';

const PAGE = 'https://his.hospital.local';
const TIMEOUT_MS = 20_000;
let house: DoorHouse;
let door: OpenAgentDoor;
let client: PublicClient;
beforeAll(async () => {
  house = await DoorHouse.open();
  door = await openAgentDoor({
    ...{ port: 0, bridges: [`${house.url}/`], turns: new BridgeTurns() },
    ...{ key: await house.key(), origins: [PAGE], timeoutMs: TIMEOUT_MS, log: quietLog },
  });
  client = new PublicClient(`http://127.0.0.1:${door.port}`);
});
afterAll(async () => {
  await door.close();
  await house.close();
});

interface Raw {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** `fetch` lets nobody set Host, Origin or Sec-Fetch-Site. */
function raw(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const req = httpRequest({ host: '127.0.0.1', port: door.port, method, path, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
    });
    req.on('error', reject);
    req.end(body);
  });
}

const TERMINALS = '/api/smartcard/terminals';

describe('a program that can send no key', () => {
  test('reads the card, drafts and confirms as at the agent', async () => {
    const pid = sampleCitizenId(58_001);
    house.nhso.insertCard(pid);
    expect((await client.call('GET', TERMINALS)).json).toEqual([
      { terminalName: 'Virtual Smart Card Reader 0', isPresent: true },
    ]);
    const read = await client.read(true);
    expect(read.json).toMatchObject({ pid, image: expect.stringMatching(/^\/9j/) });
    expect((await client.draft(claimOf(read))).status).toBe(200);
    const { status, json } = await client.confirm(claimOf(read));
    expect([status, [json.claimCode]]).toEqual([200, house.nhso.codes(pid).map((c) => c.claimCode)]);
    const latest = await client.call('GET', `/api/nhso-service/latest-authen-code/${pid}`);
    expect(latest.json.claimCode).toBe(json.claimCode);
    expect((await client.confirm({ ...claimOf(read), claimType: 'PG9999999' })).status).toBe(400);
    expect((await client.confirm('{')).json.message).toMatch(/^JSON parse error/);
  });

  test('is not led anywhere else', async () => {
    for (const path of [
      '/api/preference',
      '/api/cases',
      '/healthz',
      '/agent/api/smartcard/terminals',
      '/api/smartcard/terminals/',
      '/api/smartcard/terminals/../../cases',
      '/api/nhso-service/latest-authen-code/..%2F..%2F..%2Fapi%2Fcases',
      '//evil/api/smartcard/read',
    ]) {
      const { status, body } = await raw('GET', path, { host: 'localhost' });
      expect([path, status, JSON.parse(body).message]).toEqual([path, 404, 'No message available']);
    }
    expect((await raw('DELETE', TERMINALS, { host: 'localhost' })).status).toBe(404);
    expect((await raw('POST', TERMINALS, { host: 'localhost' }, '{}')).status).toBe(404);
  });

  test('no error of the door shows a citizen id', async () => {
    const { body } = await raw('GET', `/api/nothing/${sampleCitizenId(58_001)}`, { host: 'localhost' });
    expect(body).not.toContain(sampleCitizenId(58_001));
  });

  test('hears in the agent’s form that the bridge is away, or takes the key for a wrong one', async () => {
    const common = { port: 0, turns: new BridgeTurns(), origins: [], timeoutMs: TIMEOUT_MS, log: quietLog };
    const away = await openAgentDoor({ ...common, bridges: ['http://127.0.0.1:1'], key: 'k' });
    const wrong = await openAgentDoor({ ...common, bridges: [house.url], key: 'ab_wrong' });
    const told = await new PublicClient(`http://127.0.0.1:${away.port}`).read();
    const refused = await new PublicClient(`http://127.0.0.1:${wrong.port}`).read();
    await away.close();
    await wrong.close();
    expect([told.status, told.json.error, Object.keys(told.json)]).toEqual([
      ...[500, 'Internal Server Error'],
      ['timestamp', 'status', 'error', 'message', 'path'],
    ]);
    expect(told.json.message).toMatch(/ติดต่อระบบ authen-bridge ไม่ได้/);
    expect([refused.status, refused.json.code]).toEqual([401, 'unauthenticated']);
  });

  test('hears of a type that it has not named', async () => {
    const { status, body } = await raw('POST', '/api/nhso-service/confirm-save', { host: 'localhost' }, '{}');
    expect([status, JSON.parse(body).message]).toEqual([415, "Content type '' not supported"]);
  });

  test('a body that is none of this API is not taken', async () => {
    const { status } = await raw(
      'POST',
      '/api/nhso-service/confirm-save',
      { host: 'localhost', 'content-type': 'application/json' },
      `"${'x'.repeat(70_000)}"`,
    );
    expect(status).toBe(413);
  });

  test('two doors do not share a port, and the words say so', async () => {
    const second = openAgentDoor({
      ...{ port: door.port, bridges: [house.url], turns: new BridgeTurns(), key: 'k' },
      ...{ origins: [], timeoutMs: TIMEOUT_MS, log: quietLog },
    });
    await expect(second).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`${door.port}`),
    });
  });
});

describe('who may call', () => {
  beforeAll(() => house.nhso.insertCard(sampleCitizenId(58_002)));
  const local = { host: '127.0.0.1' };

  test.each<[string, Record<string, string>, number]>([
    ['a program', local, 200],
    ['a program, by name', { host: 'LocalHost:8189' }, 200],
    ['a page that was typed into a browser', { ...local, 'sec-fetch-site': 'none' }, 200],
    ['a page that is named', { ...local, origin: PAGE, 'sec-fetch-site': 'cross-site' }, 200],
    ['a page that is not', { ...local, origin: 'https://evil.example' }, 403],
    ['a page without an origin of its own', { ...local, origin: 'null' }, 403],
    ['a page at another port of the named host', { ...local, origin: `${PAGE}:8443` }, 403],
    ['an image in a page', { ...local, 'sec-fetch-site': 'cross-site' }, 403],
    ['an image in a page of the same machine', { ...local, 'sec-fetch-site': 'same-site' }, 403],
    ['a name that was rebound to this machine', { host: 'evil.example' }, 403],
    [
      'the same, from its own page',
      { host: 'evil.example', origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' },
      403,
    ],
    ['a name that only begins like this machine', { host: '127.0.0.1.evil.example' }, 403],
  ])('%s: %#', async (_who, headers, status) => {
    // the bridge itself asks for the terminals now and then, for the card alone it does not
    const calls = () => house.nhso.requests({ call: 'read-card-only' }).length;
    const before = calls();
    const told = await raw('GET', '/api/smartcard/read-card-only', headers);
    expect(told.status).toBe(status);
    expect(calls() - before).toBe(status === 200 ? 1 : 0);
    const isPage = status === 200 && headers.origin !== undefined;
    expect(told.headers['access-control-allow-origin']).toBe(isPage ? headers.origin : undefined);
  });

  test('a browser that asks first is told yes for the named page alone', async () => {
    const ask = (origin: string) =>
      raw('OPTIONS', '/api/nhso-service/confirm-save', {
        ...{ ...local, origin, 'access-control-request-method': 'POST' },
        ...{
          'access-control-request-headers': 'content-type',
          'access-control-request-private-network': 'true',
        },
      });
    const yes = await ask(PAGE);
    expect([yes.status, yes.headers['access-control-allow-origin']]).toEqual([200, PAGE]);
    expect(yes.headers['access-control-allow-headers']).toBe('content-type');
    expect(yes.headers['access-control-allow-private-network']).toBe('true');
    expect((await ask('https://evil.example')).status).toBe(403);
  });

  test('a form that a page posts behind somebody’s back asks for nothing', async () => {
    const calls = () => house.nhso.requests({ call: 'confirm-save' }).length;
    const before = calls();
    const form = { ...local, 'content-type': 'text/plain', origin: 'https://evil.example' };
    expect((await raw('POST', '/api/nhso-service/confirm-save', form, '{}')).status).toBe(403);
    expect(calls()).toBe(before);
  });

  test('nobody from another machine', async () => {
    const { networkInterfaces } = await import('node:os');
    const other = Object.values(networkInterfaces())
      .flat()
      .find((i) => i !== undefined && !i.internal && i.family === 'IPv4')?.address;
    if (other === undefined) return;
    const refused = await new Promise<string>((resolve) => {
      const socket = new Socket();
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.connect(door.port, other, () => {
        socket.destroy();
        resolve('connected');
      });
    });
    expect(refused).toBe('ECONNREFUSED');
  });
});
