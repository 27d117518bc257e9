import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { type Listening, type ListenOptions, listen, PATIENCE } from '../../src/http/server.ts';

const open: Listening[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of open.splice(0)) await server.close(0);
});

/** Answers that ended, by whether the other side had taken all of them. */
const ended: boolean[] = [];

async function serve(options: Partial<ListenOptions> = {}): Promise<Listening> {
  const app = express();
  app.get('/quick', (_req, res) => void res.send('quick'));
  app.get('/slow', async (_req, res) => {
    await sleep(400);
    res.send('slow');
  });
  app.post('/body', express.text({ type: '*/*', limit: 1_000 }), (_req, res) => void res.send('whole'));
  app.get('/large', (_req, res) => {
    res.once('close', () => ended.push(res.writableFinished));
    // more than the buffers of a line take
    res.send('x'.repeat(32 * 1024 * 1024));
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0, ...options });
  open.push(server);
  return server;
}

function dial(server: Listening): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
    sockets.push(socket);
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.resume();
    socket.once('close', () => resolve());
  });
}

describe('connections', () => {
  test('idle ones beyond the places make room, the one idle longest first', async () => {
    const server = await serve({ connections: 20 });
    const first = await dial(server);
    const gone = closed(first);
    const idle: Socket[] = [];
    for (let i = 0; i < 200; i++) idle.push(await dial(server));
    await gone;
    expect(await (await fetch(`${server.url}/quick`)).text()).toBe('quick');
    await sleep(50);
    expect(idle.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(20);
    expect(idle.at(-1)?.closed).toBe(false);
  });

  test('one with a request in hand does not make room', async () => {
    const server = await serve({ connections: 5 });
    const answer = fetch(`${server.url}/slow`);
    await sleep(50);
    for (let i = 0; i < 50; i++) await dial(server);
    expect(await (await answer).text()).toBe('slow');
  });

  test('headers that drip in are cut off', { timeout: 30_000 }, async () => {
    const server = await serve();
    const socket = await dial(server);
    const begun = Date.now();
    const end = closed(socket);
    socket.write('GET /quick HTTP/1.1\r\nhost: x\r\n');
    const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 500);
    socket.on('error', () => clearInterval(drip));
    await end;
    clearInterval(drip);
    expect(Date.now() - begun).toBeLessThan(16_000);
  });

  const HASTY = { headersMs: 1_000, requestMs: 1_000, answerMs: 1_000 };

  test.each([
    ['drips in', 'content-length: 900', () => 'x'],
    ['never ends', 'transfer-encoding: chunked', () => `10000\r\n${'x'.repeat(65_536)}\r\n`],
    ['is announced and never comes', 'content-length: 900', () => ''],
  ])('a body that %s is cut off', async (_how, header, piece) => {
    const server = await serve({ patience: HASTY });
    const socket = await dial(server);
    socket.on('error', () => undefined);
    const begun = Date.now();
    const end = closed(socket);
    socket.write(`POST /body HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`);
    const more = setInterval(() => socket.write(piece()), 50);
    await end;
    clearInterval(more);
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect(await (await fetch(`${server.url}/quick`)).text()).toBe('quick');
  });

  test('who does not take the answer is cut off, who takes it slowly within the time gets all of it', async () => {
    const server = await serve({ patience: HASTY });
    const greedy = await dial(server);
    greedy.pause();
    greedy.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3));
    await expect.poll(() => ended, { timeout: 10_000 }).toEqual([false, false, false]);

    const slow = await fetch(`${server.url}/large`);
    await sleep(300);
    expect((await slow.text()).length).toBe(32 * 1024 * 1024);
    expect(ended.slice(3)).toEqual([true]);
  });

  test('the times that the bridge gives are short', () => {
    for (const ms of Object.values(PATIENCE)) {
      expect(ms).toBeGreaterThanOrEqual(1_000);
      expect(ms).toBeLessThanOrEqual(30_000);
    }
  });

  test('headers above 8 kB are 431', async () => {
    const server = await serve();
    const answer = await fetch(`${server.url}/quick`, { headers: { x: 'x'.repeat(9_000) } });
    expect(answer.status).toBe(431);
  });
});

describe('closing', () => {
  test('lets a request in hand end and takes no other', async () => {
    const server = await serve();
    const answer = fetch(`${server.url}/slow`);
    await sleep(100);
    const end = server.close();
    await expect(fetch(`${server.url}/quick`)).rejects.toThrow('fetch failed');
    expect(await (await answer).text()).toBe('slow');
    await end;
    open.pop();
  });

  test('does not wait for idle connections, nor longer than it was told', async () => {
    const server = await serve();
    await (await fetch(`${server.url}/quick`)).text();
    await dial(server);
    const begun = Date.now();
    const answer = fetch(`${server.url}/slow`).then(
      () => 'answered',
      () => 'cut',
    );
    await sleep(50);
    await server.close(100);
    expect(Date.now() - begun).toBeLessThan(2_000);
    expect(await answer).toBe('cut');
    open.pop();
  });
});

test('an address that is taken is told by its code', async () => {
  const server = await serve();
  await expect(listen(express(), { host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});
