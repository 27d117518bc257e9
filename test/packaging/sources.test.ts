/** That the packages carry all that the reader loads, and no more of the bridge. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closure } from '../../packaging/program/packages.ts';
import { traceReader } from '../../packaging/program/sources.ts';

test('of the bridge the reader takes its own part', async () => {
  const { files, packages } = await traceReader(process.cwd());
  for (const needed of ['src/cli.ts', 'src/commands/reader.ts', 'adapters/reader/spool.ts', 'src/log.ts']) {
    expect(files).toContain(needed);
  }
  const foreign = files.filter((file) => /^(db|queues|simulators|test|adapters\/his|src\/http)\//.test(file));
  expect(foreign).toEqual([]);
  expect(
    files.filter((file) => /^src\/commands\/(?!reader|failure)/.test(file) && /start|demo|key/.test(file)),
  ).toEqual([]);
  expect(packages).toEqual(
    expect.arrayContaining(['better-sqlite3', 'commander', 'pcsc-mini', 'undici', 'zod']),
  );
  for (const heavy of ['bullmq', 'express', 'mysql2', '@electric-sql/pglite'])
    expect(packages).not.toContain(heavy);
});

describe('a house of its own', () => {
  let root: string;
  const write = (file: string, text: string): void => {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'authen-bridge-trace-'));
    write(
      'packaging/counter/start.ts',
      "await import(new URL('../../src/launch.mjs', import.meta.url).href);",
    );
    write('src/launch.mjs', "await import(process.argv[2] === 'x' ? './a.ts' : './b.ts');");
    write('src/cli.ts', "const start = () => import('./commands/start.ts');");
    write('src/commands/reader.ts', '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('imports are followed in every form; types are not', async () => {
    write(
      'src/commands/reader.ts',
      `import type { Types } from '../types.ts';
       import { type Other } from '../side-effect.ts';
       import { a } from '@scope/one/part.js';
       export * from '../again.ts';
       const late = () => import('../late.ts');
       const children = [new URL('../child.ts', import.meta.url), new URL("other.ts", import.meta.url)];
       import 'node:fs';`,
    );
    for (const file of ['side-effect', 'again', 'late']) write(`src/${file}.ts`, '');
    write('src/types.ts', "import 'never';");
    write('src/child.ts', "import 'two/deep/down.js';\nimport '../src/again.ts';");
    write('src/commands/other.ts', '');
    expect(await traceReader(root)).toEqual({
      files: [
        ...['packaging/counter/start.ts', 'src/again.ts', 'src/child.ts', 'src/cli.ts'],
        ...['src/commands/other.ts', 'src/commands/reader.ts', 'src/late.ts'],
        ...['src/launch.mjs', 'src/side-effect.ts'],
      ],
      packages: ['@scope/one', 'pcsc-mini', 'two'],
    });
  });

  test.each([
    ["import '../nowhere.ts';", /src\/nowhere[.]ts.*does not exist/],
    ['const late = (name: string) => import(name);', /reader[.]ts.*by an expression/],
  ])('what cannot be followed is no package: %s', async (text, why) => {
    write('src/commands/reader.ts', text);
    await expect(traceReader(root)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(why),
    });
  });
});

describe('what npm packages need', () => {
  const lockfile = {
    'node_modules/a': { version: '1.0.0', dependencies: { b: '^1', c: '^1' } },
    'node_modules/b': { version: '1.0.0', dependencies: { c: '^2', 'node-addon-api': '^8' } },
    'node_modules/b/node_modules/c': { version: '2.0.0', dependencies: { a: '^1' } },
    'node_modules/c': {
      version: '1.0.0',
      peerDependencies: { d: '*', e: '*' },
      peerDependenciesMeta: { e: { optional: true } },
    },
    'node_modules/d': { version: '1.0.0' },
    'node_modules/e': { version: '1.0.0' },
  };

  test('is found where Node would find it', () => {
    expect([...closure(lockfile, ['a']).keys()]).toEqual([
      'node_modules/a',
      'node_modules/b',
      'node_modules/b/node_modules/c',
      'node_modules/c',
      'node_modules/d',
    ]);
  });

  test('is named when the lockfile lacks it', () => {
    expect(() =>
      closure({ 'node_modules/a': { version: '1.0.0', dependencies: { z: '^1' } } }, ['a']),
    ).toThrow(/does not hold z, which node_modules\/a needs/);
  });
});
