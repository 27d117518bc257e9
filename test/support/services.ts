/**
 * The real services that integration tests run against. How they are found: `services/discover.ts`.
 *
 * ```ts
 * describeWith('mariadb', 'hosxp on mariadb', (adminUrl) => {
 *   let db: Awaited<ReturnType<typeof freshMariaDb>>;
 *   beforeAll(async () => { db = await freshMariaDb(adminUrl, 'tis620'); });
 *   afterAll(() => db.drop());
 * ```
 */

import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { describe, inject, test } from 'vitest';
import type { ServiceName } from './services/probe.ts';

/** Addresses with admin rights; null = not on this machine. */
export interface Services {
  mariadb: string | null;
  postgres: string | null;
  redis: string | null;
  /** Path of the redis-server program. */
  redisServer: string | null;
}

export function services(): Services {
  const { mariadb, postgres, redis, redisServer } = inject('services');
  return { mariadb: mariadb.url, postgres: postgres.url, redis: redis.url, redisServer };
}

/**
 * A `describe` whose body gets the service's address. When the service is nowhere the suite says so in one line and
 * is counted as skipped; where `CI` is set it fails instead, since there nothing may be left out unseen.
 */
export function describeWith(service: ServiceName, title: string, body: (url: string) => void): void {
  const { url, problem } = inject('services')[service];
  describe(title, () => (url === null ? missing(title, service, problem) : body(url)));
}

/** In the body of a `describe` for which something is not on this machine: one line, and a failure where `CI` is set. */
export function missing(title: string, what: string, problem: string): void {
  const sentence = `SKIPPED ${title}: ${problem}`;
  test(`needs ${what}`, ({ skip }) => {
    if (isCi(process.env.CI)) throw new Error(sentence);
    process.stdout.write(`${sentence}\n`);
    skip(problem);
  });
}

function isCi(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}

/** A database of a test's own. */
export interface FreshDatabase {
  url: string;
  drop(): Promise<void>;
}

/** HOSxP stands on tis620 in old hospitals and on utf8mb4 in new ones. */
export async function freshMariaDb(
  adminUrl: string,
  charset: 'utf8mb4' | 'tis620' = 'utf8mb4',
): Promise<FreshDatabase> {
  const name = freshName();
  const admin = async (statement: string): Promise<void> => {
    const connection = await mysql.createConnection({ uri: adminUrl });
    try {
      await connection.query(statement);
    } finally {
      await connection.end();
    }
  };
  await admin(`CREATE DATABASE ${name} CHARACTER SET ${charset}`);
  return { url: within(adminUrl, name), drop: () => admin(`DROP DATABASE IF EXISTS ${name}`) };
}

export async function freshPostgres(adminUrl: string): Promise<FreshDatabase> {
  const name = freshName();
  const admin = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await admin(`create database ${name} template template0 encoding 'UTF8'`);
  // a test that failed half-way may have left connections open: force
  return { url: within(adminUrl, name), drop: () => admin(`drop database if exists ${name} with (force)`) };
}

function freshName(): string {
  return `authen_bridge_test_${randomBytes(6).toString('hex')}`;
}

function within(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** A Redis database of one suite's own, on the server that all share: of two bridges each would take the other's jobs. */
export function ownRedis(url: string, database: number): string {
  return new URL(`/${database}`, url).href;
}
