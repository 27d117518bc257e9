import fs, {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CompiledQuery } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ledgerOn } from '../../db/ledger.ts';
import { openLedger } from '../../db/open-ledger.ts';
import { SqliteEngine } from '../../db/sqlite/engine.ts';
import { jpegOf } from '../support/jpeg.ts';
import { SAMPLE_AT, samplePhotoRead } from '../support/samples.ts';
import { created, newSite, outcome } from './contract/changes.ts';
import { sampleKey } from './contract/secret-keys.ts';
import { sqliteStore } from './contract/store.ts';
import { ledgerContract } from './ledger-contract.ts';

describe('the ledger on SQLite', () => {
  ledgerContract(sqliteStore);

  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('the file and its folder are the owner’s alone; doctor says so when they are not', async () => {
    const path = join(folder, 'private', 'deep', 'bridge.db');
    const ledger = await openLedger(`sqlite:${path}`);
    await ledger.migrate();
    await ledger.remember('a', '1');
    const modes = [path, `${path}-wal`, `${path}-shm`].map((p) => statSync(p).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    expect(statSync(join(folder, 'private')).mode & 0o777).toBe(0o700);
    chmodSync(path, 0o644);
    expect(await ledger.check()).toContainEqual(
      expect.objectContaining({ check: 'ledger-private', level: 'warn', fix: `chmod 600 ${path}*` }),
    );
    await ledger.close();
  });

  test('WAL, foreign keys, strict tables', async () => {
    const path = join(folder, 'settings.db');
    const engine = new SqliteEngine(path);
    await engine.migrate();
    const pragma = async (name: string) => (await engine.read(CompiledQuery.raw(`pragma ${name}`)))[0];
    expect(await pragma('journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(await pragma('foreign_keys')).toEqual({ foreign_keys: 1 });
    const tables = await engine.read<{ name: string; strict: number }>(
      CompiledQuery.raw('pragma table_list'),
    );
    const ours = tables.filter((t) => !/^(sqlite|kysely)_/.test(t.name));
    expect(ours.filter((t) => t.strict !== 1)).toEqual([]);
    await engine.close();
  });

  test('of a photo that was deleted the file holds nothing, sealed or not', async () => {
    const path = join(folder, 'photo.db');
    const ledger = await openLedger(`sqlite:${path}`, { secrets: { key: sampleKey(1) } });
    await ledger.migrate();
    for (const id of ['before', 'deleted', 'after'])
      await ledger.addCardRead(samplePhotoRead({ id }), { jpeg: jpegOf(300_000), deleteAt: SAMPLE_AT });
    const other = new Database(path);
    const sealed = other.prepare('select sealed from read_photo where read_id = ?').pluck();
    const text = String(sealed.get('deleted'));
    const pieces = Array.from({ length: 50 }, (_, i) => text.slice(5_000 + i * 7_000, 5_060 + i * 7_000));
    const left = () => {
      other.pragma('wal_checkpoint(TRUNCATE)');
      const file = readFileSync(path);
      return pieces.filter((piece) => file.includes(piece)).length;
    };
    expect(left()).toBeGreaterThan(40);
    await ledger.photos.remove('deleted', []);
    expect(left()).toBe(0);
    other.close();
    await ledger.close();
  });

  test('nobody is told of his commit before it is on the disk', async () => {
    const path = join(folder, 'disk.db');
    const ledger = await openLedger(`sqlite:${path}`);
    await ledger.migrate();
    const asked = Promise.withResolvers<() => void>();
    const disk = vi
      .spyOn(fs, 'fdatasync')
      .mockImplementationOnce((_fd, done) => asked.resolve(() => done(null)));
    let isTold = false;
    const commit = ledger.remember('a', '1').then(() => {
      isTold = true;
    });
    const answer = await asked.promise;
    const second = ledger.remember('b', '2');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isTold).toBe(false);
    answer();
    await commit;
    await second;
    expect(disk).toHaveBeenCalledTimes(2);
    disk.mockRestore();
    await ledger.close();
  });

  test('a disk that failed once is not believed: the log begins anew before the next commit is told', async () => {
    const path = join(folder, 'failing.db');
    const ledger = await openLedger(`sqlite:${path}`);
    await ledger.migrate();
    const failure = Object.assign(new Error('i/o error'), { code: 'EIO' });
    const disk = vi.spyOn(fs, 'fdatasync').mockImplementationOnce((_fd, done) => done(failure));
    expect(await outcome(ledger.remember('a', '1'))).toBe('ledger-unavailable');
    await ledger.remember('b', '2');
    disk.mockRestore();
    // both are in the database itself, without its log
    copyFileSync(path, join(folder, 'without-log.db'));
    const alone = new Database(join(folder, 'without-log.db'));
    expect(alone.prepare('select name, value from memory order by name').all()).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ]);
    alone.close();
    await ledger.close();
  });

  test('a folder that cannot be made is told at once', async () => {
    // where /proc is Linux's, Node's own `recursive` never comes back from here
    expect(await outcome(openLedger('sqlite:/proc/sys/none/bridge.db'))).toBe('ledger-unavailable');
  });

  test('in memory, for tests', async () => {
    const ledger = await openLedger('sqlite::memory:');
    await ledger.migrate();
    const change = created({ hcode: newSite() });
    await ledger.commit([change]);
    expect(await ledger.case(change.next)).toEqual(change.next);
    expect((await ledger.check()).filter((f) => f.level !== 'ok')).toEqual([]);
    await ledger.close();
  });

  test('while another process holds the file, a write waits and the event loop goes on', async () => {
    const path = join(folder, 'busy.db');
    const ledger = await openLedger(`sqlite:${path}`);
    await ledger.migrate();
    const other = new Database(path);
    other.exec('begin immediate');
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    const written = ledger.remember('waited', 'yes');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await ledger.recall('waited')).toBeNull();
    other.exec('commit');
    await written;
    clearInterval(ticking);
    expect(await ledger.recall('waited')).toBe('yes');
    expect(ticks).toBeGreaterThan(3);
    other.close();
    await ledger.close();
  });

  test('a file that stays held is an error that may pass', async () => {
    const path = join(folder, 'held.db');
    const ledger = await openLedger(`sqlite:${path}`, { lockWaitMs: 100 });
    await ledger.migrate();
    const other = new Database(path);
    other.exec('begin immediate');
    const told = ledger.remember('a', '1');
    await expect(told).rejects.toMatchObject({ code: 'ledger-unavailable', retry: 'yes' });
    expect(await ledger.check()).toContainEqual(
      expect.objectContaining({ check: 'ledger-writable', level: 'fail' }),
    );
    other.close();
    await ledger.remember('a', '2');
    expect(await ledger.recall('a')).toBe('2');
    await ledger.close();
  });

  test('a full disk fails those who were in it, and the ledger goes on when there is room', async () => {
    const engine = new SqliteEngine(join(folder, 'full.db'));
    const ledger = ledgerOn(engine);
    await ledger.migrate();
    const [pages] = await engine.read<{ page_count: number }>(CompiledQuery.raw('pragma page_count'));
    const limit = (n: number) => engine.read(CompiledQuery.raw(`pragma max_page_count = ${n}`));
    await limit((pages?.page_count ?? 0) + 20);
    const hcode = newSite();
    const all = Array.from({ length: 200 }, (_, i) => created({ hcode, vn: String(i) }));
    const told = await Promise.all(all.map((c) => outcome(ledger.commit([c]))));
    expect(new Set(told)).toContain('ledger-unavailable');
    const there = await ledger.countCases({ hcode });
    expect(there).toBe(told.filter((t) => t === 'ok').length);
    await limit(100_000);
    const rest = all.filter((_, i) => told[i] !== 'ok');
    expect(new Set(await Promise.all(rest.map((c) => outcome(ledger.commit([c])))))).toEqual(new Set(['ok']));
    expect(await ledger.countCases({ hcode })).toBe(200);
    await ledger.close();
  });

  test('doctor sees a damaged page', async () => {
    const path = join(folder, 'damaged.db');
    const before = await openLedger(`sqlite:${path}`);
    await before.migrate();
    await before.commit(Array.from({ length: 300 }, (_, i) => created({ hcode: '1', vn: String(i) })));
    await before.close();
    const bytes = readFileSync(path);
    // tables and indexes of the cases lie beyond the schema's pages
    bytes.fill(0xa5, 200_000, 260_000);
    writeFileSync(path, bytes);
    const ledger = await openLedger(`sqlite:${path}`);
    expect(await ledger.check()).toContainEqual(
      expect.objectContaining({ check: 'ledger-integrity', level: 'fail' }),
    );
    await ledger.close();
  });

  test('a file that is something else, a folder that cannot be', async () => {
    const path = join(folder, 'other.db');
    writeFileSync(path, 'this is a letter, not a database. '.repeat(50));
    const told = await openLedger(`sqlite:${path}`).catch((e: unknown) => e);
    expect(told).toMatchObject({ code: 'ledger-unavailable', message: expect.stringContaining(path) });
    expect(await outcome(openLedger(`sqlite:${join(path, 'below', 'bridge.db')}`))).toBe(
      'ledger-unavailable',
    );
    expect(await outcome(openLedger('mysql://x'))).toBe('config');
  });
});
