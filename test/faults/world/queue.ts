/** Where the jobs are, and how they can be lost. */

import { Redis } from 'ioredis';
import pg from 'pg';
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
  /** What stands in it; for a run that went wrong. */
  words(): Promise<string>;
  close(): Promise<void>;
}

export async function openQueuePlace(kind: Setup['queue'], postgres: Started): Promise<QueuePlace> {
  if (kind === 'embedded') {
    const words = async (): Promise<string> => 'inside the bridge\n';
    return { queue: kind, proxy: null, redis: null, words, close: async () => undefined };
  }
  if (kind === 'postgres') {
    const database = await freshPostgres(postgres.url);
    const proxy = await TcpProxy.to(database.url);
    const close = async (): Promise<void> => {
      await proxy.close();
      await database.drop();
    };
    const words = (): Promise<string> => rowsOf(database.url);
    return { queue: proxy.through(database.url), proxy, redis: null, words, close };
  }
  const redis = await RedisPlace.open();
  const words = (): Promise<string> => redis.keys();
  return { queue: redis.url, proxy: redis.proxy, redis, words, close: () => redis.close() };
}

/** Every row of BullMQ's tables. */
async function rowsOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "select quote_ident(tablename) as name from pg_tables where schemaname = 'bullmq'",
    );
    const words: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query(`select * from bullmq.${name}`);
      words.push(`--- ${name}`, ...rows.map((row) => JSON.stringify(row)));
    }
    return `${words.join('\n')}\n`;
  } finally {
    await client.end();
  }
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
    await this.#ask((redis) => redis.flushall());
  }

  /** Every key of it, and what the schedules' hold. */
  keys(): Promise<string> {
    return this.#ask(async (redis) => {
      const words: string[] = [];
      for (const key of (await redis.keys('*')).sort()) {
        const kind = await redis.type(key);
        const held = kind === 'hash' ? JSON.stringify(await redis.hgetall(key)) : kind;
        words.push(`${key}: ${held}`);
      }
      return `${words.join('\n')}\n`;
    });
  }

  async #ask<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.#current.url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined); // the command's own rejection tells
    try {
      await redis.connect();
      return await work(redis);
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
