/**
 * `node src/launch.mjs start …`: the command line as a bridge that runs for years is started, by `npm start`, in the
 * image and by systemd alike. The process puts one with a lean memory in its own place (execve: the same pid, the same
 * signals), because what the allocator and the young heap take can be said to a new process only. Plain JavaScript: the
 * stripper of types takes 20 MB, and with all of the program in the cache it is not even loaded.
 * Each setting's worth: docs/decisions/0018-lean-process.md. What the environment says already stands.
 */

import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** Old heap: collected when it has grown by a half, not when it has doubled and more. */
const GROWTH = '--heap-growing-percent=50';
// liftoff-only: the embedded queue is WebAssembly, and V8's second compiler costs it seconds and 400 MB, and gains nothing
// gc: for src/commands/idle-memory.ts
const FLAGS = ['--max-semi-space-size=8', GROWTH, '--liftoff-only', '--expose-gc'];

const env = {
  // what Node has stripped of types and compiled once is kept; a folder that cannot be written to is no error
  NODE_COMPILE_CACHE: join(import.meta.dirname, '..', 'node_modules', '.cache', 'authen-bridge'),
  // glibc: one arena for all threads, and what is free goes back to the system
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  ...process.env,
};

const [node, , ...args] = process.argv;
// `--warm` fills the cache and ends: a step of the image, which is read-only later
const file = join(import.meta.dirname, args[0] === '--warm' ? 'warm.ts' : 'cli.ts');

if (process.platform !== 'win32' && process.execve !== undefined) {
  process.execve(node, [node, ...process.execArgv, ...FLAGS, file, ...args], env);
}
// Windows has no execve: what can be said to a running process is said
setFlagsFromString(GROWTH);
enableCompileCache(env.NODE_COMPILE_CACHE);
process.argv[1] = file;
await import(file === join(import.meta.dirname, 'cli.ts') ? './cli.ts' : './warm.ts');
