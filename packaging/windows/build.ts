/** `npm run package -- windows`: the files of the service in a zip, with the scripts that install it. */

import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Built } from '../debian/build.ts';
import { thirdParties } from '../program/licences.ts';
import type { Release } from '../program/release.ts';
import { WINDOWS_TARGET } from '../program/target.ts';
import { filesIn } from '../program/tidy.ts';
import { layTree, type Program } from '../program/tree.ts';
import { fetchWinsw } from './winsw.ts';

const NAME = 'authen-bridge-reader';

export interface WindowsOptions {
  root: string;
  release: Release;
  /** The folder that gets the zip. */
  out: string;
  /** See TreeOptions. */
  stage?: string;
  say: (line: string) => void;
}

/** Texts that Windows' own programs read: their lines end as Windows wants it. */
const SCRIPTS = ['install.ps1', 'uninstall.ps1', 'status.cmd'];

export async function buildWindows({ root, release, out, stage, say }: WindowsOptions): Promise<Built> {
  const work = await mkdtemp(join(tmpdir(), 'authen-bridge-zip-'));
  try {
    const { version } = release;
    const program = await layTree({ root, target: WINDOWS_TARGET, version, to: work, stage, say });
    say('WinSW, the host of the service');
    await addOwnFiles(root, work, program);

    await mkdir(out, { recursive: true });
    const title = `${NAME}_${release.version}_windows-x64`;
    const file = join(out, `${title}.zip`);
    say('zip');
    await zip(work, title, file, release.epoch);
    return { file, size: (await stat(file)).size, program };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function addOwnFiles(root: string, to: string, program: Program): Promise<void> {
  const { exe, config } = await fetchWinsw();
  // WinSW finds its configuration by its own name
  await writeFile(join(to, `${NAME}.exe`), exe);
  await writeFile(join(to, `${NAME}.exe.config`), config);
  await cp(join(import.meta.dirname, `${NAME}.xml`), join(to, `${NAME}.xml`));
  for (const script of SCRIPTS) {
    const text = await readFile(join(import.meta.dirname, script), 'utf8');
    await writeFile(join(to, script), text.replace(/\r?\n/g, '\r\n'));
  }
  await cp(join(root, 'docs/install-counter.md'), join(to, 'INSTALL.md'));
  const head = await readFile(join(import.meta.dirname, 'THIRD-PARTY.head.txt'), 'utf8');
  const others = thirdParties(program).map((line) => `  ${line}`);
  await writeFile(join(to, 'THIRD-PARTY.txt'), `${head}${others.join('\n')}\n`);
}

async function zip(folder: string, title: string, file: string, epoch: number): Promise<void> {
  const made = new ZipFile();
  const mtime = wallClock(epoch);
  for (const path of await filesIn(folder)) {
    made.addFile(join(folder, path), `${title}/${path}`, { mtime, mode: 0o100644, forceDosTimestamp: true });
  }
  made.end();
  await pipeline(made.outputStream, createWriteStream(file));
}

/** A zip holds the clock on the wall, without a zone: the same bytes are wanted wherever the package is made. */
function wallClock(epoch: number): Date {
  const utc = new Date(epoch * 1_000);
  return new Date(
    ...([utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate()] as const),
    ...([utc.getUTCHours(), utc.getUTCMinutes(), utc.getUTCSeconds()] as const),
  );
}
