/** Where the jobs are, and how they can be lost. */

import { Redis } from 'ioredis';
import { type Started, startFromPath } from '../../support/services/start.ts';
import { freshPostgres } from '../../support/services.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import type { Setup } from '../setup.ts';

export interface QueuePlace {
  /** The bridge's `queue`. */
  queue: string;
  proxy: TcpProxy | null;
  /** Null where it is not Redis. */
  redis: RedisPlace | null;
  close(): Promise<void>;
}

export async function openQueuePlace(kind: Setup['queue'], postgres: Started): Promise<QueuePlace> {
  if (kind === 'embedded') return { queue: kind, proxy: null, redis: null, close: async () => undefined };
  if (kind === 'postgres') {
    const database = await freshPostgres(postgres.url);
    const proxy = await TcpProxy.to(database.url);
    const close = async (): Promise<void> => {
      await proxy.close();
      await database.drop();
    };
    return { queue: proxy.through(database.url), proxy, redis: null, close };
  }
  const redis = await RedisPlace.open();
  return { queue: redis.url, proxy: redis.proxy, redis, close: () => redis.close() };
}

/** A Redis behind an address that may come to lead to another one, as after a failover. */
export class RedisPlace {
  readonly proxy: TcpProxy;
  readonly #servers: Started[];

  private constructor(proxy: TcpProxy, first: Started) {
    this.proxy = proxy;
    this.#servers = [first];
  }

  static async open(): Promise<RedisPlace> {
    const server = await startFromPath('redis');
    return new RedisPlace(await TcpProxy.to(server.url), server);
  }

  get url(): string {
    return this.proxy.through(this.#current.url);
  }

  get #current(): Started {
    const current = this.#servers.at(-1);
    if (current === undefined) throw new TypeError('there is always one');
    return current;
  }

  crash(): Promise<void> {
    return this.#current.crash();
  }

  startAgain(): Promise<void> {
    return this.#current.startAgain();
  }

  async empty(): Promise<void> {
    const redis = new Redis(this.#current.url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined); // the command's own rejection tells
    try {
      await redis.connect();
      await redis.flushall();
    } finally {
      redis.disconnect();
    }
  }

  /** The old one is cut off, an empty replica takes its address. */
  async replace(): Promise<void> {
    const next = await startFromPath('redis');
    this.#servers.push(next);
    this.proxy.leadTo(next.url);
    this.proxy.cut();
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}
