/**
 * WinSW, the small program that lets Windows run another one as a service. Its makers publish it where only a browser
 * gets it; npm has it inside the package node-windows. That package is fetched for this one file and is no dependency of
 * ours (its own dependencies are old); what came is compared with what was looked at when it was chosen.
 */

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import { run } from '../program/run.ts';

const FROM = 'node-windows@0.1.14';
const INTEGRITY =
  'sha512-2sz0i+ckeX/+22Z4KcDVis1ukyGOYZWx2WG9nQYauUwzIxEye5QcMrExkH7OaRSHkwM5bN/jesxsiQqkUb1O/w==';

/** What the program says of itself. */
export const WINSW_VERSION = '1.17.0.0';

/** The service host, and the file that lets it run on the .NET which Windows 10 and 11 have. */
export interface Winsw {
  exe: Buffer;
  config: Buffer;
}

/** Throws BridgeError `config` when npm does not give exactly that package. */
export async function fetchWinsw(): Promise<Winsw> {
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-winsw-'));
  try {
    const told = await run('npm', ['pack', FROM, '--json', '--prefer-offline', '--loglevel=error'], {
      cwd: folder,
      missing: 'install Node with npm',
    });
    const archive = join(folder, (JSON.parse(told) as { filename: string }[])[0]?.filename ?? '');
    const sum = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (sum !== INTEGRITY) {
      throw new BridgeError(
        'config',
        `${FROM} is not the package that was looked at: its checksum is ${sum}`,
        {
          retry: 'no',
        },
      );
    }
    await run('tar', ['-xzf', archive, '-C', folder], { missing: 'install tar' });
    const winsw = join(folder, 'package', 'bin', 'winsw');
    return {
      exe: await readFile(join(winsw, 'winsw.exe')),
      config: await readFile(join(winsw, 'winsw.exe.config')),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
