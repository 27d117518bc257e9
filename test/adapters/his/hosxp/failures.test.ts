/** A database that goes away, stalls, or loses an answer: what the service is told, and that all is well afterwards. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHis } from '../../../../adapters/his/registry.ts';
import { insertDay, planDay } from '../../../../simulators/his/hosxp/sample-day.ts';
import { createSchema, seedReferenceData } from '../../../../simulators/his/hosxp/schema.ts';
import { codeOf, insertVisit } from '../../../../simulators/his/hosxp/visits.ts';
import { openSimDb, type SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { describeWith, type FreshDatabase, freshMariaDb, freshPostgres } from '../../../support/services.ts';
import { TcpProxy } from '../../../support/tcp-proxy.ts';
import { at, day, HCODE, hisOptions } from './support.ts';

interface EngineWays {
  fresh(): Promise<FreshDatabase>;
  /** Holds `ovst` so that nobody can read it; until `release`. */
  seize: string[];
  release: string[];
  /** How many packets after the text of an UPDATE it is done. */
  packetsToDo: number;
  /** Ids of the sessions in the given database but this one. */
  sessions: string;
  kill(id: string): string;
}

const DATE = '2026-11-20';

function failureContract(ways: EngineWays): void {
  let database: FreshDatabase;
  let desk: SimDb;
  let proxy: TcpProxy;
  let his: HisAdapter;
  let minute = 0;
  const visit = (): Promise<string> =>
    insertVisit(desk, { hn: '000000021', at: at('2026-05-02', '07:00:00') + 60_000 * minute++ });
  const request = (vn: string) => ({ vn, claimCode: 'PP1234567890', claimType: null, issuedAt: null });

  beforeAll(async () => {
    database = await ways.fresh();
    desk = await openSimDb(database.url);
    await createSchema(desk);
    await seedReferenceData(desk, { hcode: HCODE, hospitalName: 'โรงพยาบาลทดสอบ' });
    await insertDay(desk, planDay(DATE, { count: 10 }));
    proxy = await TcpProxy.to(database.url);
    his = openHis(hisOptions({ url: proxy.through(database.url), statementTimeoutMs: 1_000 }));
    await his.visitsOn(day(DATE));
  }, 120_000);

  afterAll(async () => {
    await his?.close();
    await proxy?.close();
    await desk?.close();
    await database?.drop();
  }, 60_000);

  test('nobody there: unreachable, may be tried again; doctor says so and stops', async () => {
    const url = new URL(database.url);
    url.port = '1';
    const nobody = openHis(hisOptions({ url: url.href }));
    await expect(nobody.visitsOn(day(DATE))).rejects.toMatchObject({ code: 'his-unreachable', retry: 'yes' });
    expect(await nobody.check()).toMatchObject([{ check: 'his-reachable', level: 'fail' }]);
    await nobody.close();
  });

  test('a broken connection costs one call at most; the pool heals by itself', async () => {
    const running = Promise.allSettled([his.visitsOn(day(DATE)), his.now()]);
    proxy.cut();
    for (const outcome of await running) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({ code: 'his-unreachable', retry: 'yes' });
      }
    }
    expect(await his.visitsOn(day(DATE))).toHaveLength(10);
  });

  test('sessions that the server ends are replaced', async () => {
    await his.now();
    const sessions = await desk.query(ways.sessions);
    expect(sessions.length).toBeGreaterThan(0);
    for (const { id } of sessions) await desk.exec(ways.kill(String(id)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await his.visitsOn(day(DATE))).toHaveLength(10);
  });

  test('never more connections than configured', async () => {
    const calls = Promise.all(Array.from({ length: 20 }, () => his.visitsOn(day(DATE))));
    const seen = await desk.query(ways.sessions);
    await calls;
    const after = await desk.query(ways.sessions);
    expect(Math.max(seen.length, after.length)).toBeLessThanOrEqual(2);
  });

  test('a half-open connection is given up after the time limit', async () => {
    proxy.hold(true);
    const begun = performance.now();
    await expect(his.visitsOn(day(DATE))).rejects.toMatchObject({ code: 'his-timeout', retry: 'yes' });
    expect(performance.now() - begun).toBeLessThan(6_000);
    proxy.hold(false);
    expect(await his.visitsOn(day(DATE))).toHaveLength(10);
  });

  test('a table that somebody holds: the statement is given up, and nothing is left behind', async () => {
    const other = await openSimDb(database.url);
    for (const statement of ways.seize) await other.exec(statement);
    await expect(his.visitsOn(day(DATE))).rejects.toMatchObject({ code: 'his-timeout', retry: 'yes' });
    for (const statement of ways.release) await other.exec(statement);
    await other.close();
    expect(await his.visitsOn(day(DATE))).toHaveLength(10);
  });

  test('a row that the desk is changing: the write waits shortly, then may be tried again', async () => {
    const vn = await visit();
    const other = await openSimDb(database.url);
    await other.exec('BEGIN');
    await other.query("UPDATE visit_pttype SET staff = 'clerk1' WHERE vn = ?", [vn]);
    await expect(his.writeBack(request(vn))).rejects.toMatchObject({ code: 'his-timeout', retry: 'yes' });
    await other.exec('COMMIT');
    await other.close();
    expect(await his.writeBack(request(vn))).toMatchObject({ kind: 'written' });
  });

  test('an UPDATE that was done but whose answer was lost: unreachable, and the next call finds it done', async () => {
    const vn = await visit();
    // a connection that has prepared the statement before would not send its words again
    const fresh = openHis(hisOptions({ url: proxy.through(database.url) }));
    proxy.loseAnswerTo('update visit_pttype', ways.packetsToDo);
    await expect(fresh.writeBack(request(vn))).rejects.toMatchObject({
      code: 'his-unreachable',
      retry: 'yes',
    });
    expect(await codeOf(desk, vn)).toBe('PP1234567890');
    expect(await fresh.writeBack(request(vn))).toEqual({ kind: 'already' });
    await fresh.close();
  });
}

describeWith('mariadb', 'failures of MariaDB', (adminUrl) => {
  failureContract({
    fresh: () => freshMariaDb(adminUrl, 'tis620'),
    seize: ['LOCK TABLES ovst WRITE'],
    release: ['UNLOCK TABLES'],
    packetsToDo: 1,
    sessions: 'SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()',
    kill: (id) => `KILL ${Number(id)}`,
  });
});

describeWith('postgres', 'failures of PostgreSQL', (adminUrl) => {
  failureContract({
    fresh: () => freshPostgres(adminUrl),
    seize: ['BEGIN', 'LOCK TABLE ovst IN ACCESS EXCLUSIVE MODE'],
    release: ['COMMIT'],
    packetsToDo: 0,
    sessions:
      'SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    kill: (id) => `SELECT pg_terminate_backend(${Number(id)})`,
  });
});
