import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openBridgeLink } from '../../../adapters/reader/bridge-link.ts';
import { type BridgeError, isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { CardReadMessage } from '../../../src/domain/card-read.ts';
import type { BridgeLink } from '../../../src/service/ports/reader.ts';
import { mutated, PERSON, spoiltText } from '../../hostile/evil.ts';
import { sampleCitizenId } from '../../support/samples.ts';

const MESSAGE: CardReadMessage = {
  id: '00000000-0000-4000-8000-000000000001',
  stationId: 'counter-1',
  pid: sampleCitizenId(1),
  readAt: '2026-11-20T01:30:00.000Z',
  kind: 'card-only',
};
const JSON_TYPE = { 'content-type': 'application/json' };

let server: Server;
let link: BridgeLink;
afterEach(async () => {
  await link.close();
  server.closeAllConnections();
  server.close();
});

/** A bridge that answers in this way, and the link to it. */
async function bridge(
  answer: (req: IncomingMessage, res: ServerResponse) => void,
  base = '',
): Promise<BridgeLink> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
  link = openBridgeLink({ url, key: 'secret-key', timeoutMs: 300 });
  return link;
}
const answering = (status: number, body: string, headers: Record<string, string> = JSON_TYPE) =>
  bridge((_req, res) => res.writeHead(status, headers).end(body));

describe('the line to the bridge', () => {
  it('sends the read as it is with the key, below the given path', async () => {
    let seen: {
      method?: string | undefined;
      url?: string | undefined;
      auth?: string | undefined;
      body: string;
    } = {
      body: '',
    };
    await bridge(async (req, res) => {
      let body = '';
      for await (const chunk of req) body += chunk;
      seen = { method: req.method, url: req.url, auth: req.headers.authorization, body };
      res
        .writeHead(201, JSON_TYPE)
        .end(JSON.stringify({ id: MESSAGE.id, duplicate: false, paired: null, nhso: 'down' }));
    }, '/authen/');
    expect(await link.deliver(MESSAGE)).toEqual({ duplicate: false, nhso: 'down' });
    expect(seen).toMatchObject({ method: 'POST', url: '/authen/api/card-reads', auth: 'Bearer secret-key' });
    expect(JSON.parse(seen.body)).toEqual(MESSAGE);
  });

  describe('the clock', () => {
    const dated = (ms: number, status = 200, body = '{"status":"ok","uptimeSeconds":1}') =>
      answering(status, body, { ...JSON_TYPE, date: new Date(Date.now() + ms).toUTCString() });
    const about = (ms: number) =>
      expect(Math.abs((link.clockAheadMs ?? Number.NaN) - ms)).toBeLessThan(1_500);

    it.each([0, 90_000, -7_200_000])('is compared when the bridge is greeted (%i ms)', async (ms) => {
      await dated(ms);
      expect(link.clockAheadMs).toBeNull();
      await link.greet();
      about(ms);
    });

    it('and with each answer to a read, refusals among them', async () => {
      await dated(240_000, 425, '{"message":"readAt lies in the future"}');
      await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ code: 'clocks-differ' });
      about(240_000);
    });

    it('is not taken from something else that answers there, nor from an answer without a date', async () => {
      await dated(240_000, 200, '<html>log in</html>');
      await expect(link.greet()).rejects.toMatchObject({
        code: 'bridge-unreachable',
        detail: { status: 200 },
      });
      await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ code: 'bridge-unreachable' });
      expect(link.clockAheadMs).toBeNull();
      await link.close();
      server.close();
      await bridge((_req, res) => {
        res.sendDate = false;
        res.writeHead(200, JSON_TYPE).end('{"status":"ok"}');
      });
      await link.greet();
      expect(link.clockAheadMs).toBeNull();
    });
  });

  it('greets below the given path, without the key', async () => {
    const seen: (string | undefined)[] = [];
    await bridge((req, res) => {
      seen.push(req.method, req.url, req.headers.authorization);
      res.writeHead(200, JSON_TYPE).end('{"status":"ok","uptimeSeconds":1}');
    }, '/authen/');
    await link.greet();
    expect(seen).toEqual(['GET', '/authen/healthz', undefined]);
  });

  it('a duplicate is taken too', async () => {
    await answering(200, JSON.stringify({ id: MESSAGE.id, duplicate: true, nhso: 'up' }));
    expect(await link.deliver(MESSAGE)).toEqual({ duplicate: true, nhso: 'up' });
  });

  it.each([
    [400, 'bad-input'],
    [413, 'body-too-large'],
  ])('%i %s: the bridge will never take it, in its own words', async (status, code) => {
    await answering(status, JSON.stringify({ code, detail: 'readAt: expected\n a time' }));
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({
      code: 'bridge-refused',
      retry: 'no',
      message: 'readAt: expected a time',
      detail: { status },
    });
  });

  it.each([
    ['nginx, asked for HTTP where it speaks HTTPS', 400, '<html>The plain HTTP request was sent</html>'],
    ['nginx, which wants a certificate', 400, '<html>No required SSL certificate was sent</html>'],
    ['a proxy that wants a log-in of its own', 407, '<html>Proxy Authentication Required</html>'],
    ['a proxy that leads elsewhere', 421, ''],
    ['another program in JSON', 404, '{"message":"Not Found"}'],
    ['another program that cannot read it', 400, '{"error":"unexpected field"}'],
    ['the bridge, below another path', 404, '{"code":"no-such-route","detail":"There is nothing here."}'],
    ['the bridge, whose case changed meanwhile', 409, '{"code":"conflict","detail":"It has changed."}'],
  ])('sets no read aside for %s', async (_, status, body) => {
    await answering(status, body);
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({
      code: 'bridge-unreachable',
      retry: 'yes',
      detail: { status },
    });
  });

  it.each([401, 403])('%i: the key is refused, the read is kept', async (status) => {
    await answering(status, '{}');
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ code: 'bridge-refused', retry: 'yes' });
  });

  it.each([408, 429, 500, 502, 503, 302])('%i: later', async (status) => {
    await answering(status, '<html>busy</html>', { location: 'http://127.0.0.1:1/' });
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ code: 'bridge-unreachable', retry: 'yes' });
  });

  it('hears how long the bridge wants quiet', async () => {
    await answering(429, '{}', { ...JSON_TYPE, 'retry-after': '7' });
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ detail: { retryAfterMs: 7_000 } });
  });

  it.each([
    ['a login page', 200, '<html>Welcome to the hospital Wi-Fi</html>'],
    ['a receipt for another read', 200, '{"id":"another"}'],
    ['a web server without our path', 404, '<h1>Not Found</h1>'],
    ['nothing in a 200', 200, ''],
    ['another program that answers in JSON', 200, '{"status":"ok"}'],
  ])('gives no read away to %s', async (_, status, body) => {
    await answering(status, body);
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ code: 'bridge-unreachable', retry: 'yes' });
  });

  it('nobody listens, nobody answers, the line breaks', async () => {
    await bridge(() => undefined);
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ code: 'bridge-unreachable' });
    await link.close();
    server.closeAllConnections();
    server.close();
    await bridge((req) => req.socket.destroy());
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ code: 'bridge-unreachable' });
    server.close();
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({ code: 'bridge-unreachable' });
  });

  it.each([
    ['headers', 'HTTP/1.1 201 Created\r\n', 'x: 1\r\n'],
    ['a body', 'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n\r\n', ' '],
  ])('an answer that drips in, as %s, does not hold the read beyond its time', async (_, begin, drop) => {
    await bridge(({ socket }) => {
      socket.write(begin);
      const drip = setInterval(() => socket.write(drop), 20);
      socket.once('close', () => clearInterval(drip));
    });
    const begun = performance.now();
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({
      code: 'bridge-unreachable',
      message: 'the bridge cannot be reached (TimeoutError)',
    });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('no error holds the key or the citizen id, nor so much of it that the rest follows', async () => {
    const detail = `${'x'.repeat(188)}${MESSAGE.pid} is unknown`;
    await answering(400, JSON.stringify({ code: 'bad-input', detail }));
    const error = await link.deliver(MESSAGE).catch((e: Error) => e);
    expect(String(error)).not.toMatch(/secret-key/);
    expect(String(error)).not.toContain(MESSAGE.pid.slice(0, 12));
  });

  it('whatever it answers: a receipt for this read, or an error that says what to do with the read', async () => {
    let answer: [number, Record<string, string>, string | Uint8Array] = [200, {}, ''];
    await bridge((_req, res) => res.writeHead(answer[0], answer[1]).end(answer[2]));
    const receipt = { id: MESSAGE.id, duplicate: false, paired: null, nhso: 'up' };
    const body = fc.oneof(
      mutated(receipt).map((json) => JSON.stringify(json) ?? ''),
      spoiltText(receipt),
      fc.uint8Array({ maxLength: 200 }),
      fc.constant('x'.repeat(100_000)),
    );
    const headers = fc.record(
      {
        'content-type': fc.constantFrom('application/json', 'text/html', 'application/json; charset=x'),
        'content-encoding': fc.constantFrom('gzip', 'br'),
        'retry-after': fc.constantFrom('-1', '1e9', '99999999999', 'Fri, 01 Jan 2038 00:00:00 GMT', 'soon'),
      },
      { requiredKeys: [] },
    );
    const status = fc.oneof(fc.constant(201), fc.integer({ min: 200, max: 599 }));
    await fc.assert(
      fc.asyncProperty(status, headers, body, async (...given) => {
        answer = given;
        const outcome = await link.deliver(MESSAGE).catch((error: unknown) => error);
        if (!(outcome instanceof Error)) {
          expect(given[0]).toBeLessThan(300);
          expect(JSON.parse(String(given[2]).replace(/^\uFEFF/, '')).id).toBe(MESSAGE.id);
          return;
        }
        expect(isBridgeError(outcome, 'bridge-unreachable', 'bridge-refused', 'clocks-differ')).toBe(true);
        expect(String(outcome)).not.toContain(PERSON.slice(0, 12));
        const ms = (outcome as BridgeError).detail.retryAfterMs;
        if (ms !== undefined) expect(ms).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 200 },
    );
  });
});
