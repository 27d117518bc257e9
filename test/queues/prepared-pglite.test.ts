/** A copy is as good as a new one, and what stands in its file never keeps a bridge from starting. */

import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { preparedPglite } from '../../queues/backends/prepared-pglite.ts';
import { keptLog } from './support.ts';

// each that is made anew takes seconds of a processor, which others may want as well
vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), 'abt-prepared-'));
const opened: PGlite[] = [];
let prepared = 0;

async function opening(file: string, log = keptLog()): Promise<PGlite> {
  const db = await preparedPglite(
    file,
    {
      options: { postgresqlconf: ['work_mem=1234kB'] },
      prepare: async (made) => {
        prepared += 1;
        await made.exec('CREATE TABLE thai (word text); INSERT INTO thai VALUES ($$สวัสดี$$)');
      },
    },
    log,
  );
  opened.push(db);
  return db;
}

async function wordAndSetting(db: PGlite): Promise<unknown[]> {
  const { rows } = await db.query(`SELECT word, current_setting('work_mem') AS mem FROM thai`);
  return rows;
}

const AS_MADE = [{ word: 'สวัสดี', mem: '1234kB' }];
const file = join(folder, 'deeper', 'copy.tar.gz');

beforeAll(async () => {
  await opening(file);
}, 120_000);

afterAll(async () => {
  await Promise.all(opened.map((db) => db.close()));
  rmSync(folder, { recursive: true });
});

it('the second one is a copy, with all that was prepared and as it is set', async () => {
  const before = prepared;
  const log = keptLog();
  const copy = await opening(file, log);
  expect(prepared).toBe(before);
  expect(log.lines).toEqual([]);
  expect(await wordAndSetting(copy)).toEqual(AS_MADE);
  await copy.exec(`UPDATE thai SET word = 'changed'`);
  expect(await wordAndSetting(await opening(file))).toEqual(AS_MADE);
  expect(await readdir(join(folder, 'deeper'))).toEqual(['copy.tar.gz']);
});

it('a file that is only half there is replaced', async () => {
  const own = join(folder, 'half.tar.gz');
  const whole = await readFile(file);
  await writeFile(own, whole.subarray(0, whole.length / 2));
  expect(await wordAndSetting(await opening(own))).toEqual(AS_MADE);
  const before = prepared;
  expect(await wordAndSetting(await opening(own))).toEqual(AS_MADE);
  expect(prepared).toBe(before);
});

it('without a place for it a new one is made, and why stands in the log', async () => {
  const before = prepared;
  await writeFile(join(folder, 'a-file'), '');
  const log = keptLog();
  expect(await wordAndSetting(await opening(join(folder, 'a-file', 'copy.tar.gz'), log))).toEqual(AS_MADE);
  expect(prepared).toBe(before + 1);
  expect(log.lines.map(({ level }) => level)).toEqual(['debug', 'debug']);
});
