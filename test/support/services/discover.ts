/**
 * Finds the real services: an environment variable, else the running default, else one started from the PATH.
 * Redis is the exception: a private one comes first, because tests may flush it.
 */

import { Redis } from 'ioredis';
import { type Found, keepServices } from './keep.ts';
import { probes, type ServiceName } from './probe.ts';
import { findProgram } from './processes.ts';

export interface Discovery {
  mariadb: Found;
  postgres: Found;
  redis: Found;
  /** Path of the redis-server program, for tests that run one of their own; null when there is none. */
  redisServer: string | null;
}

export const ENV_NAMES: Readonly<Record<ServiceName, string>> = {
  mariadb: 'AUTHEN_BRIDGE_TEST_MARIADB',
  postgres: 'AUTHEN_BRIDGE_TEST_POSTGRES',
  redis: 'AUTHEN_BRIDGE_TEST_REDIS',
};

const RUNNING_DEFAULTS: Readonly<Record<'mariadb' | 'postgres', readonly string[]>> = {
  mariadb: ['mysql://root@127.0.0.1:3306'],
  postgres: ['postgres://postgres@127.0.0.1:5432/postgres', 'postgres://root@127.0.0.1:5432/postgres'],
};

/** A database number that hardly anybody uses; it is taken only while it is empty. */
const SPARE_REDIS = 'redis://127.0.0.1:6379/15';

type Env = Readonly<Record<string, string | undefined>>;

export async function discover(env: Env): Promise<{ found: Discovery; stop(): Promise<void> }> {
  const redisServer = findProgram('redis-server', 'valkey-server');
  const [mariadb, postgres, redis] = await Promise.all([
    running('mariadb', env),
    running('postgres', env),
    redisServer === null ? runningRedis(env) : null,
  ]);
  const absent: ServiceName[] = [];
  if (mariadb === null) absent.push('mariadb');
  if (postgres === null) absent.push('postgres');
  if (redis === null) absent.push('redis');
  const kept = await keepServices(absent);
  const started = (name: ServiceName): Found => kept.found[name] ?? { url: null, problem: `no ${name}` };
  return {
    found: {
      mariadb: mariadb ?? started('mariadb'),
      postgres: postgres ?? started('postgres'),
      redis: redis ?? started('redis'),
      redisServer,
    },
    stop: () => kept.stop(),
  };
}

async function running(service: 'mariadb' | 'postgres', env: Env): Promise<Found | null> {
  const named = await fromEnv(service, env);
  if (named !== null) return named;
  for (const url of RUNNING_DEFAULTS[service]) {
    if ((await whyNot(service, url)) === null) return { url, problem: null };
  }
  return null;
}

async function runningRedis(env: Env): Promise<Found | null> {
  const named = await fromEnv('redis', env);
  if (named !== null) return named;
  if ((await whyNot('redis', SPARE_REDIS)) !== null) return null;
  const client = new Redis(SPARE_REDIS);
  try {
    return (await client.dbsize()) === 0 ? { url: SPARE_REDIS, problem: null } : null;
  } finally {
    client.disconnect();
  }
}

/** A service that is named but does not answer is a mistake to be told, not a reason to take another. */
async function fromEnv(service: ServiceName, env: Env): Promise<Found | null> {
  const url = env[ENV_NAMES[service]];
  if (url === undefined || url === '') return null;
  const problem = await whyNot(service, url);
  if (problem === null) return { url, problem: null };
  return { url: null, problem: `${ENV_NAMES[service]} is set but cannot be used: ${problem}` };
}

/** Null when the service answers and lets us in; else why not. */
async function whyNot(service: ServiceName, url: string): Promise<string | null> {
  try {
    await probes[service](url);
    return null;
  } catch (error) {
    // an AggregateError (every address refused) has no message of its own
    const { message, code } = error as NodeJS.ErrnoException;
    return message || (code ?? 'no answer');
  }
}
