import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { services } from '../services.ts';
import { ENV_NAMES } from './discover.ts';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

const SUITE = 'a fresh MariaDB database';

/** A run of one suite for MariaDB where the only MariaDB that may be used does not answer. */
async function withoutMariaDb(ci: string): Promise<{ exit: number | null; said: string }> {
  // the others are those of this run: none is started for it
  const others = Object.fromEntries(
    (['postgres', 'redis'] as const).map((name) => [ENV_NAMES[name], services()[name] ?? '']),
  );
  const child = spawn(
    process.execPath,
    [vitest, 'run', 'test/support/services/services.test.ts', '-t', SUITE],
    {
      env: {
        ...process.env,
        ...others,
        [ENV_NAMES.mariadb]: 'mysql://root@127.0.0.1:9',
        CI: ci,
        NO_COLOR: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const [[exit], out, err] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exit, said: out + err };
}

const SENTENCE = `SKIPPED ${SUITE}: ${ENV_NAMES.mariadb} is set but cannot be used: `;

describe('a suite whose service is missing', () => {
  test('says so in one line and is skipped', { timeout: 90_000 }, async () => {
    const { exit, said } = await withoutMariaDb('');
    expect(said.split('\n').filter((line) => line.startsWith(SENTENCE))).toHaveLength(1);
    expect(exit).toBe(0);
  });

  test('fails with CI=true', { timeout: 90_000 }, async () => {
    const { exit, said } = await withoutMariaDb('true');
    expect(said).toContain(`Error: ${SENTENCE}`);
    expect(exit).toBe(1);
  });
});
