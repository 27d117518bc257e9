/** Change capture at a MariaDB of its own, with a binary log. */

import mysql from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkCapture } from '../../../../adapters/his/sql/capture/capture.ts';
import { openSql } from '../../../../adapters/his/sql/open.ts';
import { type Started, startFromPath } from '../../../support/services/start.ts';
import { describeWith } from '../../../support/services.ts';
import { TcpProxy } from '../../../support/tcp-proxy.ts';
import { as, Listening, mysqlRun, TABLES } from './capture-support.ts';

const TIMEOUT = { timeout: 60_000 };

/** For what the server itself needs long for. */
const LONG_MS = 15_000;

const PASSWORD = 'a-password-9';

const LISTENERS = "select id from information_schema.processlist where command like 'Binlog Dump%'";

describeWith('mariadb', 'change capture by the binary log', (shared) => {
  let server: Started;
  let root: string;
  let url: string;
  let open: Listening | null = null;

  const listen = async (at = url, wanted: RegExp | null = null): Promise<Listening> => {
    open = new Listening(at);
    await open.until(wanted);
    return open;
  };
  const run = (...statements: string[]): Promise<Record<string, unknown>[]> =>
    mysqlRun(`${root}/hos`, ...statements);

  beforeAll(async () => {
    server = await startFromPath('mariadb', [
      '--log-bin=log',
      '--binlog-format=ROW',
      '--server-id=1',
      '--max-allowed-packet=64M',
    ]);
    root = server.url;
    await mysqlRun(
      root,
      'create database hos character set tis620',
      'create database other',
      'create table hos.ovst (vn varchar(13) primary key, note varchar(50)) engine = InnoDB',
      'create table hos.visit_pttype (vn varchar(13) primary key, pttype varchar(2), scan longblob) engine = MyISAM',
      'create table hos.lab_head (vn varchar(13), result longblob) engine = InnoDB',
      'create table other.ovst (vn varchar(13)) engine = InnoDB',
      `create user bridge@'127.0.0.1' identified by '${PASSWORD}'`,
      "grant select on hos.ovst to bridge@'127.0.0.1'",
      "grant replication slave, replication client on *.* to bridge@'127.0.0.1'",
    );
    url = as(root, 'bridge', PASSWORD, '/hos');
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
    expect(await rings("insert into visit_pttype values ('681128080000', '10', null)")).toBe(true);
    expect(await rings("update ovst set note = 'โทรแล้ว' where vn = '681128080000'")).toBe(true);
    expect(await rings("delete from visit_pttype where vn = '681128080000'")).toBe(true);
    expect(await rings('truncate visit_pttype')).toBe(true);
    // nothing changed, or elsewhere
    expect(await rings("update ovst set note = 'x' where vn = 'none'")).toBe(false);
    expect(await rings("insert into lab_head values ('681128080000', 'ovst')")).toBe(false);
    expect(await rings("insert into other.ovst values ('681128080000')")).toBe(false);
    expect(open.said).toEqual([null]);
  });

  test('a transaction rings when it is committed, one that is taken back never', TIMEOUT, async () => {
    const listening = await listen();
    const desk = await mysql.createConnection({ uri: `${root}/hos` });
    const rings = (statement: string): Promise<boolean> => listening.ringsAt(() => desk.query(statement));
    await desk.query('begin');
    expect(await rings("insert into ovst values ('681128090000', '')")).toBe(false);
    expect(await rings('rollback')).toBe(false);
    await desk.query('begin');
    expect(await rings("insert into ovst values ('681128090001', '')")).toBe(false);
    expect(await rings("insert into lab_head values ('681128090001', '')")).toBe(false);
    expect(await rings('commit')).toBe(true);
    await desk.end();
  });

  test('statements in the log, STATEMENT or MIXED, are heard by the names in them', TIMEOUT, async () => {
    const listening = await listen();
    for (const format of ['STATEMENT', 'MIXED']) {
      const rings = (statement: string): Promise<boolean> =>
        listening.ringsAt(() => run(`set session binlog_format = '${format}'`, statement));
      expect(await rings(`insert into ovst values ('${format}', 'ใจดี')`)).toBe(true);
      expect(await rings(`insert into visit_pttype values ('${format}', '10', null)`)).toBe(true);
      expect(await rings(`UPDATE \`hos\`.\`ovst\` SET note = '' where vn = '${format}'`)).toBe(true);
      expect(await rings(`insert into lab_head values ('${format}', 'x')`)).toBe(false);
      expect(await rings(`insert into other.ovst values ('${format}')`)).toBe(false);
    }
  });

  test('a transaction of 20 MB, and a row of 20 MB, pass through and ring once', TIMEOUT, async () => {
    const listening = await listen();
    const small = await listening.ringsAt(
      () =>
        run(
          'begin',
          `insert into lab_head select seq, repeat('x', 1000) from seq_1_to_20000`,
          "update ovst set note = 'big'",
          'commit',
        ),
      LONG_MS,
    );
    expect(small).toBe(true);
    expect(
      await listening.ringsAt(
        () => run("insert into visit_pttype values ('big', '10', repeat('x', 20000000))"),
        LONG_MS,
      ),
    ).toBe(true);
    expect(
      await listening.ringsAt(() => run("insert into lab_head values ('big', repeat('x', 20000000))"), 3_000),
    ).toBe(false);
    expect(await listening.ringsAt(() => run("delete from visit_pttype where vn = 'big'"), LONG_MS)).toBe(
      true,
    );
    expect(listening.said).toEqual([null]);
  });

  test('goes on over a new file of the log, and one that was purged', TIMEOUT, async () => {
    const listening = await listen();
    await run('flush binary logs', 'flush binary logs');
    const [last] = await run('show master status');
    await run(`purge binary logs to '${String(last?.File)}'`);
    expect(await listening.ringsAt(() => run("insert into ovst values ('rotated', '')"))).toBe(true);
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
    'a right that is taken away is told with the GRANT, and one that is given is found',
    TIMEOUT,
    async () => {
      const listening = await listen();
      await run("revoke replication slave on *.* from bridge@'127.0.0.1'");
      const [{ id } = {}] = await run(LISTENERS);
      await run(`kill ${String(id)}`);
      expect(await listening.until(/GRANT/)).toBe(
        "the account may not read the binary log. GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'bridge'@'127.0.0.1';",
      );
      await run(
        "grant replication slave on *.* to bridge@'127.0.0.1'",
        "revoke replication client on *.* from bridge@'127.0.0.1'",
      );
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(listening.said.at(-1)).toMatch(/GRANT/);
      await run("grant replication client on *.* to bridge@'127.0.0.1'");
      await listening.until(null);
    },
  );

  test('a line that is half open is noticed, and taken up again', TIMEOUT, async () => {
    const proxy = await TcpProxy.to(root);
    const listening = await listen(proxy.through(url));
    proxy.hold(true);
    await listening.until(/said nothing for 15 seconds/, 30_000);
    proxy.hold(false);
    await listening.until(null);
    await listening.close();
    open = null;
    await proxy.close();
  });

  test('nothing is left in the server when it is closed', TIMEOUT, async () => {
    const listening = await listen();
    expect(await run(LISTENERS)).toHaveLength(1);
    expect((await run('show slave hosts'))[0]).toMatchObject({ Host: 'authen-bridge' });
    await listening.close();
    open = null;
    await vi.waitUntil(async () => (await run(LISTENERS)).length === 0, { timeout: 3_000 });
  });

  test('two bridges do not throw each other out', TIMEOUT, async () => {
    const listening = await listen();
    const second = new Listening(url);
    await second.until(null);
    expect(await listening.ringsAt(() => run("insert into ovst values ('two', '')"))).toBe(true);
    expect(second.rings).toBeGreaterThan(0);
    await second.close();
    expect(listening.said).toEqual([null]);
  });

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
      expect(await check(url)).toEqual({
        check: 'his-change-capture',
        level: 'ok',
        message: 'changes are heard of at once (change capture)',
      });
      await vi.waitUntil(async () => (await run(LISTENERS)).length === 0, { timeout: 3_000 });
    });

    test('says how a log is switched on', TIMEOUT, async () => {
      expect(await check(`${shared}/mysql`)).toMatchObject({
        level: 'warn',
        message: 'no change capture: the database server writes no binary log; the bridge only polls',
        fix: expect.stringContaining('log_bin, binlog_format = ROW'),
      });
    });
  });
});

describeWith('mariadb', 'a binary log that leaves the database out', () => {
  test('is told', TIMEOUT, async () => {
    const server = await startFromPath('mariadb', [
      '--log-bin=log',
      '--server-id=1',
      '--binlog-ignore-db=hos',
    ]);
    try {
      await mysqlRun(server.url, 'create database hos');
      const listening = new Listening(`${server.url}/hos`);
      expect(await listening.until(/leaves the database hos out/)).toMatch(/binlog_ignore_db/);
      await listening.close();
    } finally {
      await server.stop();
    }
  });
});
