/** That `npm run check:arrows` sees what it is there for: each rule is broken once, in a small house of its own. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** By file: what stands in it, and the rules that it breaks. */
const HOUSE: Record<string, { text: string; breaks: string[] }> = {
  // what may be
  'src/domain/visit.ts': { text: 'export interface Visit { vn: string }', breaks: [] },
  'src/service/ports/his.ts': {
    text: "import type { Visit } from '../../domain/visit.ts';\nexport type His = Visit;",
    breaks: [],
  },
  'adapters/his/hosxp.ts': { text: "export type { His } from '../../src/service/ports/his.ts';", breaks: [] },
  'src/main.ts': { text: "export type { His } from '../adapters/his/hosxp.ts';", breaks: [] },
  'queues/names.ts': { text: "export const NAMES = ['draft'];", breaks: [] },
  'simulators/agent.ts': { text: 'export const agent = 1;', breaks: [] },
  // what may not: by each way of importing
  'src/domain/a-type.ts': {
    text: "import type { His } from '../service/ports/his.ts';\nexport type X = His;",
    breaks: ['domain-imports-nothing-of-ours'],
  },
  'src/domain/a-library.ts': {
    text: "import { z } from 'zod';\nexport const x = z;",
    breaks: ['domain-is-pure'],
  },
  'src/domain/a-module-of-node.ts': { text: "import 'node:fs';", breaks: ['domain-is-pure'] },
  'src/service/an-inline-type.ts': {
    text: "import { type His } from '../../adapters/his/hosxp.ts';\nexport type X = His;",
    breaks: ['only-main-and-commands-wire', 'service-knows-only-domain-and-its-ports'],
  },
  'src/http/an-export.ts': {
    text: "export * from '../../queues/names.ts';",
    breaks: ['http-knows-no-outside-world', 'only-main-and-commands-wire'],
  },
  'src/late.ts': {
    text: "export const late = () => import('../queues/names.ts');",
    breaks: ['only-main-and-commands-wire'],
  },
  'db/neighbour.ts': {
    text: "export * from '../queues/names.ts';",
    breaks: ['outer-folders-do-not-know-each-other'],
  },
  'db/too-deep.ts': {
    text: "export * from '../src/main.ts';",
    breaks: ['outer-folders-see-only-domain-and-ports'],
  },
  'queues/a-toy.ts': {
    text: "export * from '../simulators/agent.ts';",
    breaks: ['outer-folders-do-not-know-each-other', 'production-never-imports-simulators'],
  },
  'simulators/a-cheat.ts': {
    text: "export * from '../src/domain/visit.ts';",
    breaks: ['simulators-know-nothing-of-the-bridge'],
  },
  // a circle is told at the first of its files
  'db/hen.ts': { text: "import { egg } from './egg.ts';\nexport const hen = () => egg;", breaks: [] },
  'db/egg.ts': {
    text: "import { hen } from './hen.ts';\nexport const egg = () => hen;",
    breaks: ['no-circular'],
  },
};

const FOLDERS = ['src', 'adapters', 'queues', 'db', 'simulators'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'authen-bridge-arrows-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(file, join(folder, file));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'junction');
  for (const [file, { text }] of Object.entries(HOUSE)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function cruise(type: 'json' | 'err', where: readonly string[]): { out: string; code: number | null } {
  const bin = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [bin, '--config', '.dependency-cruiser.cjs', '--output-type', type, ...where];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return { out: stdout + stderr, code: status };
}

test('each rule sees the file that breaks it, and no other', () => {
  const { summary } = JSON.parse(cruise('json', FOLDERS).out) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  const broken = Object.fromEntries(Object.keys(HOUSE).map((file) => [file, new Set<string>()]));
  for (const { from, rule } of summary.violations) broken[from]?.add(rule.name);
  const found = Object.fromEntries(Object.entries(broken).map(([file, rules]) => [file, [...rules].sort()]));
  expect(found).toEqual(
    Object.fromEntries(Object.entries(HOUSE).map(([file, { breaks }]) => [file, breaks])),
  );
});

test('a broken rule fails the check; and nothing is said of a compiler that is missing', () => {
  const wrong = cruise('err', FOLDERS);
  expect(wrong.code).toBeGreaterThan(0);
  expect(wrong.out).not.toContain('transpiler');
  const right = cruise('err', ['adapters', 'src/main.ts']);
  expect(right).toMatchObject({
    code: 0,
    out: expect.stringContaining('no dependency violations found (4 modules'),
  });
});

test('every rule of the house is broken here', async () => {
  const config = (await import(resolve('.dependency-cruiser.cjs'))) as {
    default: { forbidden: { name: string }[] };
  };
  const names = config.default.forbidden.map((rule) => rule.name).sort();
  expect([...new Set(Object.values(HOUSE).flatMap(({ breaks }) => breaks))].sort()).toEqual(names);
});
