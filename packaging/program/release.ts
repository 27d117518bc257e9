/** Which version a package has and what time its files bear: both follow from the commit, so that it can be made again. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import { run } from './run.ts';

export interface Release {
  /** `0.1.0+git20261128191205.8726a7b`, or `0.1.0` where that version's tag stands: sorts by time, for dpkg too. */
  version: string;
  /** Seconds since 1970, UTC. */
  epoch: number;
  /** Somebody has changed files since the commit: the same version could be another program. */
  isChanged: boolean;
}

const NO_GIT = 'set SOURCE_DATE_EPOCH (seconds since 1970) and give --package-version';

/** `version` in the place of the commit's. Throws BridgeError `config` where neither git nor the environment tells. */
export async function findRelease(
  root: string,
  version: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Release> {
  const told = env.SOURCE_DATE_EPOCH;
  if (told !== undefined && !/^\d{1,10}$/.test(told)) {
    throw new BridgeError('config', 'SOURCE_DATE_EPOCH: expected whole seconds since 1970', { retry: 'no' });
  }
  if (version !== undefined && !/^\d[A-Za-z0-9.+~]{0,60}$/.test(version)) {
    throw new BridgeError(
      'config',
      '--package-version: expected a digit, then letters, digits, dots, + or ~',
      {
        retry: 'no',
      },
    );
  }
  if (told !== undefined && version !== undefined) return { version, epoch: Number(told), isChanged: false };

  const git = (...args: string[]): Promise<string> => run('git', args, { cwd: root, missing: NO_GIT });
  const [seconds = '', hash = ''] = (await git('log', '-1', '--format=%ct %h')).trim().split(' ');
  const isChanged = (await git('status', '--porcelain', '--untracked-files=no')).trim() !== '';
  const tags = (await git('tag', '--points-at', 'HEAD')).split('\n');
  const { version: base } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const time = new Date(Number(seconds) * 1_000).toISOString().replace(/\D/g, '').slice(0, 14);
  const isReleased = tags.includes(`v${base}`) && !isChanged;
  return {
    version: version ?? (isReleased ? base : `${base}+git${time}.${hash}${isChanged ? '.changed' : ''}`),
    epoch: Number(told ?? seconds),
    isChanged,
  };
}
