import { execFileSync } from 'node:child_process';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

  test('a token that is stored while the key changes waits for the end of that, and goes under the new key', async () => {
    const ledger = await store.open({ secrets: { key: `old:${sampleKey(1)} new:${sampleKey(2)}` } });
    await ledger.tokens.put(newSite(), 'uc', 0, found(1));
    const client = new pg.Client({ connectionString: store.store });
    await client.connect();
    await client.query('begin');
    await client.query(`update authen_bridge.memory set value = 'new' where name = 'token-key'`);
    const hcode = newSite();
    const stored = ledger.tokens.put(hcode, 'uc', 0, found(2));
    const isWaiting = async (): Promise<boolean> =>
      (
        await client.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      ).rows.length > 0;
    while (!(await isWaiting())) await new Promise((resolve) => setTimeout(resolve, 20));
    await client.query('commit');
    await client.end();
    expect(await stored).toBe(true);
    const [row] = await store.sql<{ value: string }>(`select value from token where hcode = '${hcode}'`);
    expect(row?.value).toMatch(/^v1:new:/);
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
