/** `backup` and `restore` as whoever runs them sees them: what they print, leave behind, and end with. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../db/open-ledger.ts';
import type { Ledger } from '../../src/service/ports/ledger.ts';
import { created, newSite } from '../db/contract/changes.ts';
import { freePort } from '../support/services/processes.ts';
import { type Ended, runCli } from './cli.ts';

const OURS = /^authen-bridge-\d{8}-\d{6}\.db$/;

let root: string;
let folder: string;
let ledgerFile: string;
let backups: string;
let config: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'authen-bridge-backup-'));
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(async () => {
  folder = mkdtempSync(join(root, 't-'));
  ledgerFile = join(folder, 'bridge.db');
  backups = join(folder, 'backups');
  mkdirSync(backups);
  config = configFor(`sqlite:${ledgerFile}`, await freePort());
  await withLedger(async (ledger) => {
    await ledger.migrate();
    await ledger.gap(Date.now());
    await ledger.beat();
    await visits(ledger, 3);
  });
});

function configFor(store: string, port: number): string {
  const file = join(folder, 'config.json');
  const his = { kind: 'hosxp', url: 'mysql://bridge:s3cret@127.0.0.1:9/hos' };
  const stations = [{ id: 'counter-1', agentUrl: 'http://127.0.0.1:9' }];
  writeFileSync(file, JSON.stringify({ store, http: { port }, sites: [{ hcode: '10978', his, stations }] }));
  return file;
}

async function withLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(`sqlite:${ledgerFile}`);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

async function visits(ledger: Ledger, n: number): Promise<void> {
  for (let i = 0; i < n; i++) await ledger.commit([created({ hcode: newSite() })]);
}

const countIn = (path: string): number => {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare('select count(*) from visit_case').pluck().get() as number;
  } finally {
    db.close();
  }
};

const backup = (...args: string[]): Promise<Ended> => runCli(['backup', '--config', config, ...args]);
const restore = (...args: string[]): Promise<Ended> => runCli(['restore', '--config', config, ...args]);
/** One sentence and no stack. */
const isTold = ({ code, err }: Ended, said: RegExp): void => {
  expect(err).toMatch(said);
  expect(err).toMatch(/^authen-bridge: /);
  expect(err).not.toMatch(/^ +at /m);
  expect(code).toBe(1);
};

describe('backup', () => {
  test('into a folder: named by date and time, whole, the owner’s alone, one file', async () => {
    const { code, out, err } = await backup('--to', backups);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [name = '', ...more] = readdirSync(backups);
    expect(more).toEqual([]);
    expect(name).toMatch(OURS);
    expect(out).toMatch(/3 visits, .* MB, checked\n$/);
    const file = join(backups, name);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o400);
    expect(countIn(file)).toBe(3);
    expect(readdirSync(backups), 'nothing beside it').toEqual([name]);
  });

  test('of a ledger that is written to all the while is one moment of it, and stops nobody', async () => {
    await withLedger(async (ledger) => {
      let isDone = false;
      let slowest = 0;
      const running = backup('--to', join(backups, 'one.db')).finally(() => {
        isDone = true;
      });
      let written = 3;
      while (!isDone) {
        const from = performance.now();
        await visits(ledger, 1);
        slowest = Math.max(slowest, performance.now() - from);
        written += 1;
      }
      expect((await running).code).toBe(0);
      const kept = countIn(join(backups, 'one.db'));
      expect(kept).toBeGreaterThanOrEqual(3);
      expect(kept).toBeLessThan(written);
      expect(slowest).toBeLessThan(2_000);
    });
  });

  test('--keep removes the oldest of our names, and nothing else', async () => {
    const older = ['authen-bridge-20250101-020000.db', 'authen-bridge-20250102-020000.db'];
    const others = ['authen-bridge-20240101-020000.db.part', 'bridge.db', 'authen-bridge-old.db'];
    for (const name of [...older, ...others]) writeFileSync(join(backups, name), '');
    const { code, out } = await backup('--to', backups, '--keep', '2');
    expect(code).toBe(0);
    expect(out).toContain('removed 1 older: authen-bridge-20250101-020000.db');
    const left = readdirSync(backups);
    expect(left).toEqual(expect.arrayContaining([...others, 'authen-bridge-20250102-020000.db']));
    expect(left).toHaveLength(5);
  });

  test('overwrites nothing and removes nothing when it fails', async () => {
    const there = join(backups, 'there.db');
    writeFileSync(there, 'mine');
    isTold(await backup('--to', there), /there\.db is there already/);
    expect(readFileSync(there, 'utf8')).toBe('mine');
    isTold(await backup('--to', join(backups, 'no', 'where.db')), /there is no folder/);
    isTold(await backup('--to', `${backups}/not-mounted`), /there is no folder/);
    isTold(await backup('--to', join(backups, 'x.db'), '--keep', '3'), /--keep: expected a folder/);
    expect((await backup('--to', backups, '--keep', '0')).code).toBe(1);
    const old = 'authen-bridge-20250101-020000.db';
    writeFileSync(join(backups, old), '');
    truncateSync(ledgerFile, 5_000);
    isTold(await backup('--to', backups, '--keep', '1'), /bridge\.db: it is (no SQLite database|damaged)/);
    expect(readdirSync(backups).sort()).toEqual([old, 'there.db']);
  });

  test('a ledger that is not there is not made', async () => {
    rmSync(ledgerFile);
    isTold(await backup('--to', backups), /bridge\.db: there is no such file/);
    expect(existsSync(ledgerFile)).toBe(false);
  });

  test('on PostgreSQL says what to run, without the password, and is no success', async () => {
    config = configFor('postgres://bridge:s3cret@db:5432/bridge', 8080);
    const result = await backup('--to', '/backup/bridge.dump');
    isTold(result, /pg_dump --format=custom --schema=authen_bridge --file=\/backup\/bridge\.dump "postgres:/);
    expect(result.err).not.toContain('s3cret');
    isTold(await restore('--from', '/backup/bridge.dump'), /pg_restore --clean --if-exists --dbname=/);
  });
});

describe('restore', () => {
  let kept: string;
  beforeEach(async () => {
    kept = join(backups, 'kept.db');
    await backup('--to', kept);
    await withLedger((ledger) => visits(ledger, 2));
  });
  const asides = (): string[] =>
    readdirSync(folder).filter((name) => /^bridge\.db\.replaced-\d{8}-\d{6}$/.test(name));

  test('puts the backup in place and keeps what was there; the ledger knows what happened', async () => {
    const { code, out, err } = await restore('--from', kept);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /bridge\.db: 3 visits, as of 20\d\d-.*\+07:00\nThe ledger that was there is kept as /,
    );
    expect(countIn(ledgerFile)).toBe(3);
    expect(statSync(ledgerFile).mode & 0o777).toBe(0o600);
    const [aside = ''] = asides();
    expect(countIn(join(folder, aside))).toBe(5);
    expect(countIn(kept), 'the backup stays').toBe(3);
    const gap = await withLedger((ledger) => ledger.gap(Date.now()));
    expect(gap).toMatchObject({ generation: 1 });
    expect(Date.now() - (gap?.from ?? 0)).toBeLessThan(60_000);
    expect(readdirSync(folder).filter((name) => /restoring|-wal|-shm/.test(name))).toEqual([]);
  });

  test('refuses while anybody has the ledger open, awake or asleep', async () => {
    await withLedger(async (ledger) => {
      await ledger.recall('anything');
      isTold(await restore('--from', kept), /bridge\.db is in use: stop the bridge/);
      await visits(ledger, 1);
    });
    expect(countIn(ledgerFile)).toBe(6);
    expect(asides()).toEqual([]);
    expect(await withLedger((ledger) => ledger.gap(Date.now()))).toBeNull();
    expect((await restore('--from', kept)).code).toBe(0);
  });

  test('a ledger that was set aside is not started on, but can be put back', async () => {
    await restore('--from', kept);
    const [aside = ''] = asides();
    const old = await openLedger(`sqlite:${join(folder, aside)}`);
    await expect(old.gap(Date.now())).rejects.toThrow(/taken out of use by "npm run restore"/);
    await old.close();
    // two of one second would have one name
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await restore('--from', join(folder, aside))).code).toBe(0);
    expect(countIn(ledgerFile)).toBe(5);
    expect(asides()).toHaveLength(2);
    expect(await withLedger((ledger) => ledger.gap(Date.now()))).toMatchObject({ generation: 1 });
  });

  test('takes no file that is none, is damaged, or is of a newer version; the ledger stays', async () => {
    const bad = join(backups, 'bad.db');
    isTold(await restore('--from', join(backups, 'none.db')), /none\.db: there is no such file/);
    isTold(await restore('--from', ledgerFile), /this is the ledger itself/);
    writeFileSync(bad, 'not a database, but long enough to look like one'.repeat(100));
    isTold(await restore('--from', bad), /bad\.db: it is no SQLite database/);
    rmSync(bad);
    new Database(bad).exec('create table t (x)').close();
    isTold(await restore('--from', bad), /bad\.db: it is no ledger of the bridge/);
    copyFileSync(kept, bad);
    truncateSync(bad, statSync(bad).size - 8_192);
    isTold(await restore('--from', bad), /bad\.db: it is/);
    copyFileSync(kept, bad);
    new Database(bad).exec(`insert into kysely_migration values ('9999-later', '2030')`).close();
    isTold(await restore('--from', bad), /a newer version of the bridge made it \(9999-later\)/);
    expect(countIn(ledgerFile)).toBe(5);
    expect(asides()).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  test('in the place of a ledger that is damaged, log and all, or gone', async () => {
    writeFileSync(`${ledgerFile}-wal`, 'a log of before');
    writeFileSync(ledgerFile, 'no database any more'.repeat(1_000));
    expect((await restore('--from', kept)).code).toBe(0);
    expect(countIn(ledgerFile)).toBe(3);
    const [aside = ''] = asides();
    expect(existsSync(join(folder, `${aside}-wal`))).toBe(true);
    expect(existsSync(`${ledgerFile}-wal`)).toBe(false);
    rmSync(ledgerFile);
    const { code, out } = await restore('--from', kept);
    expect(code).toBe(0);
    expect(out).not.toContain('is kept as');
    expect(countIn(ledgerFile)).toBe(3);
  });

  test.skipIf(process.getuid?.() !== 0)('run by root, it stays the bridge’s own', async () => {
    execFileSync('chown', ['65534:65534', ledgerFile]);
    expect((await restore('--from', kept)).code).toBe(0);
    expect(statSync(ledgerFile).uid).toBe(65_534);
  });
});
