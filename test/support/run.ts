/**
 * `npm test`: runs vitest and fails when a citizen id stands anywhere in what it, or a process of ours that a test
 * started, has printed. `npm test -- test/db` runs a part.
 */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runScanned } from './run-scanned.ts';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

// this very Node, not the first on the PATH: it is the one that npm found to be new enough
process.exitCode = await runScanned(process.execPath, [vitest, 'run', ...process.argv.slice(2)]);
