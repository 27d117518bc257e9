/**
 * The program as both packages carry it: Node, those of our files and those npm packages that the reader needs, laid out
 * as in the project, so that every import finds what it names.
 */

import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import { closure, copyPackage, installPackages, type LockedPackages, readLockfile } from './packages.ts';
import { traceReader } from './sources.ts';
import { DEBIAN_TARGETS, type Target } from './target.ts';

export interface Program {
  files: readonly string[];
  packages: LockedPackages;
  /** Node's version. */
  node: string;
  /** Whether pcsc-mini's binary for the target is in it, and whether the lockfile could vouch for that binary. */
  direct: 'checked' | 'unchecked' | 'missing';
}

export interface TreeOptions {
  root: string;
  target: Target;
  /** What the packed program says when it is asked for its version. */
  version: string;
  /** The folder to fill. */
  to: string;
  /** Where npm installs, and what it has installed there already serves; a folder of its own unless it is given. */
  stage?: string | undefined;
  say: (line: string) => void;
}

export async function layTree(options: TreeOptions): Promise<Program> {
  const { root, target, version, to, say } = options;
  const sources = await traceReader(root);
  say(`${sources.files.length} files of ours, packages: ${sources.packages.join(', ')}`);
  const lockfile = await readLockfile(root);
  const stage = options.stage ?? (await mkdtemp(join(tmpdir(), 'authen-bridge-stage-')));
  try {
    if (!existsSync(join(stage, 'node_modules', '.package-lock.json'))) {
      say(`npm ci for ${target.os} ${target.cpu}, from the lockfile`);
      await installPackages(root, target, stage);
    }
    const packages = new Map(closure(lockfile, sources.packages));
    const direct = await addPcsc(lockfile, packages, target, stage);

    for (const file of sources.files) await cp(join(root, file), join(to, file));
    await writePackageJson(root, to, version);
    await cp(join(root, 'LICENSE'), join(to, 'LICENSE'));
    for (const place of packages.keys()) await copyPackage(place, target, stage, to);
    await copyNode(root, target, stage, to);

    const node = lockfile[`node_modules/${target.node.name}`]?.version ?? '';
    return { files: sources.files, packages, node, direct };
  } finally {
    if (options.stage === undefined) await rm(stage, { recursive: true, force: true });
  }
}

/** Its binary is optional: with the agent alone a counter needs none, and not every registry holds every one. */
async function addPcsc(
  lockfile: Awaited<ReturnType<typeof readLockfile>>,
  packages: Map<string, { version: string; license?: string }>,
  target: Target,
  stage: string,
): Promise<Program['direct']> {
  const place = `node_modules/${target.pcsc}`;
  const locked = lockfile[place];
  if (locked === undefined || !existsSync(join(stage, place, 'package.json'))) return 'missing';
  const { version } = JSON.parse(await readFile(join(stage, place, 'package.json'), 'utf8')) as {
    version: string;
  };
  if (version !== locked.version) {
    throw new BridgeError(
      'config',
      `${target.pcsc} is ${version}; package-lock.json asks for ${locked.version}`,
      {
        retry: 'no',
      },
    );
  }
  packages.set(place, locked);
  return locked.integrity === undefined ? 'unchecked' : 'checked';
}

/** Node needs to know that these are ES modules; nothing else of ours is anybody's business at a counter. */
async function writePackageJson(root: string, to: string, version: string): Promise<void> {
  const { name, license, type } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const text = JSON.stringify({ name, version, private: true, license, type }, null, 2);
  await writeFile(join(to, 'package.json'), `${text}\n`);
}

async function copyNode(root: string, target: Target, stage: string, to: string): Promise<void> {
  const { name, file } = target.node;
  const from = join(stage, 'node_modules', name);
  if (!existsSync(join(from, file))) throw lacking(`${name}, which holds Node for the package`);
  await mkdir(dirname(join(to, file)), { recursive: true });
  await cp(join(from, file), join(to, file));
  // the package for Windows has none; the project's own Node is of the same version and under the same licence
  const own = [DEBIAN_TARGETS.amd64, DEBIAN_TARGETS.arm64].map(({ node }) =>
    join(root, 'node_modules', node.name),
  );
  const licence = [from, ...own].map((folder) => join(folder, 'LICENSE')).find((path) => existsSync(path));
  if (licence === undefined) throw lacking("Node's licence: run npm ci with optional packages");
  await cp(licence, join(to, 'bin', 'LICENSE.node.txt'));
}

function lacking(what: string): BridgeError {
  return new BridgeError('config', `the npm registry gave no ${what}`, { retry: 'no' });
}
