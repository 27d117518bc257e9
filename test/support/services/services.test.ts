import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { describeWith, freshMariaDb, freshPostgres, services } from '../services.ts';
import { discover, ENV_NAMES } from './discover.ts';
import { type Found, keepServices } from './keep.ts';
import { probes, SERVICE_NAMES } from './probe.ts';

describeWith('mariadb', 'a fresh MariaDB database', (adminUrl) => {
  test.each(['utf8mb4', 'tis620'] as const)('keeps Thai in %s, and goes away', async (charset) => {
    const db = await freshMariaDb(adminUrl, charset);
    const connection = await mysql.createConnection({ uri: db.url });
    await connection.query('CREATE TABLE t (name VARCHAR(20))');
    await connection.query('INSERT INTO t VALUES (?)', ['ใจดี']);
    const [rows] = await connection.query('SELECT name, CHARSET(name) AS charset FROM t');
    expect(rows).toEqual([{ name: 'ใจดี', charset }]);
    await connection.end();
    await db.drop();
    await expect(mysql.createConnection({ uri: db.url })).rejects.toThrow(/Unknown database/);
  });
});

describeWith('postgres', 'a fresh PostgreSQL database', (adminUrl) => {
  test('is empty, and goes away even while a connection is open', async () => {
    const db = await freshPostgres(adminUrl);
    const client = new pg.Client({ connectionString: db.url });
    client.on('error', () => undefined); // the drop below cuts this connection on purpose
    await client.connect();
    expect((await client.query('show server_encoding')).rows).toEqual([{ server_encoding: 'UTF8' }]);
    await db.drop();
    await expect(new pg.Client({ connectionString: db.url }).connect()).rejects.toThrow(/does not exist/);
  });
});

describeWith('redis', 'Redis', (url) => {
  test('answers', () => expect(probes.redis(url)).resolves.toBeUndefined());
});

/** Starts each from the PATH where the machine has it: the road taken on a machine where nothing runs. */
describe('started from the PATH', () => {
  test.each(SERVICE_NAMES)(
    '%s comes up with admin rights, and is ended',
    { timeout: 90_000 },
    async (service) => {
      const kept = await keepServices([service]);
      onTestFinished(() => kept.stop());
      const { url = null, problem } = kept.found[service] ?? {};
      // without the program the sentence must help; a program that does not come up is a failure
      if (url === null)
        return expect(problem).toMatch(/^no \w+ found \(looked at .*; install Debian's [a-z-]+\)$/);
      await probes[service](url);
      await kept.stop();
      await expect(probes[service](url)).rejects.toThrow();
    },
  );
});

const HOLD_REDIS = `
  import { keepServices } from ${JSON.stringify(new URL('keep.ts', import.meta.url).href)};
  const { found } = await keepServices(['redis']);
  console.log(JSON.stringify(found.redis));
  setInterval(() => {}, 1000);`;

describe('discovery', () => {
  test('a service that is named but does not answer is told, not replaced', async () => {
    const env = {
      [ENV_NAMES.mariadb]: 'mysql://root@127.0.0.1:9',
      [ENV_NAMES.postgres]: 'postgres://x@127.0.0.1:9/x',
    };
    const { found, stop } = await discover(env);
    await stop();
    expect(found.mariadb.url).toBeNull();
    expect(found.mariadb.problem).toMatch(/^AUTHEN_BRIDGE_TEST_MARIADB is set but cannot be used: .+/);
    expect(found.postgres.problem).toMatch(/^AUTHEN_BRIDGE_TEST_POSTGRES is set but cannot be used: .+/);
  });

  test('takes the addresses that it is given', async () => {
    const { mariadb, postgres } = services();
    const env: Record<string, string> = {};
    if (mariadb !== null) env[ENV_NAMES.mariadb] = mariadb;
    if (postgres !== null) env[ENV_NAMES.postgres] = postgres;
    const { found, stop } = await discover(env);
    await stop();
    expect([found.mariadb.url, found.postgres.url]).toEqual([mariadb, postgres]);
  });

  test('the servers end with whoever holds them, even when that is killed', async () => {
    const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLD_REDIS], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = (await once(holder.stdout, 'data')) as [Buffer];
    const { url, problem } = JSON.parse(chunk.toString()) as Found;
    if (url === null) return expect(problem).toMatch(/redis-server/);
    const client = new Redis(url);
    const [, folder] = (await client.config('GET', 'dir')) as [string, string];
    client.disconnect();
    expect(existsSync(folder)).toBe(true);
    holder.kill('SIGKILL');
    await vi.waitUntil(() => !existsSync(folder), { timeout: 20_000, interval: 100 });
    await expect(probes.redis(url)).rejects.toThrow();
  });
});
