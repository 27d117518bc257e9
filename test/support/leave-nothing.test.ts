/** Ended by a signal, in the middle: neither a child nor a folder stays. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';

const MODULE = new URL('leave-nothing.ts', import.meta.url).href;
const PROGRAM = `
  import { spawn } from 'node:child_process';
  import { endsWithUs, exitOnSignals, throwAwayFolder } from '${MODULE}';
  exitOnSignals();
  const script = "console.log('child'); setInterval(() => undefined, 1_000)";
  endsWithUs(spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'ignore'] }));
  console.log(throwAwayFolder('authen-bridge-nothing-'));
  setInterval(() => undefined, 1_000);
`;

let program: ChildProcess | null = null;
afterEach(() => program?.kill('SIGKILL'));

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', async (signal, code) => {
  const args = ['--input-type=module', '-e', PROGRAM];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  program = started;
  let said = '';
  started.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  await expect.poll(() => said.trim().split('\n').length).toBe(2);
  const folder = said.split('\n').find((line) => line.startsWith('/')) ?? '';
  expect(existsSync(folder)).toBe(true);
  // its output ends when the last who writes there has ended: the child
  const [ended, closed] = [once(started, 'exit'), once(started, 'close')];
  started.kill(signal);
  expect(await ended).toEqual([code, null]);
  await closed;
  expect(existsSync(folder)).toBe(false);
});
