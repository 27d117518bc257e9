/** `node src/launch.mjs --warm`: loads all that a bridge may need, so that Node's compile cache holds it, and ends. */

import '../db/postgres/engine.ts';
import '../db/sqlite/engine.ts';
import '../queues/backends/embedded.ts';
import '../queues/backends/postgres.ts';
import '../queues/backends/redis.ts';
import 'mysql2/promise';
import './commands/start.ts';
import './main.ts';

// last the command line itself, which is not loaded without being carried out
process.argv.splice(2, 1, 'start', '--help');
await import('./cli.ts');
