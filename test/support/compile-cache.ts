/**
 * Once a run: what Node makes of our program is kept in a folder that all processes which the tests start share
 * (`program-env.ts`). Hundreds are started, each would need a second of a processor for it; and one that is killed, as many are, would
 * leave nothing behind for the next.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');
const LOADER = join(import.meta.dirname, 'load-all.ts');

/** A cache is of one set of flags; these are the two that tests start processes with. */
const FLAGS: Flags = [[], ['--liftoff-only']];

type Flags = readonly (readonly string[])[];

/** The folder, unless `TEST_COMPILE_CACHE` names another. */
export const COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'authen-bridge-tests');

/** What a run tells the runs that its tests start: there is nothing left to do. */
const IS_WARM = 'TEST_COMPILE_CACHE_IS_WARM';

/** Names the folder for this process and its children. One that stands already is only brought up to date. */
export async function warmCompileCache(all: Flags = FLAGS): Promise<void> {
  if (process.env[IS_WARM] !== undefined) return;
  process.env.TEST_COMPILE_CACHE ??= COMPILE_CACHE;
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.TEST_COMPILE_CACHE };
  await Promise.all(
    all.map((flags) => promisify(execFile)(process.execPath, [...flags, LOADER, '--warm'], { env })),
  );
  process.env[IS_WARM] = 'yes';
}
