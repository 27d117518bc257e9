/** `npm run package -- debian`: lays out the files of the package and has dpkg-deb make it. */

import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Release } from '../program/release.ts';
import { run } from '../program/run.ts';
import { DEBIAN_TARGETS, type DebianArchitecture } from '../program/target.ts';
import { filesIn, tidy } from '../program/tidy.ts';
import { layTree, type Program } from '../program/tree.ts';
import { changelog, control, copyright, gzip, PACKAGE } from './control.ts';

export interface DebianOptions {
  root: string;
  architecture: DebianArchitecture;
  release: Release;
  /** The folder that gets the package. */
  out: string;
  /** Of dpkg-deb. */
  compression: 'xz' | 'none';
  /** See TreeOptions. */
  stage?: string;
  say: (line: string) => void;
}

export interface Built {
  file: string;
  /** Bytes. */
  size: number;
  program: Program;
}

const LIB = `usr/lib/${PACKAGE}`;
const DOC = `usr/share/doc/${PACKAGE}`;

/** Beside this file: where each goes. */
const PLACES: Readonly<Record<string, string>> = {
  [`${PACKAGE}.service`]: `usr/lib/systemd/system/${PACKAGE}.service`,
  [`${PACKAGE}.sysusers`]: `usr/lib/sysusers.d/${PACKAGE}.conf`,
  [`${PACKAGE}.rules`]: `usr/share/polkit-1/rules.d/50-${PACKAGE}.rules`,
  [`${PACKAGE}.sh`]: `usr/bin/${PACKAGE}`,
  'reader.env': `usr/share/${PACKAGE}/reader.env`,
  'lintian-overrides': `usr/share/lintian/overrides/${PACKAGE}`,
};

const SCRIPTS = ['postinst', 'prerm', 'postrm'];

export async function buildDebian(options: DebianOptions): Promise<Built> {
  const { root, architecture, release, out, compression, stage, say } = options;
  // asked before the work, not after it
  await run('dpkg-deb', ['--version'], { missing: 'a Debian package is made on Debian or Ubuntu' });
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-deb-'));
  try {
    const target = DEBIAN_TARGETS[architecture];
    const to = join(folder, LIB);
    const program = await layTree({ root, target, version: release.version, to, stage, say });
    await addOwnFiles(root, folder, release, program);
    const programs = new Set([`${LIB}/bin/node`, `usr/bin/${PACKAGE}`]);
    await tidy(folder, programs, release.epoch);
    await addControl(folder, options);

    await mkdir(out, { recursive: true });
    const file = join(out, `${PACKAGE}_${release.version}_${architecture}.deb`);
    say(`dpkg-deb, compressed with ${compression}`);
    // one thread: with more of them xz parts the data, and the bytes would be of this machine's making
    const how = [`-Z${compression}`, '--threads-max=1'];
    await run('dpkg-deb', ['--root-owner-group', ...how, '--build', folder, file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch) },
      missing: 'a Debian package is made on Debian or Ubuntu',
    });
    return { file, size: (await stat(file)).size, program };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function addOwnFiles(root: string, folder: string, release: Release, program: Program): Promise<void> {
  for (const [from, to] of Object.entries(PLACES))
    await cp(join(import.meta.dirname, from), join(folder, to));
  const page = await readFile(join(import.meta.dirname, `${PACKAGE}.8`), 'utf8');
  const manual = join(folder, `usr/share/man/man8/${PACKAGE}.8.gz`);
  await mkdir(dirname(manual), { recursive: true });
  await writeFile(manual, gzip(page));
  await mkdir(join(folder, DOC), { recursive: true });
  await writeFile(join(folder, DOC, 'copyright'), copyright(program));
  await writeFile(join(folder, DOC, 'changelog.gz'), changelog(release));
  await cp(join(root, 'docs/install-counter.md'), join(folder, DOC, 'install-counter.md'));
}

async function addControl(folder: string, { release, architecture }: DebianOptions): Promise<void> {
  const files = await filesIn(folder);
  const sums: string[] = [];
  let bytes = 0;
  for (const file of files) {
    const content = await readFile(join(folder, file));
    sums.push(`${createHash('md5').update(content).digest('hex')}  ${file}`);
    // as Debian's policy counts: each file in whole kB
    bytes += Math.ceil(content.length / 1024);
  }
  const to = join(folder, 'DEBIAN');
  await mkdir(to);
  await writeFile(join(to, 'control'), control(release, architecture, bytes));
  await writeFile(join(to, 'md5sums'), `${sums.join('\n')}\n`);
  for (const script of SCRIPTS) await cp(join(import.meta.dirname, script), join(to, script));
  await tidy(to, new Set(SCRIPTS), release.epoch);
  await chmod(to, 0o755);
}
