/**
 * Loaded before the bridge (`--import`, see `start` in package.json): what Node has stripped of types and compiled once
 * is kept, which saves some 20 MB of memory and half of the time to start. Plain JavaScript, because the stripper is
 * what it spares. A folder that cannot be written to only means that nothing is saved.
 */

import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'authen-bridge'));
