/** What the documents point at exists: files, links, headings, scripts, commands and their options. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { backupCommand } from '../../src/commands/backup.ts';
import { demoCommand } from '../../src/commands/demo.ts';
import { doctorCommand } from '../../src/commands/doctor.ts';
import { importReportCommand } from '../../src/commands/import-report.ts';
import { keyCommand } from '../../src/commands/key.ts';
import { readerCommand } from '../../src/commands/reader.ts';
import { restoreCommand } from '../../src/commands/restore.ts';
import { simulateCommand } from '../../src/commands/simulate.ts';
import { startCommand } from '../../src/commands/start.ts';
import { tokensCommand } from '../../src/commands/tokens.ts';
import { anchors, DOCUMENTS, fromRoot, read, withoutBlocks } from './markdown.ts';

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const COMMANDS: Readonly<Record<string, () => Command>> = {
  start: startCommand,
  demo: demoCommand,
  doctor: doctorCommand,
  backup: backupCommand,
  restore: restoreCommand,
  'import-report': importReportCommand,
  reader: readerCommand,
  key: keyCommand,
  simulate: simulateCommand,
  tokens: tokensCommand,
};

describe.each(DOCUMENTS)('%s', (document) => {
  const text = read(document);

  test('names files that exist', () => {
    const named = [...text.matchAll(/`((?:src|adapters|queues|db|simulators|test|docs)\/[\w./-]+)`/g)];
    for (const [, path = ''] of named) expect(existsSync(fromRoot(path)), path).toBe(true);
  });

  test('links lead somewhere', () => {
    for (const [, target = ''] of withoutBlocks(text).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = '', heading] = target.split('#');
      const led = path === '' ? document : join(dirname(document), path);
      expect(existsSync(fromRoot(led)), target).toBe(true);
      if (heading !== undefined) expect([...anchors(read(led))], target).toContain(heading);
    }
  });

  test('tells of scripts and commands that there are, with options that they have', () => {
    const told = text.matchAll(/\bnpm (?:run (?:-s )?(\w[\w:-]*)|(start|test)\b)( -- [^\n`]*)?/g);
    for (const [, run, short, rest = ''] of told) {
      const script = run ?? short ?? '';
      expect(Object.keys(scripts)).toContain(script);
      const make = COMMANDS[script];
      if (make !== undefined) expectOptions(make(), rest.replace(/^ -- /, '').replace(/[#&|].*/, ''));
    }
  });

  test('points at nothing outside of the project', () => {
    expect(text).not.toMatch(/`\.\.\/|\/home\/|\/root\/|localhost:\d/);
  });
});

/** Walks down to the subcommand that the words name, then asks it for each option. */
function expectOptions(command: Command, words: string): void {
  const [first = '', ...others] = words.split(/\s+/);
  const sub = command.commands.find((c) => c.name() === first);
  if (sub !== undefined) {
    expectOptions(sub, others.join(' '));
    return;
  }
  const known = [...command.options.map((option) => option.long), '--help'];
  for (const [option] of words.matchAll(/--[\w-]+/g))
    expect(known, `${command.name()} ${option}`).toContain(option);
}

describe('CONTRIBUTING.md', () => {
  const rules = [...read('CONTRIBUTING.md').matchAll(/^\| (\d) \| \*\*(.+?)\*\*.*\|(.+)\|(.+)\|$/gm)];

  test('tells the nine rules, each with files that keep it and tests that prove it', () => {
    expect(rules.map(([, number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [, number, , keepers = '', proofs = ''] of rules) {
      expect(keepers, number).toMatch(/`(src|adapters|queues|db)\//);
      expect(proofs, number).toMatch(/`test\//);
    }
  });
});

test('every decision stands in the list of decisions, with what keeps or proves it', () => {
  const pages = DOCUMENTS.filter((document) => /^docs\/decisions\/\d/.test(document));
  const listed = [...read('docs/decisions/README.md').matchAll(/\]\((\d[^)]+)\)/g)].map(([, file]) => file);
  expect(listed).toEqual(pages.map((page) => page.replace('docs/decisions/', '')));
  pages.forEach((page, at) => {
    const text = read(page);
    expect(text, page).toMatch(new RegExp(`^# ${at + 1}\\. `));
    expect(text, page).toMatch(/\*\*Chosen\b/);
    expect(text, page).toMatch(/\*\*Why\b/);
    expect(text, page).toMatch(/`test\//);
  });
});
