import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { startFromPath } from './start.ts';

test('a private server whose port somebody has taken meanwhile says so, and comes up once it is free', async () => {
  const server = await startFromPath('redis');
  onTestFinished(() => server.stop());
  await server.crash();
  const other = createServer((socket) => socket.destroy()).listen(
    Number(new URL(server.url).port),
    '127.0.0.1',
  );
  await once(other, 'listening');
  await expect(server.startAgain()).rejects.toThrow('Address already in use');
  other.close();
  await once(other, 'close');
  await server.startAgain();
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  expect(await redis.ping()).toBe('PONG');
});
