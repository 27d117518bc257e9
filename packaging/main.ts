/** `npm run package -- debian | windows`: the reader at a counter, as something that is installed. */

import { join, resolve } from 'node:path';
import { createCommand, Option } from 'commander';
import { tellFailure } from '../src/commands/failure.ts';
import { type Built, buildDebian } from './debian/build.ts';
import { findRelease } from './program/release.ts';
import { DEBIAN_TARGETS, type DebianArchitecture } from './program/target.ts';
import { buildWindows } from './windows/build.ts';

interface Options {
  out: string;
  packageVersion?: string;
}

const root = join(import.meta.dirname, '..');
const say = (line: string): void => console.log(`· ${line}`);

const program = createCommand('package')
  .description('packs the reader for a counter: what is installed there needs no npm and no Node of its own')
  .showHelpAfterError('(--help tells more)');

withShared('debian', 'a .deb with a systemd service')
  .addOption(
    new Option('--arch <architecture>', 'of the machine at the counter')
      .choices(Object.keys(DEBIAN_TARGETS))
      .default('amd64'),
  )
  .addOption(
    new Option('--compression <kind>', 'none makes it in a moment, four times as large')
      .choices(['xz', 'none'])
      .default('xz'),
  )
  .action(async (options: Options & { arch: DebianArchitecture; compression: 'xz' | 'none' }) => {
    const release = await found(options);
    const { arch: architecture, compression } = options;
    const out = resolve(options.out);
    tell(await buildDebian({ root, architecture, release, out, compression, say }));
  });

withShared('windows', 'a .zip with a Windows service and its install.ps1').action(
  async (options: Options) => {
    tell(await buildWindows({ root, release: await found(options), out: resolve(options.out), say }));
  },
);

try {
  await program.parseAsync();
} catch (error) {
  tellFailure(error);
  process.exitCode = 1;
}

function withShared(name: string, description: string) {
  return program
    .command(name)
    .description(description)
    .option('--out <folder>', 'where the package goes', 'dist')
    .option('--package-version <version>', "instead of the commit's own");
}

async function found({ packageVersion }: Options): ReturnType<typeof findRelease> {
  const release = await findRelease(root, packageVersion, process.env);
  say(`version ${release.version}`);
  if (release.isChanged)
    say('files were changed since the commit: this package cannot be made again from git');
  return release;
}

function tell({ file, size, program: { direct, node } }: Built): void {
  say(`Node.js ${node}`);
  if (direct === 'missing') {
    say(
      "pcsc-mini's binary for that machine is not in this npm registry: cards are read through NHSO's agent only",
    );
  }
  if (direct === 'unchecked') {
    say("pcsc-mini's binary for that machine: the lockfile knows its version, but no checksum of it");
  }
  console.log(`${file}  ${(size / 1024 / 1024).toFixed(1)} MB`);
}
