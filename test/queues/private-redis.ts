/** A Redis of a test's own, which it may kill, restart and empty. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, type Server, startServer, stopServer, untilReady } from '../support/services/processes.ts';
import { eventually } from './support.ts';

export interface PrivateRedis {
  url: string;
  start(): Promise<void>;
  /** As a power cut would: SIGKILL. */
  kill(): Promise<void>;
  /** Sends one command, as an administrator would. */
  command(name: string, ...args: string[]): Promise<unknown>;
  remove(): Promise<void>;
}

/** @param args further arguments of redis-server, e.g. `--appendonly yes` */
export async function privateRedis(program: string, ...args: string[]): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'abq-'));
  const port = await freePort();
  const all = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...args];
  const password = args[args.indexOf('--requirepass') + 1];
  const login = args.includes('--requirepass') ? `:${password}@` : '';
  const url = `redis://${login}127.0.0.1:${port}`;
  let server: Server | undefined;
  const command = async (name: string, ...rest: string[]): Promise<unknown> => {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined); // the command's own rejection tells
    try {
      await redis.connect();
      return await redis.call(name, ...rest);
    } finally {
      redis.disconnect();
    }
  };
  const redis: PrivateRedis = {
    url,
    async start() {
      server = startServer(program, all, { cwd: folder });
      await untilReady(server, async () => {
        await command('PING');
      });
    },
    async kill() {
      if (server !== undefined) await stopServer(server, 'SIGKILL');
      server = undefined;
    },
    command,
    async remove() {
      await redis.kill();
      await eventually(() => rm(folder, { recursive: true, force: true }));
    },
  };
  await redis.start();
  return redis;
}
