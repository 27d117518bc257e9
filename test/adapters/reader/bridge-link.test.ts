import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openBridgeLink } from '../../../adapters/reader/bridge-link.ts';
import type { CardReadMessage } from '../../../src/domain/card-read.ts';
import type { BridgeLink } from '../../../src/service/ports/reader.ts';
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

  it('a duplicate is taken too', async () => {
    await answering(200, JSON.stringify({ id: MESSAGE.id, duplicate: true, nhso: 'up' }));
    expect(await link.deliver(MESSAGE)).toEqual({ duplicate: true, nhso: 'up' });
  });

  it.each([400, 409, 413, 422])('%i: the bridge will never take it, in its own words', async (status) => {
    await answering(status, JSON.stringify({ code: 'bad-input', message: 'readAt: expected\n a time' }));
    await expect(link.deliver(MESSAGE)).rejects.toMatchObject({
      code: 'bridge-refused',
      retry: 'no',
      message: 'readAt: expected a time',
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

  it('no error holds the key or the citizen id', async () => {
    await answering(400, JSON.stringify({ message: `pid ${MESSAGE.pid} is unknown` }));
    const error = await link.deliver(MESSAGE).catch((e: Error) => e);
    expect(String(error)).not.toMatch(/secret-key/);
    expect(String(error)).not.toContain(MESSAGE.pid);
  });
});
