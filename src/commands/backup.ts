/** `npm run backup -- --to <folder>`: a copy of the ledger, taken while the bridge works. */

import { rmSync, statSync } from 'node:fs';
import { type Command, createCommand, InvalidArgumentError } from 'commander';
import { copyLedger } from '../../db/sqlite/backup.ts';
import { loadConfig } from '../config.ts';
import { BridgeError } from '../domain/bridge-error.ts';
import { finish, placeFor, removeOlder } from './backup/place.ts';
import { progressLine } from './backup/progress.ts';
import { refuse, storeOf } from './backup/store.ts';
import { CONFIG_OPTION } from './options.ts';
import { exitCodeOf, toldToStop } from './told-to-stop.ts';

const HELP = `
The bridge need not be stopped. The copy is one moment of the ledger; it is checked, brought to
the disk and given its name only then, so that a file with that name is a good backup. It holds
citizen ids: only its owner may read it (0600), and it belongs on an encrypted disk, not on the
ledger's. Nothing is overwritten. Run it as the bridge's own user.

Only the ledger is worth keeping, and a copy of the key file (secrets.keyFile), which is not in
it: without the key the tokens in a backup do not open. The queue is made again. A ledger on
PostgreSQL is backed up with PostgreSQL's own pg_dump; this command says how.

Exit code 0 only when the backup is there.
`;

interface BackupOptions {
  config: string;
  to: string;
  keep?: number;
}

export function backupCommand(): Command {
  return createCommand('backup')
    .description('copies the ledger to a file, while the bridge works')
    .option(...CONFIG_OPTION)
    .requiredOption('--to <place>', 'a folder (the file is named by date and time), or a new file ….db')
    .option('--keep <n>', 'then remove all but the newest n backups in that folder', count)
    .addHelpText('after', HELP)
    .action(async ({ config, to, keep }: BackupOptions) => {
      const store = storeOf(loadConfig(config, process.env).store);
      if (store.kind === 'postgres') throw askPostgres(store.shown, to);
      await backUp(store.path, to, keep);
    });
}

async function backUp(path: string, to: string, keep: number | undefined): Promise<void> {
  const at = Date.now();
  const place = placeFor(to, at);
  if (keep !== undefined && place.folder === null) refuse('--keep', 'expected a folder as --to');
  const remove = (): void => rmSync(place.part, { force: true });
  void toldToStop(['SIGTERM', 'SIGINT', 'SIGHUP']).then((signal) => {
    remove();
    process.exit(exitCodeOf(signal));
  });
  const progress = progressLine('Backing up');
  try {
    const { cases } = await copyLedger(path, place.part, { at, onProgress: progress.show });
    finish(place);
    progress.clear();
    const size = (statSync(place.file).size / 1e6).toFixed(1);
    console.log(`${place.file}: ${cases.toLocaleString('en')} visits, ${size} MB, checked`);
  } catch (error) {
    progress.clear();
    remove();
    throw error;
  }
  if (keep === undefined || place.folder === null) return;
  const removed = removeOlder(place.folder, keep);
  if (removed.length > 0) console.log(`removed ${removed.length} older: ${removed.join(', ')}`);
}

function askPostgres(shown: string, to: string): BridgeError {
  const command = `pg_dump --format=custom --schema=authen_bridge --file=${to} "${shown}"`;
  return new BridgeError(
    'config',
    `the ledger is on PostgreSQL, which makes its own backups; nothing was done. Run: ${command}`,
    { retry: 'no' },
  );
}

function count(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 10_000) return value;
  throw new InvalidArgumentError('expected a whole number, 1 or more');
}
