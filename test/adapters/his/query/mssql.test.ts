/**
 * SQL Server, as far as it can be held without one: how an address is read, what its error numbers mean, the texts, and that a
 * server which is away or says nothing is noticed in time. No real server has been seen.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mssqlDialect } from '../../../../adapters/his/sql/dialect.ts';
import { isConflict, isDuplicate, isTooLong } from '../../../../adapters/his/sql/errors.ts';
import { mssqlConfig, mssqlError, openMssql } from '../../../../adapters/his/sql/mssql.ts';

const limits = { connections: 2, statementTimeoutMs: 700 };

describe('an address', () => {
  test('is read part by part', () => {
    expect(
      mssqlConfig({ ...limits, url: 'mssql://bridge:p%40ss%2Fword@10.0.0.9:1444/HIS%20db?encrypt=false' }),
    ).toMatchObject({
      ...{ server: '10.0.0.9', port: 1444, user: 'bridge', password: 'p@ss/word', database: 'HIS db' },
      ...{
        requestTimeout: 700,
        pool: { max: 2, min: 0 },
        options: { encrypt: false, trustServerCertificate: false, dateFormat: 'ymd' },
      },
    });
  });
  test('encrypts, and believes no certificate, unless it says otherwise', () => {
    const { options, port } = mssqlConfig({
      ...limits,
      url: 'sqlserver://u:p@his/db?trustServerCertificate=true&instance=HIS',
    });
    expect(options).toMatchObject({ encrypt: true, trustServerCertificate: true, instanceName: 'HIS' });
    expect(port).toBeUndefined();
  });
});

describe('an error', () => {
  const error = (number: number, code = 'EREQUEST') =>
    mssqlError(Object.assign(new Error('what it says'), { code, number }));
  test.each([
    [229, 'his-denied'],
    [230, 'his-denied'],
    [916, 'his-denied'],
    [4060, 'his-denied'],
    [18456, 'his-denied'],
    [1205, 'his-timeout'],
    [1222, 'his-timeout'],
    [1105, 'his-unreachable'],
    [6005, 'his-unreachable'],
    [207, 'his-schema'],
    [208, 'his-schema'],
    [2627, 'his-schema'],
    [8152, 'his-schema'],
  ])('%i is %s', (number, code) => {
    expect(error(number)).toMatchObject({
      code,
      retry: ['his-timeout', 'his-unreachable'].includes(code) ? 'yes' : 'no',
    });
  });
  test.each([
    ['ETIMEOUT', 'his-timeout'],
    ['ESOCKET', 'his-unreachable'],
    ['ECONNCLOSED', 'his-unreachable'],
    ['EINSTLOOKUP', 'his-unreachable'],
    ['ELOGIN', 'his-denied'],
  ])('the driver’s %s is %s', (driver, code) => {
    expect(error(Number.NaN, driver)).toMatchObject({ code });
  });
  test('what a write asks about', () => {
    expect([2628, 8152].map((n) => isTooLong(error(n)))).toEqual([true, true]);
    expect([2601, 2627].map((n) => isDuplicate(error(n)))).toEqual([true, true]);
    expect(isConflict(error(1205))).toBe(true);
    expect([isTooLong(error(208)), isDuplicate(error(208)), isConflict(error(1222))]).toEqual([
      false,
      false,
      false,
    ]);
  });
  test('of a login, which stands within', () => {
    const login = Object.assign(new Error('Login failed'), {
      code: 'ELOGIN',
      originalError: { number: 18456 },
    });
    expect(mssqlError(login)).toMatchObject({ code: 'his-denied', detail: { driverCode: '18456' } });
  });
});

test('texts', () => {
  const text = (statement: Parameters<typeof mssqlDialect.compile>[0]) => mssqlDialect.compile(statement);
  expect(text(sql`select ${mssqlDialect.asText(sql.id('q', 'at'))} from t where a = ${'x'}`)).toEqual({
    sql: 'select convert(nvarchar(4000), "q"."at", 121) from t where a = @1',
    parameters: ['x'],
  });
  expect(text(mssqlDialect.fingerprint([sql.id('a'), sql.id('b')])).sql).toBe(
    "concat(count_big(*), '-', coalesce(sum(cast(cast(substring(hashbytes('MD5', concat(N'', coalesce(\"a\", ''), N'|', coalesce(\"b\", ''), N'|')), 1, 4) as int) as bigint)), 0))",
  );
  expect(text(sql`select ${mssqlDialect.version}, ${mssqlDialect.epochMs}`).sql).toContain(
    'sysutcdatetime()',
  );
});

describe('a server', () => {
  let silent: Server;
  const sockets = new Set<{ destroy(): void }>();
  beforeAll(async () => {
    silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('that is not there', async () => {
    const db = openMssql({ ...limits, url: 'mssql://u:secret@127.0.0.1:9/his' });
    const failed = await db.run(sql`select 1 as one`).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'his-unreachable', retry: 'yes' });
    expect(String(failed)).not.toContain('secret');
    // and is tried anew
    await expect(db.run(sql`select 1 as one`)).rejects.toMatchObject({ code: 'his-unreachable' });
    await db.close();
  });

  test('that takes the connection and says nothing', { timeout: 20_000 }, async () => {
    const { port } = silent.address() as AddressInfo;
    const db = openMssql({ ...limits, url: `mssql://u:p@127.0.0.1:${port}/his?encrypt=false` });
    const begun = performance.now();
    await expect(db.run(sql`select 1 as one`)).rejects.toMatchObject({ code: 'his-timeout', retry: 'yes' });
    expect(performance.now() - begun).toBeLessThan(12_000);
    await db.close();
  });
});
