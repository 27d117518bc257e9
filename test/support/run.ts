/**
 * `npm test`: runs vitest and fails when a citizen id stands anywhere in what it, or a process of ours that a test
 * started, has printed. `npm test -- test/db` runs a part.
 */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { COMPILE_CACHE } from './compile-cache.ts';
import { runScanned } from './run-scanned.ts';

// what Node has compiled is kept, for the processes that run the tests as well; each file has one of its own
process.env.TEST_COMPILE_CACHE ??= COMPILE_CACHE;
process.env.NODE_COMPILE_CACHE ??= process.env.TEST_COMPILE_CACHE;

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

// this very Node, not the first on the PATH: it is the one that npm found to be new enough
process.exitCode = await runScanned(process.execPath, [vitest, 'run', ...process.argv.slice(2)]);
