/** A ledger that was put back, by whatever means, knows that it was. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLedger } from '../../db/open-ledger.ts';
import { copyLedger } from '../../db/sqlite/backup.ts';
import type { Gap } from '../../src/domain/machine/restored.ts';
import { SAMPLE_AT } from '../support/samples.ts';
import { findProgram } from '../support/services/processes.ts';
import { startFromPath } from '../support/services/start.ts';
import { describeWith, freshPostgres } from '../support/services.ts';
import { created, newSite } from './contract/changes.ts';

const NOW = SAMPLE_AT + 3_600_000;

/** A bridge comes up on it, works for so many minutes, and is stopped. What it was told at its start. */
async function run(store: string, minutes = 1, now = NOW): Promise<Gap | null> {
  const ledger = await openLedger(store);
  try {
    await ledger.migrate();
    const gap = await ledger.gap(now);
    for (let i = 0; i < minutes; i++) await ledger.beat();
    await ledger.commit([created({ hcode: newSite() })]);
    return gap;
  } finally {
    await ledger.close();
  }
}

describe('on SQLite', () => {
  let folder: string;
  let path: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lineage-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const fresh = (name: string): string => {
    path = join(folder, name, 'bridge.db');
    return `sqlite:${path}`;
  };

  test('one that goes on where it ended has no gap, however often it is killed', async () => {
    const store = fresh('plain');
    for (let i = 0; i < 3; i++) expect(await run(store)).toBeNull();
    expect(readFileSync(`${path}.beats`, 'utf8')).toBe('3\n');
    // killed between the beat inside and the one beside
    const ledger = await openLedger(store);
    await ledger.gap(NOW);
    await ledger.beat();
    copyFileSync(`${path}.beats`, join(folder, 'kept'));
    await ledger.beat();
    copyFileSync(join(folder, 'kept'), `${path}.beats`);
    await ledger.close();
    expect(await run(store)).toBeNull();
  });

  test('a backup knows it, also where nothing stands beside it, and once only', async () => {
    const store = fresh('backup');
    await run(store);
    const other = join(folder, 'elsewhere.db');
    expect(await copyLedger(path, other, { at: NOW })).toEqual({ cases: 1, knownTo: NOW });
    const gap = { generation: 1, from: NOW, to: NOW + 5 };
    expect(await run(`sqlite:${other}`, 1, NOW + 5)).toEqual(gap);
    expect(await run(`sqlite:${other}`, 1, NOW + 9)).toEqual(gap);
    expect(await run(store), 'the one that was copied goes on').toBeNull();
  });

  test('a backup of a backup knows no more than the first; one of a ledger that was put back, all', async () => {
    await run(fresh('twice'));
    const [first, second, third] = ['1.db', '2.db', '3.db'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await copyLedger(path, first, { at: NOW });
    expect((await copyLedger(first, second, { at: null })).knownTo).toBe(NOW);
    await run(`sqlite:${first}`, 1, NOW + 10);
    expect((await copyLedger(first, third, { at: NOW + 20 })).knownTo).toBe(NOW + 20);
    expect(await run(`sqlite:${third}`, 1, NOW + 30)).toEqual({ generation: 2, from: NOW, to: NOW + 30 });
  });

  test('a file that was copied by hand knows it by the number beside it', async () => {
    const store = fresh('by-hand');
    await run(store);
    copyFileSync(path, join(folder, 'hand.db'));
    await run(store, 2);
    copyFileSync(join(folder, 'hand.db'), path);
    // what it knows, it knows from its newest line of history
    expect(await run(store)).toEqual({ generation: 1, from: SAMPLE_AT, to: NOW });
    expect(await run(store)).toMatchObject({ generation: 1 });
  });

  test('so does a new one in the place of one that was removed', async () => {
    const store = fresh('removed');
    await run(store);
    rmSync(path);
    expect(await run(store)).toEqual({ generation: 1, from: 0, to: NOW });
  });
});

const tool = (name: string, ...args: string[]): void => {
  execFileSync(name, args, { stdio: 'ignore' });
};
const isThere = (name: string): boolean => {
  try {
    tool(name, '--version');
    return true;
  } catch {
    return false;
  }
};
const hasTools = isThere('pg_dump') && isThere('pg_restore');

describeWith('postgres', 'on PostgreSQL', (adminUrl) => {
  test.skipIf(!hasTools)('a dump that was restored knows it, altered tables do not mislead', async () => {
    const database = await freshPostgres(adminUrl);
    const folder = mkdtempSync(join(tmpdir(), 'lineage-'));
    const dump = join(folder, 'bridge.dump');
    try {
      expect(await run(database.url)).toBeNull();
      tool('pg_dump', '--format=custom', '--schema=authen_bridge', `--file=${dump}`, database.url);
      expect(await run(database.url)).toBeNull();
      tool('pg_restore', '--clean', '--if-exists', `--dbname=${database.url}`, dump);
      const gap = { generation: 1, from: SAMPLE_AT, to: NOW };
      expect(await run(database.url)).toEqual(gap);
      expect(await run(database.url, 1, NOW + 5)).toEqual(gap);
    } finally {
      rmSync(folder, { recursive: true });
      await database.drop();
    }
  });

  const canStart = findProgram('initdb') !== null && findProgram('postgres') !== null;
  test.skipIf(!canStart)(
    'a server that was set back, or a replica that took over, makes another',
    async () => {
      const server = await startFromPath('postgres');
      const ask = async (text: string): Promise<Record<string, unknown>> => {
        const one = new pg.Client({ connectionString: server.url });
        await one.connect();
        try {
          return (await one.query<Record<string, unknown>>(text)).rows[0] ?? {};
        } finally {
          await one.end();
        }
      };
      try {
        expect(await run(server.url)).toBeNull();
        await server.crash();
        await server.startAgain();
        expect(await run(server.url), 'a crash alone loses nothing').toBeNull();
        const { data_directory: folder } = await ask('show data_directory');
        await server.crash();
        writeFileSync(join(String(folder), 'standby.signal'), '');
        await server.startAgain();
        await ask('select pg_promote()');
        // the timeline is told from the last checkpoint
        await ask('checkpoint');
        expect(await run(server.url)).toMatchObject({ generation: 1 });
        expect(await run(server.url)).toMatchObject({ generation: 1 });
      } finally {
        await server.stop();
      }
    },
    60_000,
  );
});
