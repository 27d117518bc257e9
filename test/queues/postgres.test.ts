/** What is PostgreSQL's own. */

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { WorkQueue } from '../../src/service/ports/work-queue.ts';
import { describeWith, freshPostgres } from '../support/services.ts';
import { eventually, handlers, keptLog, openAt, stepJob, stepJobs } from './support.ts';

describeWith('postgres', 'a PostgreSQL that cuts its connections', (adminUrl) => {
  let database: Awaited<ReturnType<typeof freshPostgres>>;
  const opened: WorkQueue[] = [];
  beforeEach(async () => {
    database = await freshPostgres(adminUrl);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close(0)));
    await database.drop();
  });

  it('goes on with work and schedules when they are cut, as at a restart', async () => {
    const log = keptLog();
    const queue = await openAt(database.url, { log });
    opened.push(queue);
    const [done, ran]: [Set<string>, number[]] = [new Set(), []];
    await queue.add(stepJobs(200));
    const handler = async ({ vn }: { vn: string }): Promise<void> => {
      await sleep(10);
      done.add(vn);
    };
    const schedule = { id: 'poll', every: 200, run: async () => void ran.push(1) };
    await queue.start(handlers(handler, [schedule]));
    await eventually(() => expect(done.size).toBeGreaterThan(20));
    await cutAll(adminUrl, new URL(database.url).pathname.slice(1));
    await eventually(() => expect(done.size).toBe(200));
    const before = ran.length;
    await eventually(() => expect(ran.length).toBeGreaterThan(before + 2));
    await queue.add([stepJob({ vn: 'afterwards' })]);
    await eventually(() => expect(done).toContain('afterwards'));
    expect(log.lines.some((line) => line.level === 'warn')).toBe(true);
  });

  it('sees within seconds that its jobs are gone, and has them put back', async () => {
    const queue = await openAt(database.url, { scheduleCheckMs: 60_000 });
    opened.push(queue);
    const [done, ran]: [Set<string>, number[]] = [new Set(), []];
    const schedule = { id: 'poll', every: 200, run: async () => void ran.push(1) };
    const refill = (): Promise<void> => queue.add(stepJobs(5));
    await queue.start(handlers(async ({ vn }) => void done.add(vn), [schedule], refill));
    await sleep(1_000);
    expect(done.size).toBe(0);
    await emptied(database.url);
    const before = ran.length;
    await eventually(() => expect(done.size).toBe(5), 5_000);
    await eventually(() => expect(ran.length).toBeGreaterThan(before + 2), 5_000);
  });

  it('is refused with the next step when it does not let us in', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    await expect(openAt(url.href)).rejects.toMatchObject({
      code: 'config',
      retry: 'no',
      message: expect.stringContaining('Correct user, password or database'),
    });
  });

  it('is refused when the tables cannot be made, with the right to give', async () => {
    const role = `authen_bridge_test_${Date.now().toString(36)}`;
    await admin(adminUrl, `create role ${role} login`);
    try {
      const url = new URL(database.url);
      url.username = role;
      await expect(openAt(url.href)).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining('GRANT CREATE ON DATABASE'),
      });
    } finally {
      await admin(adminUrl, `drop role ${role}`);
    }
  });
});

function cutAll(adminUrl: string, database: string): Promise<void> {
  const text = 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1';
  return admin(adminUrl, text, [database]);
}

/** Every table of the queue but that of its migrations. */
async function emptied(url: string): Promise<void> {
  const tables = "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables";
  const which = "schemaname = 'bullmq' and tablename !~ 'migration'";
  for (let left = 10; ; left--) {
    try {
      return await admin(url, `do $$ begin execute 'truncate ' || (${tables} where ${which}); end $$`);
    } catch (error) {
      // the queue is at work meanwhile, and takes its locks in another order
      if (left === 0 || !(error instanceof pg.DatabaseError) || error.code !== '40P01') throw error;
    }
  }
}

async function admin(url: string, text: string, values: string[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
}
