/** PostgreSQL in this process, empty; a copy, in this run and the next, of what the first one made. */

import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { preparedFile, preparedPglite } from '../../queues/backends/prepared-pglite.ts';
import { makeLog } from '../../src/log.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'authen-bridge-pglite');
const EMPTY = { options: {}, prepare: async () => undefined };

export function freshPglite(): Promise<PGlite> {
  const file = preparedFile('empty', ['@electric-sql/pglite'], FOLDER);
  return preparedPglite(file, EMPTY, makeLog({ level: 'silent' }));
}
