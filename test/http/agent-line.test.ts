/** The door of the lines: who is let in, what one may do to it, and what ends a line. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { AGENT_LINE_PATH } from '../../src/http/routes/agent-line.ts';
import { SCOPE_NAMES } from '../../src/http/scopes.ts';
import { listen } from '../../src/http/server.ts';
import { SAMPLE_HCODE } from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

const PROTOCOL = 'authen-bridge.agent-line.1';
const STATION = { hcode: SAMPLE_HCODE, stationId: 'counter-1' };

let house: TestHouse;
let key: string;
beforeAll(async () => {
  house = await openHouse({ limits: { failedAuth: 1_000 } });
  house.lines.expect(STATION);
  key = await house.key(['agent-line:carry'], STATION);
});
afterAll(() => house.close());

const opened: WebSocket[] = [];
afterEach(() => {
  for (const ws of opened.splice(0)) ws.terminate();
});

interface Dial {
  key?: string;
  protocol?: string;
  headers?: Record<string, string>;
  at?: TestHouse;
  path?: string;
  autoPong?: boolean;
}

/** Open, or the status and code of the refusal. */
async function dial(how: Dial = {}): Promise<WebSocket | { status: number; code: string }> {
  const { at = house, path = AGENT_LINE_PATH, protocol = PROTOCOL, autoPong = true } = how;
  const headers = { authorization: `Bearer ${how.key ?? key}`, ...how.headers };
  const ws = new WebSocket(`${at.url.replace('http', 'ws')}${path}`, protocol, { headers, autoPong });
  opened.push(ws);
  ws.on('error', () => undefined);
  return new Promise((resolve) => {
    ws.once('open', () => resolve(ws));
    ws.once('unexpected-response', async (_request, response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      const { code } = JSON.parse(text);
      resolve({ status: response.statusCode ?? 0, code });
    });
  });
}

async function line(how: Dial = {}): Promise<WebSocket> {
  const made = await dial(how);
  if (made instanceof WebSocket) return made;
  throw new Error(`refused: ${JSON.stringify(made)}`);
}

const closeCode = (ws: WebSocket) => once(ws, 'close').then(([code]) => code as number);

describe('is let in', () => {
  test('a worker with the key of its station', async () => {
    const ws = await line();
    expect(ws.protocol).toBe(PROTOCOL);
  });

  test.each<[string, () => Promise<Dial>, number, string]>([
    ['no key', async () => ({ headers: { authorization: '' } }), 401, 'unauthenticated'],
    ['a key of nobody', async () => ({ key: 'ab_000000000000_x' }), 401, 'unauthenticated'],
    [
      'a key that may send reads only',
      async () => ({ key: await house.key(['card-reads:write'], STATION) }),
      403,
      'forbidden',
    ],
    ['a key of no station', async () => ({ key: await house.key(SCOPE_NAMES) }), 403, 'forbidden'],
    [
      'a key of a site alone',
      async () => ({ key: await house.key(['agent-line:carry'], { hcode: SAMPLE_HCODE }) }),
      403,
      'forbidden',
    ],
    [
      'the same station of another site',
      async () => ({ key: await house.key(['agent-line:carry'], { ...STATION, hcode: OTHER_HCODE }) }),
      409,
      'conflict',
    ],
    [
      'a station that the bridge reaches itself',
      async () => ({ key: await house.key(['agent-line:carry'], { ...STATION, stationId: 'counter-2' }) }),
      409,
      'conflict',
    ],
    ['a page in a browser', async () => ({ headers: { origin: 'http://10.0.0.9' } }), 403, 'forbidden'],
    ['another protocol', async () => ({ protocol: 'chat' }), 426, 'upgrade-required'],
    ['another address', async () => ({ path: '/api/agent-lines' }), 404, 'no-such-route'],
    ['another spelling', async () => ({ path: '/api/agent-line/' }), 404, 'no-such-route'],
  ])('not %s', async (_, how, status, code) => {
    expect(await dial(await how())).toEqual({ status, code });
  });

  test('not a plain request', async () => {
    const answer = await house.ask('GET', AGENT_LINE_PATH, { key });
    expect(answer).toMatchObject({ status: 426, json: { code: 'upgrade-required' } });
    expect(answer.headers.get('upgrade')).toBe('websocket');
  });

  test('nor one that asks for too much: the pace is that of all requests', async () => {
    const own = await openHouse({ limits: { failedAuth: 3, perKey: 3 } });
    try {
      own.lines.expect(STATION);
      for (let i = 0; i < 3; i++) expect(await dial({ at: own, key: 'x' })).toMatchObject({ status: 401 });
      expect(await dial({ at: own, key: 'x' })).toMatchObject({ status: 429 });
      const good = await own.key(['agent-line:carry'], STATION);
      for (let i = 0; i < 3; i++) await line({ at: own, key: good });
      expect(await dial({ at: own, key: good })).toMatchObject({ status: 429 });
    } finally {
      await own.close();
    }
  });

  test('an Upgrade header elsewhere changes nothing', async () => {
    const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
    socket.write(
      'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n',
    );
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a line ends', () => {
  test('within seconds when its key is revoked, and the worker hears why', async () => {
    const text = await house.key(['agent-line:carry'], STATION);
    const ws = await line({ key: text });
    const closed = closeCode(ws);
    await house.ledger.revokeKey(text.split('_')[1] ?? '', house.parts.clock.now());
    house.wait(3_000);
    const begun = performance.now();
    expect(await closed).toBe(4003);
    expect(performance.now() - begun).toBeLessThan(8_000);
  });

  test('within ten seconds or so when the other side is dead', { timeout: 40_000 }, async () => {
    const ws = await line({ autoPong: false });
    const begun = performance.now();
    await closeCode(ws);
    expect(performance.now() - begun).toBeLessThan(16_000);
    expect(performance.now() - begun).toBeGreaterThan(5_000);
  });

  test('not while it answers pings and has nothing to do', { timeout: 40_000 }, async () => {
    const ws = await line();
    await sleep(13_000);
    expect(ws.readyState).toBe(WebSocket.OPEN);
  });

  test.each<[string, (ws: WebSocket) => void]>([
    ['a message above 1 MB', (ws) => ws.send('x'.repeat(1024 * 1024 + 1))],
    [
      'a flood of pings',
      (ws) => {
        for (let i = 0; i < 50_000; i++) ws.ping();
      },
    ],
    [
      'a flood of answers to nothing',
      (ws) => {
        const id = '3769ff02-4ea1-45d6-871a-275b83721d1c';
        for (let i = 0; i < 50_000; i++) ws.send(JSON.stringify({ say: 'taken', id }));
      },
    ],
    ['bytes', (ws) => ws.send(Buffer.from([1, 2, 3]))],
  ])('by %s', async (_, does) => {
    const ws = await line();
    const closed = closeCode(ws);
    does(ws);
    await closed;
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200);
  });
});

describe('the server', () => {
  const dialTcp = async (port: number): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    return socket;
  };

  test('takes no line for an idle connection that may make room', async () => {
    const server = await listen(house.app, { ...AT, connections: 20, upgrades: AGENT_LINE_PATH });
    const ws = await line({ at: { ...house, url: server.url } });
    const idle: Socket[] = [];
    for (let i = 0; i < 100; i++) idle.push(await dialTcp(server.port));
    await sleep(200);
    expect(ws.readyState).toBe(WebSocket.OPEN);
    for (const socket of idle) socket.destroy();
    ws.terminate();
    await server.close(0);
  });

  test('does not wait at its end for lines, nor cut them: what is in hand may need them', async () => {
    const server = await listen(house.app, { ...AT, upgrades: AGENT_LINE_PATH });
    const ws = await line({ at: { ...house, url: server.url } });
    const begun = performance.now();
    await server.close(20_000);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(ws.readyState).toBe(WebSocket.OPEN);
    ws.terminate();
  });

  test('writes no key and nothing of the messages into its log', async () => {
    const ws = await line();
    ws.send(JSON.stringify({ say: 'hello 9900000000012' }));
    await closeCode(ws);
    expect(house.logged()).not.toContain(key.slice(16));
    expect(house.logged()).not.toContain('9900000000012');
    expect(house.logged()).toContain('carries its calls');
  });

  const AT = { host: '127.0.0.1', port: 0 };
});
