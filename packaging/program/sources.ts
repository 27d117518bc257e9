/**
 * Which of our files the reader needs: its imports are followed from where it is started. Types are stripped first, as
 * Node does it, so that what only a type points at stays out.
 */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { posix } from 'node:path';
import { init, parse } from 'es-module-lexer';
import { BridgeError } from '../../src/domain/bridge-error.ts';

/**
 * Where to begin. The launcher and the command line load the next file by an expression or by a table, which no one can
 * follow from outside; of the commands the package has this one.
 */
const ENTRIES = [
  'packaging/counter/start.ts',
  'src/launch.mjs',
  'src/cli.ts',
  'src/commands/reader.ts',
] as const;

/** Their late imports are of other commands, or of what stands in ENTRIES. */
const LATE_IMPORTS_NOT_FOLLOWED: ReadonlySet<string> = new Set(ENTRIES.slice(0, 3));

/** Loaded by a name that no import shows. */
const PACKAGES_BESIDES = ['pcsc-mini'];

/** A file that is started as a process or a thread: `new URL('child.ts', import.meta.url)`. */
const STARTED = /new URL\(\s*(['"`])([^'"`]+)\1\s*,\s*import\.meta\.url\s*\)/g;

export interface Sources {
  /** Relative to the root of the project, with slashes, sorted. */
  files: string[];
  /** Names of npm packages, sorted. */
  packages: string[];
}

/** Throws BridgeError `config` for an import that cannot be followed. */
export async function traceReader(root: string): Promise<Sources> {
  await init;
  const files = new Set<string>(ENTRIES);
  const packages = new Set<string>(PACKAGES_BESIDES);
  // a Set is walked to its end also while it grows
  for (const file of files) {
    for (const wanted of await wants(root, file)) {
      if (wanted.startsWith('.')) files.add(posix.join(posix.dirname(file), wanted));
      else if (!wanted.startsWith('node:')) packages.add(packageOf(wanted));
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

async function wants(root: string, file: string): Promise<string[]> {
  const path = posix.join(root, file);
  if (!existsSync(path)) throw untraceable(file, 'it is imported and does not exist');
  if (!/\.(ts|mjs|js)$/.test(file)) return [];
  const text = await readFile(path, 'utf8');
  const code = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  const [imports] = parse(code, file);
  const found = [...code.matchAll(STARTED)].map(([, , target = '']) => `./${target}`);
  for (const { n, d } of imports) {
    const isMeta = d === -2;
    const isLate = d >= 0;
    if (isMeta || (isLate && LATE_IMPORTS_NOT_FOLLOWED.has(file))) continue;
    if (n === undefined) throw untraceable(file, 'it imports by an expression: name the target in ENTRIES');
    found.push(n);
  }
  return found;
}

/** `undici/lib/pool.js` → `undici`, `@scope/name/part` → `@scope/name` */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function untraceable(file: string, why: string): BridgeError {
  return new BridgeError('config', `packaging cannot follow ${file}: ${why}`, { retry: 'no' });
}
