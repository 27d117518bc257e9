/** Processes that die at any moment, and two that work at once: nothing is lost, nothing doubled. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { programEnv } from '../../../support/program-env.ts';
import { type Counter, counter, TODAY, visit } from './support.ts';

const VICTIM = fileURLToPath(new URL('./victim.ts', import.meta.url));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(
  { folder, options }: Counter,
  visits: number,
  { index = options.index, prefix = 'PP1' } = {},
): ChildProcess {
  const child = spawn(process.execPath, [VICTIM, folder, index, String(visits), prefix], {
    env: programEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

function said(child: ChildProcess, words: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (more) => {
      text += String(more);
      if (words.test(text)) resolve();
    });
    child.once('exit', (code) => {
      if (!words.test(text)) reject(new Error(`ended with ${code} and did not say ${words}`));
    });
  });
}

/** Every visit has one code in the file, and the file says the same as the codes given. */
async function judge({ folder, desk }: Counter, visits: number): Promise<void> {
  const file = await desk.codes(TODAY);
  expect(file.size).toBe(visits);
  const lines = (await readFile(path.join(folder, 'codes', `${TODAY}.csv`), 'utf8')).split('\r\n');
  expect(lines).toHaveLength(visits + 2);
  const given = await readdir(path.join(folder, '.authen-bridge', 'given', TODAY));
  expect(given.filter((name) => name.endsWith('.json')).length).toBe(visits);
}

describe('kill -9', { timeout: 120_000 }, () => {
  test('in the middle of reading: the next process has every row', async () => {
    const place = await counter();
    const rows = Array.from({ length: 8_000 }, (_, n) =>
      visit(n + 1, { fname: 'ก "ข"', code: 'PP5555555555' }),
    );
    await place.desk.drop(rows, { name: 'large.csv' });
    let wasInTheMiddle = false;
    for (const ms of [700, 900, 1_200]) {
      const child = start(place, rows.length);
      const dead = once(child, 'exit');
      await sleep(ms);
      child.kill('SIGKILL');
      await dead;
      wasInTheMiddle ||= (
        await readdir(path.join(place.folder, 'visits')).catch((): string[] => [])
      ).includes('large.csv');
    }
    expect(wasInTheMiddle).toBe(true);
    const his = place.open({ index: place.options.index });
    const all = async () => (await his.visitsOn(TODAY)).length;
    for (let n = 0; n < 100 && (await all()) < rows.length; n++) await sleep(200);
    expect(await all()).toBe(rows.length);
    expect((await readdir(path.join(place.folder, 'read', TODAY))).length).toBe(1);
    expect(await readdir(path.join(place.folder, 'refused'))).toEqual([]);
  });

  test('in the middle of giving codes: each visit has one in the end', async () => {
    const place = await counter();
    const rows = Array.from({ length: 60 }, (_, n) => visit(n + 1));
    await place.desk.drop(rows);
    for (const nth of [1, 2, 3]) {
      const child = start(place, rows.length);
      const dead = once(child, 'exit');
      await said(child, /written/);
      await sleep(nth * 23);
      child.kill('SIGKILL');
      await dead;
    }
    const last = start(place, rows.length);
    await Promise.all([once(last, 'exit'), said(last, /done/)]);
    await judge(place, rows.length);
    // hidden files of the killed ones are nobody's business
    expect((await readdir(path.join(place.folder, 'codes'))).filter((name) => !name.startsWith('.'))).toEqual(
      [`${TODAY}.csv`],
    );
  });
});

test('two processes on one folder: every visit once, every code once', { timeout: 120_000 }, async () => {
  const place = await counter();
  const rows = Array.from({ length: 80 }, (_, n) => visit(n + 1));
  const [one, two] = ['PP1', 'PP2'].map((prefix) =>
    start(place, rows.length, { index: path.join(place.options.index, prefix), prefix }),
  );
  if (one === undefined || two === undefined) throw new Error('two processes');
  const ended = Promise.all([once(one, 'exit'), once(two, 'exit'), said(one, /done/), said(two, /done/)]);
  for (let n = 0; n < rows.length; n += 10) await place.desk.drop(rows.slice(n, n + 10));
  await ended;
  await judge(place, rows.length);
});
