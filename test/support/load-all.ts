/** `node load-all.ts --warm`: loads what the command line may need, for `compile-cache.ts`, and ends. */

import { globSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

for (const file of globSync('src/commands/**/*.ts', { cwd: ROOT })) await import(join(ROOT, file));
// the bridge itself, and last the command line, which ends the process
await import('../../src/warm.ts');
