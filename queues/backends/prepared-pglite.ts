/**
 * A PGlite that begins as a copy. To make one anew (`initdb`, in WebAssembly) takes some 4 s of a processor and 620 MB, and
 * what comes out is the same each time; a copy takes 1 s and 400 MB. Whoever needs one first keeps it in a file.
 */

import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { findPackageJSON, getCompileCacheDir } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import type { Log } from '../../src/service/ports/log.ts';

export interface Preparation {
  options: PGliteOptions;
  /** What is the same each time. */
  prepare(db: PGlite): Promise<void>;
}

/**
 * The file for what depends on these packages: its name says their versions. Null without a folder, which is that of what Node
 * has compiled, where that is kept.
 */
export function preparedFile(
  name: string,
  packages: readonly string[],
  folder: string | null = getCompileCacheDir() ?? null,
): string | null {
  if (folder === null) return null;
  const versions = packages.map((each) => `${each.replace(/^@.*[/]/, '')}-${versionOf(each)}`);
  return join(folder, `${[name, ...versions].join('-')}.tar.gz`);
}

function versionOf(name: string): string {
  const file = findPackageJSON(name, import.meta.url);
  if (file === undefined) throw new TypeError(`the package ${name} is not installed`);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/**
 * @param file where the copy is kept; its name must say all that it depends on. Null: a new one is made each time. A file
 * that cannot be read or written, or is none, costs the time and nothing more.
 */
export async function preparedPglite(
  file: string | null,
  { options, prepare }: Preparation,
  log: Pick<Log, 'debug'>,
): Promise<PGlite> {
  const copy = file === null ? null : await copyOf(file, options, log);
  if (copy !== null) return copy;
  const made = await PGlite.create(options);
  await prepare(made);
  if (file !== null) {
    await keep(made, file).catch((error: unknown) =>
      log.debug({ file, error }, 'The prepared PGlite is not kept'),
    );
  }
  return made;
}

async function copyOf(file: string, options: PGliteOptions, log: Pick<Log, 'debug'>): Promise<PGlite | null> {
  try {
    // unpacked here, which finds out whether the file is whole: in PGlite a half one would end the process
    const whole = await promisify(gunzip)(await readFile(file));
    const given: PGliteOptions = { ...options, loadDataDir: new Blob([whole]) };
    const copy = await PGlite.create(given);
    // it keeps what it was given, and would keep these 40 MB
    delete given.loadDataDir;
    return copy;
  } catch (error) {
    log.debug({ file, error }, 'There is no prepared PGlite; one is made');
    return null;
  }
}

async function keep(db: PGlite, file: string): Promise<void> {
  // so that a copy has nothing to recover
  await db.exec('CHECKPOINT');
  const whole = Buffer.from(await (await db.dumpDataDir('none')).arrayBuffer());
  const packed = await promisify(gzip)(whole, { level: 1 });
  await mkdir(dirname(file), { recursive: true });
  // under a name of its own first: another process may be at the same thing
  const own = `${file}-${process.pid}`;
  try {
    await writeFile(own, packed);
    await rename(own, file);
  } catch (error) {
    await rm(own, { force: true });
    throw error;
  }
}
