/**
 * A counter's door with two bridges. What each of them was sent is counted at bare sockets, which break in every way that a line
 * can; whether a code was asked for twice, at NHSO, behind two real bridges on one ledger.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type OpenAgentDoor, openAgentDoor } from '../../../adapters/reader/agent-door.ts';
import { openBridgeLink } from '../../../adapters/reader/bridge-link.ts';
import { BridgeTurns } from '../../../adapters/reader/bridge-turns.ts';
import { firstLink } from '../../../adapters/reader/first-link.ts';
import { makeLog } from '../../../src/log.ts';
import { eventually } from '../../e2e/bridge-support.ts';
import { claimOf, DoorHouse, PublicClient } from '../../service/agent-door/house.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { startTlsProxy } from '../../support/tls-proxy.ts';
import { type Answerer, http, type RawServer, rawServer } from '../nhso/raw-server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const PID = sampleCitizenId(58_101);
type Call = Parameters<PublicClient['call']>;
const CONFIRM: Call = ['POST', '/api/nhso-service/confirm-save', { pid: PID }];
const DRAFT: Call = ['POST', '/api/nhso-service/save-as-draft', { pid: PID }];
const GETS = [
  '/api/smartcard/terminals',
  '/api/smartcard/read?readImageFlag=true',
  '/api/smartcard/read-card-only',
  `/api/smartcard/probe/${PID}`,
  `/api/nhso-service/latest-authen-code/${PID}`,
  `/api/nhso-service/latest-5-authen-code-all-hospital/${PID}`,
].map((path): Call => ['GET', path]);
const HARMLESS = [...GETS, DRAFT];

async function raw(answer: Answerer): Promise<RawServer> {
  const server = await rawServer(answer);
  closing.push(() => server.close());
  return server;
}

/** Answers each call with its own name. */
const good = (name: string): Promise<RawServer> => raw((socket) => socket.write(http(200, `"${name}"`)));

interface Door {
  client: PublicClient;
  turns: BridgeTurns;
  logged(): string;
}

async function doorTo(
  bridges: readonly string[],
  more: { key?: string; timeoutMs?: number } = {},
): Promise<Door> {
  let logged = '';
  const write = (line: string): void => {
    logged += line;
  };
  const turns = new BridgeTurns();
  const door: OpenAgentDoor = await openAgentDoor({
    ...{ port: 0, bridges, turns, key: 'secret-key', origins: [], timeoutMs: 20_000, ...more },
    log: makeLog({ level: 'debug', destination: { write } }),
  });
  closing.push(() => door.close());
  return { client: new PublicClient(`http://127.0.0.1:${door.port}`), turns, logged: () => logged };
}

/** A port at which nobody listens. */
async function nobody(): Promise<string> {
  const server = await rawServer(() => undefined);
  await server.close();
  return server.url;
}

describe('a confirm that certainly reached no bridge goes to the next', () => {
  test.each<[string, () => Promise<string>]>([
    ['nobody listens', nobody],
    ['nobody has the name', async () => 'http://bridge.invalid:8080'],
    [
      'TLS is broken off',
      async () => {
        // whatever begins a TLS connection is no request, and is answered with none
        const server = await raw(() => undefined);
        const proxy = await TcpProxy.to(server.url);
        closing.push(() => proxy.close());
        proxy.shut(true);
        return proxy.through(server.url).replace('http:', 'https:');
      },
    ],
    [
      'its certificate is not trusted',
      async () => {
        const proxy = await startTlsProxy((await good('behind an untrusted certificate')).url);
        closing.push(() => proxy.close());
        return proxy.url;
      },
    ],
  ])('%s', async (_what, first) => {
    const second = await good('second');
    const { client } = await doorTo([await first(), second.url]);
    const told = await client.call(...CONFIRM);
    expect([told.status, told.json]).toEqual([200, 'second']);
    expect(second.requests).toHaveLength(1);
    expect(second.requests[0]).toMatch(/^POST \/agent\/api\/nhso-service\/confirm-save HTTP/);
    expect(second.requests[0]).toContain('authorization: Bearer secret-key');
    expect(second.requests[0]).toContain(JSON.stringify(CONFIRM[2]));
  });

  test('and when none of them can be reached, the program is told so', async () => {
    const { client, logged } = await doorTo([await nobody(), await nobody(), await nobody()]);
    const told = await client.call(...CONFIRM);
    expect([told.status, told.json.error]).toEqual([500, 'Internal Server Error']);
    expect(told.json.message).toMatch(/ติดต่อระบบ authen-bridge ไม่ได้/);
    expect(logged().match(/ECONNREFUSED/g)).toHaveLength(3);
  });
});

const BROKEN: [string, Answerer, number][] = [
  ['closes without a word', (s) => s.end(), 500],
  ['resets', (s) => s.resetAndDestroy(), 500],
  ['resets amid the header', (s) => s.write('HTTP/1.1 200 OK\r\nconte', () => s.resetAndDestroy()), 500],
  ['closes amid the body', (s) => s.end(http(200, '"a code"').slice(0, -3)), 500],
  ['speaks no HTTP', (s) => s.write('220 smtp.example ready\r\n\r\n'), 500],
  ['is gone behind its proxy', (s) => s.write(http(502, '<h1>Bad Gateway</h1>', 'text/html')), 502],
  ['is gone behind a proxy of few words', (s) => s.write(http(503, '', null)), 503],
  ['is too slow for its proxy', (s) => s.write(http(504, 'Gateway Timeout', 'text/plain')), 504],
];

describe('a call to a bridge that', () => {
  test.each(BROKEN)('%s: a confirm is sent to no other', async (_what, answer, status) => {
    const first = await raw(answer);
    const second = await good('second');
    const { client, logged } = await doorTo([first.url, second.url]);
    expect((await client.call(...CONFIRM)).status).toBe(status);
    await sleep(50);
    expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
    // that the program asks once more is the program's own wish, and the other bridge sees it in the ledger
    expect((await client.call(...CONFIRM)).json).toBe('second');
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
    expect(logged()).toContain(new URL(first.url).host);
    expect(logged()).not.toMatch(new RegExp(`${PID}|secret-key`));
  });

  test.each(BROKEN)('%s: what issues no code is asked of the next', async (_what, answer) => {
    for (const call of HARMLESS) {
      const first = await raw(answer);
      const second = await good('second');
      const { client, logged } = await doorTo([first.url, second.url]);
      const told = await client.call(...call);
      expect([call[1], told.status, told.json]).toEqual([call[1], 200, 'second']);
      expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
      expect(logged()).not.toMatch(new RegExp(`${PID}|secret-key`));
    }
  });

  test('says nothing: no call outlives its time, and the next call goes to the next', async () => {
    const seen = [CONFIRM, ...HARMLESS].map(async (call) => {
      const first = await raw(() => undefined);
      const second = await good('second');
      const { client } = await doorTo([first.url, second.url], { timeoutMs: 1_000 });
      expect((await client.call(...call)).status).toBe(500);
      expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
      expect((await client.call(...call)).json).toBe('second');
    });
    await Promise.all(seen);
  });

  test.each([400, 401, 404, 415, 418, 429, 500, 502])('answers %i: that is the answer', async (status) => {
    const first = await raw((socket) => socket.write(http(status, '{"message":"of the agent"}')));
    const second = await good('second');
    const { client } = await doorTo([first.url, second.url]);
    for (const call of [CONFIRM, ...HARMLESS]) {
      const told = await client.call(...call);
      expect([told.status, told.json]).toEqual([status, { message: 'of the agent' }]);
    }
    expect(second.requests).toEqual([]);
  });
});

describe('the bridge that answered last', () => {
  test('is stayed with, by many calls at once too', async () => {
    const second = await good('second');
    const third = await good('third');
    const { client, logged } = await doorTo([await nobody(), second.url, third.url]);
    const told = await Promise.all(Array.from({ length: 12 }, () => client.call(...CONFIRM)));
    expect(told.map((t) => t.json)).toEqual(told.map(() => 'second'));
    const failures = logged().match(/ECONNREFUSED/g)?.length;
    for (let i = 0; i < 3; i++) expect((await client.call(...CONFIRM)).json).toBe('second');
    expect(logged().match(/ECONNREFUSED/g)?.length).toBe(failures);
    expect(second.requests).toHaveLength(15);
    expect(third.requests).toEqual([]);
  });

  test('is the same for card reads: what they found out the door knows, and the other way round', async () => {
    const greeting = (server: string): Answerer => {
      return (socket, request) =>
        socket.write(http(200, request.startsWith('GET /healthz') ? '{"status":"ok"}' : `"${server}"`));
    };
    const [first, second] = [await raw(greeting('first')), await raw(greeting('second'))];
    const front = await TcpProxy.to(first.url);
    closing.push(() => front.close());
    const bridges = [front.through(first.url), second.url];
    const { client, turns, logged } = await doorTo(bridges);
    const link = firstLink(
      bridges.map((url) => openBridgeLink({ url, key: 'k', timeoutMs: 1_000 })),
      turns,
    );
    closing.push(() => link.close());
    // a bridge that stands still, and does not even refuse
    front.hold(true);
    await link.greet();
    expect((await client.call(...CONFIRM)).json).toBe('second');
    expect(logged()).toBe('');
    front.hold(false);
    front.cut();
    await second.close();
    await sleep(50);
    expect((await client.call(...CONFIRM)).json).toBe('first');
    await link.greet();
    expect(first.requests.filter((r) => r.startsWith('GET /healthz'))).toHaveLength(1);
  });
});

test('a failure that comes late turns nobody back to a bridge that has failed since', async () => {
  const turns = new BridgeTurns();
  const bridges = ['first', 'second', 'third'];
  const late = Promise.withResolvers<string>();
  const slow = turns.ask(
    bridges,
    (bridge) => (bridge === 'first' ? late.promise : Promise.resolve(bridge)),
    () => 'leave',
  );
  const onlyThird = async (bridge: string): Promise<string> => {
    if (bridge !== 'third') throw new Error(bridge);
    return bridge;
  };
  expect(await turns.ask(bridges, onlyThird, () => 'next')).toBe('third');
  late.reject(new Error('late'));
  await expect(slow).rejects.toThrow('late');
  expect(turns.inTurn(bridges)).toEqual(['third', 'first', 'second']);
});

describe('two real bridges on one ledger', () => {
  async function houseAndDoor() {
    const house = await DoorHouse.open({ bridges: 2 });
    closing.push(() => house.close());
    // any number of codes: a second request would show
    house.nhso.limitPerDay(null);
    const first = await TcpProxy.to(house.urlOf(0));
    const door = await doorTo([first.through(house.urlOf(0)), house.urlOf(1)], { key: await house.key() });
    return { house, first, ...door };
  }

  test('the first is not there: read, draft and confirm as ever', async () => {
    const { house, first, client } = await houseAndDoor();
    await first.close();
    house.nhso.insertCard(PID);
    const read = await client.read();
    expect((await client.draft(claimOf(read))).status).toBe(200);
    const { status, json } = await client.confirm(claimOf(read));
    expect([status, [json.claimCode]]).toEqual([200, house.nhso.codes(PID).map((c) => c.claimCode)]);
    expect(house.nhso.confirms(PID)).toMatchObject([{ asked: 1, issued: 1 }]);
  });

  test('the line to the first breaks amid a confirm: the program calls again and has the code, asked for once', async () => {
    const { house, first, client } = await houseAndDoor();
    closing.push(() => first.close());
    house.nhso.insertCard(PID);
    const claim = claimOf(await client.read());
    house.nhso.delay(1_000, 'confirm-save');
    const lost = client.confirm(claim);
    await eventually('asked', async () => {
      const asks = await house.ledger.doorAsks.due(Number.MAX_SAFE_INTEGER, 10);
      return asks.some((ask) => ask.pid === PID && ask.state === 'asking');
    });
    first.shut(true);
    expect((await lost).status).toBe(500);
    const { status, json } = await client.confirm(claim);
    expect([status, [json.claimCode]]).toEqual([200, house.nhso.codes(PID).map((c) => c.claimCode)]);
    expect(house.nhso.confirms(PID)).toMatchObject([{ asked: 1, issued: 1 }]);
  });
});
