/**
 * The npm packages of the program, for the machine that it is packed for: installed from the lockfile by npm itself,
 * which checks every one against its integrity, and no script of theirs is run.
 */

import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import { run } from './run.ts';
import type { Target } from './target.ts';

export interface Locked {
  version: string;
  license?: string;
  /** Absent where the registry that the lockfile was made from does not hold the package. */
  integrity?: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export type Lockfile = Readonly<Record<string, Locked>>;

/** By its place, `node_modules/pino`. */
export type LockedPackages = ReadonlyMap<string, Locked>;

/** Wanted for building from source only; here all binaries come ready-built. */
const FOR_BUILDING: ReadonlySet<string> = new Set(['node-addon-api']);

export async function readLockfile(root: string): Promise<Lockfile> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return packages;
}

/** Puts all production packages for the target into `stage/node_modules`. */
export async function installPackages(root: string, target: Target, stage: string): Promise<void> {
  await mkdir(stage, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    await cp(join(root, file), join(stage, file));
  const options = [
    '--omit=dev',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  await run('npm', ['ci', ...options, `--os=${target.os}`, `--cpu=${target.cpu}`, '--libc=glibc'], {
    cwd: stage,
    missing: 'install Node with npm, and run this as "npm run package"',
  });
}

/** The packages of these names with all that they need, by the lockfile. Throws BridgeError `config` for one not in it. */
export function closure(lockfile: Lockfile, names: readonly string[]): LockedPackages {
  const found = new Map<string, Locked>();
  const add = (name: string, from: string): void => {
    const place = placeOf(lockfile, name, from);
    const locked = place === null ? undefined : lockfile[place];
    if (place === null || locked === undefined) {
      throw new BridgeError(
        'config',
        `package-lock.json does not hold ${name}, which ${from || 'the reader'} needs`,
        {
          retry: 'no',
        },
      );
    }
    if (found.has(place)) return;
    found.set(place, locked);
    for (const needed of neededBy(locked)) add(needed, place);
  };
  for (const name of names) add(name, '');
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function neededBy({ dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }: Locked): string[] {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys(dependencies), ...peers].filter((name) => !FOR_BUILDING.has(name));
}

/** Where Node looks for `name` from the package at `from`: its own folder, then each one above. */
function placeOf(lockfile: Lockfile, name: string, from: string): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (lockfile[place] !== undefined) return place;
    if (at === '') return null;
  }
}

/** No part of a running program: declarations, sources, tests, pages. Licences stay. */
const NEVER = [
  /\.([cm]?ts|map|markdown|flow)$/,
  /\.(md|html|sh)$/i,
  /^(tests?|__tests__|bench|benchmarks?|docs?|examples?|\.github|\.vscode)\//,
  /(^|\/)\.[^/]+(\/|$)/,
];

/** By package: what else stays out, given the target. */
const BESIDES: Readonly<Record<string, (file: string, target: Target) => boolean>> = {
  // SQLite's source, and the binaries for other machines
  'better-sqlite3': (file, { os, cpu }) =>
    /^(deps|src)\/|^binding\.gyp$/.test(file) ||
    (file.startsWith('prebuilds/') && file !== `prebuilds/${os}-${cpu}.node`),
  // a command line, which nobody calls
  pino: (file) => file === 'bin.js',
  zod: (file) => file.startsWith('src/'),
};

/** Copies what a running program needs of a package from the stage. */
export async function copyPackage(place: string, target: Target, stage: string, to: string): Promise<void> {
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const from = join(stage, place);
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name)
      .slice(from.length + 1)
      .replaceAll('\\', '/');
    // a package inside of this one has a place of its own
    if (file.startsWith('node_modules/') || isLeftOut(name, file, target)) continue;
    await cp(join(from, file), join(to, place, file));
  }
}

function isLeftOut(name: string, file: string, target: Target): boolean {
  if (/^(licen[cs]e|copying|notice)/i.test(file)) return false;
  return NEVER.some((pattern) => pattern.test(file)) || BESIDES[name]?.(file, target) === true;
}
