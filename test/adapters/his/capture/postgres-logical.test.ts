/** Change capture at a PostgreSQL of its own, with `wal_level = logical`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkCapture } from '../../../../adapters/his/sql/capture/capture.ts';
import { openSql } from '../../../../adapters/his/sql/open.ts';
import { type Started, startFromPath } from '../../../support/services/start.ts';
import { describeWith } from '../../../support/services.ts';
import { TcpProxy } from '../../../support/tcp-proxy.ts';
import { as, Listening, postgresRun, TABLES } from './capture-support.ts';

const TIMEOUT = { timeout: 60_000 };

const SLOTS = 'select slot_name from pg_replication_slots';

/** A process of its own that listens, and says so. */
const LISTEN = `
  import { openCapture } from ${JSON.stringify(new URL('../../../../adapters/his/sql/capture/capture.ts', import.meta.url).href)};
  const db = { run: async () => ({ rows: [], affected: 0 }) };
  openCapture({ url: process.argv[1], tables: ['ovst'], db }, { changed() {}, listening: (is) => console.log(is) });`;

describeWith('postgres', 'change capture by logical decoding', (shared) => {
  let server: Started;
  let root: string;
  let url: string;
  let open: Listening | null = null;

  const listen = async (at = url, more: Record<string, unknown> = {}): Promise<Listening> => {
    open = new Listening(at, more);
    await open.until(null);
    return open;
  };
  const run = (...statements: string[]): Promise<Record<string, unknown>[]> =>
    postgresRun(root, ...statements);
  const gone = async (): Promise<void> => {
    await vi.waitUntil(async () => (await run(SLOTS)).length === 0, { timeout: 20_000, interval: 50 });
  };

  beforeAll(async () => {
    server = await startFromPath('postgres', ['-c', 'wal_level=logical', '-c', 'max_replication_slots=2']);
    await postgresRun(server.url, 'create database hos', 'create database other');
    root = as(server.url, 'postgres', '', '/hos');
    await run(
      'create table ovst (vn varchar(13) primary key, note text)',
      'create table visit_pttype (vn varchar(13), pttype varchar(2), day date) partition by range (day)',
      "create table visit_pttype_2568 partition of visit_pttype for values from ('2025-01-01') to ('2026-01-01')",
      'create table lab_head (vn varchar(13), result text)',
      'create schema attic',
      'create table attic.ovst (vn varchar(13))',
      'create role bridge login replication',
      'grant select on ovst to bridge',
    );
    await postgresRun(as(server.url, 'postgres', '', '/other'), 'create table ovst (vn varchar(13))');
    url = as(root, 'bridge', '');
  }, 60_000);
  afterEach(async () => {
    await open?.close();
    open = null;
  });
  afterAll(() => server.stop());

  test('rings once when it begins, and for each committed change of a table of visits', TIMEOUT, async () => {
    open = new Listening(url);
    await vi.waitUntil(() => (open?.rings ?? 0) > 0, { timeout: 20_000 });
    await open.until(null);
    const rings = (statement: string): Promise<boolean> | undefined => open?.ringsAt(() => run(statement));
    expect(await rings("insert into ovst values ('681128080000', 'ใจดี')")).toBe(true);
    expect(await rings("insert into visit_pttype values ('681128080000', '10', '2025-11-28')")).toBe(true);
    expect(await rings("update ovst set note = 'โทรแล้ว'")).toBe(true);
    expect(await rings('delete from ovst')).toBe(true);
    expect(await rings('truncate lab_head, ovst')).toBe(true);
    // nothing changed, or elsewhere
    expect(await rings("update ovst set note = 'x' where vn = 'none'")).toBe(false);
    expect(await rings("insert into lab_head values ('1', 'table public.ovst: INSERT:')")).toBe(false);
    expect(await rings("insert into attic.ovst values ('1')")).toBe(false);
    const other = as(server.url, 'postgres', '', '/other');
    expect(await open.ringsAt(() => postgresRun(other, "insert into ovst values ('1')"))).toBe(false);
    expect(open.said).toEqual([null]);
  });

  test('a transaction rings when it is committed, one that is taken back never', TIMEOUT, async () => {
    const listening = await listen();
    const desk = new pg.Client({ connectionString: root });
    await desk.connect();
    const rings = (statement: string): Promise<boolean> => listening.ringsAt(() => desk.query(statement));
    await desk.query('begin');
    expect(await rings("insert into ovst values ('1', '')")).toBe(false);
    expect(await rings('rollback')).toBe(false);
    await desk.query('begin');
    expect(await rings("insert into ovst values ('2', '')")).toBe(false);
    expect(await rings("insert into lab_head values ('2', '')")).toBe(false);
    expect(await rings('commit')).toBe(true);
    await desk.end();
  });

  test('a transaction of 20 MB, and a row of 20 MB, pass through and ring once', TIMEOUT, async () => {
    const listening = await listen();
    expect(
      await listening.ringsAt(
        () =>
          run(
            'begin',
            "insert into lab_head select n, repeat('x', 1000) from generate_series(1, 20000) n",
            "insert into ovst values ('big', repeat('x', 20000000))",
            'commit',
          ),
        10_000,
      ),
    ).toBe(true);
    expect(
      await listening.ringsAt(() => run("insert into lab_head values ('', repeat('x', 20000000))"), 3_000),
    ).toBe(false);
    expect(listening.said).toEqual([null]);
  });

  test(
    'a server that is killed and comes back is heard again, with a ring for what was missed',
    TIMEOUT,
    async () => {
      const listening = await listen();
      await server.crash();
      await listening.until(/./);
      await server.startAgain();
      listening.rings = 0;
      await vi.waitUntil(() => listening.said.at(-1) === null, { timeout: 20_000 });
      await vi.waitUntil(() => listening.rings > 0, { timeout: 20_000 });
      await listening.quiet();
      expect(await listening.ringsAt(() => run("insert into ovst values ('again', '')"))).toBe(true);
    },
  );

  test(
    'a right that is taken away is told with the statement, and one that is given is found',
    TIMEOUT,
    async () => {
      const listening = await listen();
      await run(
        'alter role bridge noreplication',
        'select pg_terminate_backend(pid) from pg_stat_replication',
      );
      expect(await listening.until(/ALTER ROLE/)).toBe(
        'the account may not listen to the log. ALTER ROLE bridge REPLICATION;',
      );
      await run('alter role bridge replication');
      await listening.until(null);
    },
  );

  test('a line that is half open is noticed on both sides, and taken up again', TIMEOUT, async () => {
    const proxy = await TcpProxy.to(root);
    const listening = await listen(proxy.through(url));
    const [{ slot_name: slot } = {}] = await run(SLOTS);
    proxy.hold(true);
    await listening.until(/said nothing for 15 seconds/, 30_000);
    await vi.waitUntil(async () => (await run(SLOTS)).every((row) => row.slot_name !== slot), {
      timeout: 30_000,
    });
    proxy.hold(false);
    await listening.until(null);
    await listening.close();
    open = null;
    await proxy.close();
  });

  test('the log is not kept: what was heard is thrown away by the server', TIMEOUT, async () => {
    const listening = await listen();
    const kept = async (): Promise<number> => {
      const [row] = await run(
        'select pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) as behind from pg_replication_slots',
      );
      return Number(row?.behind);
    };
    await run(
      "insert into lab_head select n, repeat('x', 1000) from generate_series(1, 20000) n",
      'checkpoint',
    );
    await vi.waitUntil(async () => (await kept()) < 1_000_000, { timeout: 15_000, interval: 200 });
    expect(listening.said).toEqual([null]);
  });

  test('the slot is gone when it is closed, and when the process is killed', TIMEOUT, async () => {
    const listening = await listen();
    expect(await run(SLOTS)).toHaveLength(1);
    await listening.close();
    open = null;
    await gone();
    const child = spawn(process.execPath, ['--input-type=module', '-e', LISTEN, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(await run(SLOTS)).toHaveLength(1);
    child.kill('SIGKILL');
    await gone();
  });

  test(
    'a transaction that stays open stops it for ten seconds at a time, and leaves no half-made slot',
    TIMEOUT,
    async () => {
      const holder = new pg.Client({ connectionString: root });
      await holder.connect();
      await holder.query('begin');
      await holder.query("insert into lab_head values ('held', '')");
      open = new Listening(url);
      expect(await open.until(/open for longer than 10 seconds/)).toContain('pg_stat_activity');
      await vi.waitUntil(async () => (await run(SLOTS)).length === 0, { timeout: 5_000, interval: 5 });
      await holder.query('rollback');
      await holder.end();
      await open.until(null);
    },
  );

  test(
    'lets go when a transaction makes the server keep too much, and comes back by itself',
    TIMEOUT,
    async () => {
      const listening = await listen(url, { mostKeptBytes: 20_000_000, keptEveryMs: 500 });
      const holder = new pg.Client({ connectionString: root });
      await holder.connect();
      await holder.query('begin');
      await holder.query("insert into lab_head values ('held', '')");
      await run(
        "insert into lab_head select n, repeat('x', 1000) from generate_series(1, 40000) n",
        'checkpoint',
      );
      await listening.until(/had to keep 19 MB/);
      await holder.query('rollback');
      await holder.end();
      await listening.until(null, 40_000);
    },
  );

  describe('doctor', () => {
    const check = async (at: string): Promise<unknown> => {
      const db = openSql({ url: at, connections: 1, statementTimeoutMs: 2_000 });
      try {
        return await checkCapture({ url: at, tables: TABLES, db });
      } finally {
        await db.close();
      }
    };

    test('is content, and leaves nothing behind', TIMEOUT, async () => {
      expect(await check(url)).toMatchObject({ check: 'his-change-capture', level: 'ok' });
      await gone();
    });

    test('says which level of the log is needed', TIMEOUT, async () => {
      expect(await check(shared)).toEqual({
        check: 'his-change-capture',
        level: 'warn',
        message: expect.stringContaining('(wal_level is replica); the bridge only polls'),
        fix: "ALTER SYSTEM SET wal_level = 'logical'; and start the server again.",
      });
    });

    test('says when all slots are taken', TIMEOUT, async () => {
      const take = [1, 2].map((n) => `select pg_create_physical_replication_slot('taken_${n}')`);
      await run(...take);
      expect(await check(url)).toMatchObject({
        level: 'warn',
        message: expect.stringContaining('all replication slots are in use'),
        fix: 'Raise max_replication_slots by one, and start the server again.',
      });
      await run(...[1, 2].map((n) => `select pg_drop_replication_slot('taken_${n}')`));
    });
  });
});
