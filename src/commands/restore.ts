/** `npm run restore -- --from <file>`: puts a backup in the place of the ledger, the bridge being stopped. */

import { existsSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, createCommand } from 'commander';
import { folderToDisk, toDisk } from '../../db/files.ts';
import { copyLedger } from '../../db/sqlite/backup.ts';
import { putInPlace } from '../../db/sqlite/put-in-place.ts';
import { type Config, loadConfig } from '../config.ts';
import { bangkokIso } from '../domain/bangkok.ts';
import { BridgeError } from '../domain/bridge-error.ts';
import { stampOf } from './backup/place.ts';
import { progressLine } from './backup/progress.ts';
import { refuse, storeOf } from './backup/store.ts';
import { isOurs } from './doctor/port.ts';
import { CONFIG_OPTION } from './options.ts';

const HELP = `
Stop the bridge first: a ledger that is in use is left alone. The backup is checked, and copied;
the file itself stays as it is. The ledger that was there is never deleted: it is kept beside
the new one as <ledger>.replaced-<date>-<time>, and can be restored in its turn.

The bridge, started again, catches up by itself. Visits come from the HIS, and codes that were
written there are taken as they are. For every visit of the days since the backup NHSO is asked
twice, some time apart, what it has issued, before a code is asked for: each such visit takes
about 20 seconds longer, until the day is over. Gone are the card reads and the staff's
decisions since the backup: whoever's code cannot be found puts the card in once more. Keys that
were revoked since work again: look at "npm run key -- list". Tokens whose key was rotated away
since do not open any more: "npm run tokens -- forget" removes those.

A ledger on PostgreSQL is restored with PostgreSQL's own pg_restore; this command says how.

Exit code 0 only when the backup is in place.
`;

export function restoreCommand(): Command {
  return createCommand('restore')
    .description('puts a backup in the place of the ledger; the bridge must be stopped')
    .option(...CONFIG_OPTION)
    .requiredOption('--from <file>', 'the backup')
    .addHelpText('after', HELP)
    .action(async ({ config: file, from }: { config: string; from: string }) => {
      const config = loadConfig(file, process.env);
      const store = storeOf(config.store);
      if (store.kind === 'postgres') throw askPostgres(store.shown, from);
      await restore(config, store.path, resolve(from));
    });
}

async function restore({ http }: Config, path: string, from: string): Promise<void> {
  if (from === path) refuse('--from', 'this is the ledger itself');
  const at = Date.now();
  const aside = freeName(`${path}.replaced-${stampOf(at)}`);
  const part = `${path}.restoring`;
  // left by a restore that was killed: a copy of a backup that still is where it was
  rmSync(part, { force: true });
  const progress = progressLine('Copying');
  try {
    const { cases, knownTo } = await copyLedger(from, part, { at: null, onProgress: progress.show });
    toDisk(part, 'r+');
    progress.clear();
    const isBridgeAtWork = (): Promise<boolean> => isOurs(http.host, http.port);
    const isKept = await putInPlace({ part, path, aside, at, isBridgeAtWork });
    folderToDisk(dirname(path));
    console.log(`${path}: ${cases.toLocaleString('en')} visits, as of ${bangkokIso(knownTo)}`);
    if (isKept) console.log(`The ledger that was there is kept as ${aside}`);
    console.log(
      'Start the bridge now: it catches up by itself. "npm run restore -- --help" tells what to expect.',
    );
  } catch (error) {
    progress.clear();
    rmSync(part, { force: true });
    throw error;
  }
}

/** Two restores may come within one second. */
function freeName(name: string): string {
  let free = name;
  for (let n = 2; existsSync(free); n++) free = `${name}-${n}`;
  return free;
}

function askPostgres(shown: string, from: string): BridgeError {
  const command = `pg_restore --clean --if-exists --dbname="${shown}" ${from}`;
  const what = 'the ledger is on PostgreSQL, which restores its own backups; nothing was done.';
  const how = `Stop every bridge, run: ${command} and start them again: they see that it was restored`;
  return new BridgeError('config', `${what} ${how}`, { retry: 'no' });
}
