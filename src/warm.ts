/**
 * `node src/launch.mjs --warm`: loads all that a bridge may need, so that Node's compile cache holds it, makes the database that the
 * embedded queue begins with, and ends.
 */

import '../db/postgres/engine.ts';
import '../db/sqlite/engine.ts';
import '../queues/backends/postgres.ts';
import '../queues/backends/redis.ts';
import 'mysql2/promise';
import { makeDatabase } from '../queues/backends/embedded.ts';
import './commands/start.ts';
import { makeLog } from './log.ts';
import './main.ts';

await (await makeDatabase(makeLog({ level: 'silent' }))).close();

// last the command line itself, which is not loaded without being carried out
process.argv.splice(2, 1, 'start', '--help');
await import('./cli.ts');
