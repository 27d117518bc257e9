/** A visit is heard of within a fraction of a second; `npm run bench -- his` says how long exactly. */

import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { ringDelays } from '../../../bench/capture-delay.ts';
import { startFromPath } from '../../../support/services/start.ts';
import { describeWith } from '../../../support/services.ts';
import { mysqlRun, postgresRun } from './capture-support.ts';

const COUNT = 10;

/** Far above what is measured: a machine that runs all tests at once is slow. */
const SLOWEST_MS = 2_000;

const db = { run: async () => ({ rows: [], affected: 0 }) };

describeWith('mariadb', 'delay of change capture on MariaDB', () => {
  test('is short', { timeout: 60_000 }, async () => {
    const server = await startFromPath('mariadb', ['--log-bin=log', '--binlog-format=ROW', '--server-id=1']);
    const url = `${server.url}/hos`;
    await mysqlRun(server.url, 'create database hos', 'create table hos.ovst (vn int primary key)');
    const [desk, other] = await Promise.all([mysql.createConnection(url), mysql.createConnection(url)]);
    const { seen } = await ringDelays(
      { url, tables: ['ovst'], db },
      COUNT,
      (n) => desk.query('insert into ovst values (?)', [n]),
      async (n) => ((await other.query('select 1 from ovst where vn = ?', [n]))[0] as unknown[]).length > 0,
    );
    await Promise.all([desk.end(), other.end()]);
    await server.stop();
    expect(seen).toHaveLength(COUNT);
    expect(seen.at(-1)).toBeLessThan(SLOWEST_MS);
  });
});

describeWith('postgres', 'delay of change capture on PostgreSQL', () => {
  test('is short', { timeout: 60_000 }, async () => {
    const server = await startFromPath('postgres', ['-c', 'wal_level=logical']);
    await postgresRun(server.url, 'create table ovst (vn int primary key)');
    const [desk, other] = [new pg.Client(server.url), new pg.Client(server.url)];
    await Promise.all([desk.connect(), other.connect()]);
    const { seen } = await ringDelays(
      { url: server.url, tables: ['ovst'], db },
      COUNT,
      (n) => desk.query('insert into ovst values ($1)', [n]),
      async (n) => (await other.query('select 1 from ovst where vn = $1', [n])).rows.length > 0,
    );
    await Promise.all([desk.end(), other.end()]);
    await server.stop();
    expect(seen).toHaveLength(COUNT);
    expect(seen.at(-1)).toBeLessThan(SLOWEST_MS);
  });
});
