import { execFileSync } from 'node:child_process';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../db/open-ledger.ts';
import { PostgresEngine } from '../../db/postgres/engine.ts';
import { describeWith } from '../support/services.ts';
import { created, newSite, outcome } from './contract/changes.ts';
import { sampleKey } from './contract/secret-keys.ts';
import { postgresStore, type TestStore } from './contract/store.ts';
import { found } from './contract/tokens.ts';
import { ledgerContract } from './ledger-contract.ts';

/** By another process, while ours stands still. */
function endConnections(adminUrl: string, database: string): void {
  const script = `import pg from 'pg';
    const client = new pg.Client({ connectionString: process.argv[1] });
    await client.connect();
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [process.argv[2]]);
    await client.end();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script, adminUrl, database]);
}

describeWith('postgres', 'the ledger on PostgreSQL', (adminUrl) => {
  const make = postgresStore(adminUrl);
  ledgerContract(make);

  let store: TestStore;
  beforeAll(async () => {
    store = await make();
  });
  afterAll(() => store.drop());

  test('connections that the server ends are replaced', async () => {
    const ledger = await store.open();
    await ledger.remember('before', '1');
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      new URL(store.store).pathname.slice(1),
    ]);
    await client.end();
    const told = [await outcome(ledger.recall('before')), await outcome(ledger.recall('before'))];
    expect(['ok', 'ledger-unavailable']).toContain(told[0]);
    expect(told[1]).toBe('ok');
    expect(await outcome(ledger.commit([created({ hcode: newSite() })]))).toBe('ok');
  });

  test('a connection that dies while the process is held up ends its transaction, not the process', async () => {
    await store.open(); // brings the tables
    const engine = new PostgresEngine(store.store, { schema: 'authen_bridge', connections: 2 });
    const { db } = engine;
    const ask = db.selectFrom('memory').selectAll().limit(1).compile();
    for (let i = 0; i < 5; i++) {
      const lost = engine.write(function* () {
        yield [ask];
        // as after SIGSTOP: nothing of ours runs while the server hangs up
        endConnections(adminUrl, new URL(store.store).pathname.slice(1));
        yield [ask, ask, ask];
      });
      expect(await outcome(lost)).toBe('ledger-unavailable');
      expect(await outcome(engine.read(ask))).toBe('ok');
    }
    await engine.close();
  });

  test('a lease is one process’s, however far apart the clocks of those who want it are', async () => {
    const ledger = await store.open();
    const [now, day] = [Date.now(), 86_400_000];
    for (const [at, name] of [now, now - 9 * day, now + 9 * day].map((at) => [at, `skew ${at}`] as const)) {
      expect(await ledger.leases.take(name, 'a', 600_000, at)).toBe(true);
      for (const other of [now, 0, now - 20 * day, now + day, now + 20 * day]) {
        expect(await ledger.leases.take(name, 'b', 600_000, other)).toBe(false);
      }
    }
  });

  describe('a key that changes while a token is stored', () => {
    const [OLD, NEW] = [`old:${sampleKey(1)}`, `new:${sampleKey(2)}`];
    let its: TestStore;
    let client: pg.Client;
    beforeEach(async () => {
      its = await make();
      client = new pg.Client({ connectionString: its.store });
      await client.connect();
    });
    afterEach(async () => {
      await client.end();
      await its.drop();
    });
    /** Comes back when so many of the ledgers' statements wait for a lock. */
    async function waiters(wanted: number): Promise<void> {
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      // over a connection of its own: within a transaction the server tells the same every time
      while ((await its.sql(waiting)).length < wanted) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const keysOf = async (): Promise<string[]> =>
      (await its.sql<{ value: string }>('select value from token')).map(
        (row) => row.value.split(':')[1] ?? '',
      );

    test('the key first: the token waits for it, and goes under the new one', async () => {
      const ledger = await its.open({ secrets: { key: `${OLD} ${NEW}` } });
      await ledger.tokens.put(newSite(), 'uc', 0, found(1));
      await its.sql('delete from token');
      await client.query('begin');
      await client.query(`update authen_bridge.memory set value = 'new' where name = 'token-key'`);
      const stored = ledger.tokens.put(newSite(), 'uc', 0, found(2));
      await waiters(1);
      await client.query('commit');
      expect(await stored).toBe(true);
      expect(await keysOf()).toEqual(['new']);
    });

    test('the token first: sealing anew waits for it, and takes it along', async () => {
      const ledger = await its.open({ secrets: { key: `${OLD} ${NEW}` } });
      await ledger.tokens.put(newSite(), 'uc', 0, found(1));
      await its.sql('delete from token');
      const rotating = await its.open({ secrets: { key: `${NEW} ${OLD}` } });
      await client.query('begin');
      await client.query('lock table authen_bridge.token in exclusive mode');
      const stored = ledger.tokens.put(newSite(), 'uc', 0, found(2));
      await waiters(1);
      const resealed = rotating.tokens.reseal();
      await waiters(2);
      await client.query('commit');
      expect(await stored).toBe(true);
      expect(await resealed).toBe(1);
      expect(await keysOf()).toEqual(['new']);
    });
  });

  test('before it is migrated the ledger says so', async () => {
    const fresh = await make();
    const ledger = await openLedger(fresh.store);
    try {
      const findings = await ledger.check();
      expect(findings).toContainEqual(expect.objectContaining({ check: 'ledger-migrated', level: 'warn' }));
      await expect(ledger.recall('x')).rejects.toMatchObject({
        code: 'ledger-unavailable',
        message: 'the ledger has not been migrated yet',
      });
    } finally {
      await ledger.close();
      await fresh.drop();
    }
  });

  test('two schemas of one database are two ledgers', async () => {
    const one = await openLedger(store.store, { schema: 'one', connections: 1 });
    const two = await openLedger(store.store, { schema: 'Two "2"', connections: 1 });
    try {
      await Promise.all([one.migrate(), two.migrate()]);
      await one.remember('who', 'one');
      expect(await two.recall('who')).toBeNull();
      expect(await one.recall('who')).toBe('one');
    } finally {
      await Promise.all([one.close(), two.close()]);
    }
  });
});

test('a server that is not there, or refuses, is told without the password', async () => {
  const ledger = await openLedger('postgres://bridge:s3cret@127.0.0.1:1/none');
  const error = await ledger.migrate().catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'ledger-unavailable', retry: 'yes' });
  const findings = await ledger.check();
  expect(findings).toEqual([expect.objectContaining({ check: 'ledger-reachable', level: 'fail' })]);
  expect(JSON.stringify([findings, String(error), (error as Error).cause])).not.toContain('s3cret');
  expect(await outcome(ledger.commit([created()]))).toBe('ledger-unavailable');
  await ledger.close();
});
