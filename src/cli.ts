/** The command line. Each command is a file in `commands/`, loaded when it is asked for. */

import { createCommand } from 'commander';
import { endOnUncaught, tellFailure } from './commands/failure.ts';

endOnUncaught();
// whoever read along has gone (`| head`, a closed window): the work, and its exit code, go on without them
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

const program = createCommand('authen-bridge')
  .description('Gets NHSO authen codes for hospital visits by itself.')
  // an option after a subcommand's name is that one's, also where the command above has one of the same name
  .enablePositionalOptions()
  .showHelpAfterError('(--help tells more)');

const COMMANDS = new Map([
  ['start', async () => (await import('./commands/start.ts')).startCommand()],
  ['doctor', async () => (await import('./commands/doctor.ts')).doctorCommand()],
  ['backup', async () => (await import('./commands/backup.ts')).backupCommand()],
  ['restore', async () => (await import('./commands/restore.ts')).restoreCommand()],
  ['import-report', async () => (await import('./commands/import-report.ts')).importReportCommand()],
  ['reconcile', async () => (await import('./commands/reconcile.ts')).reconcileCommand()],
  ['reader', async () => (await import('./commands/reader.ts')).readerCommand()],
  ['key', async () => (await import('./commands/key.ts')).keyCommand()],
  ['tokens', async () => (await import('./commands/tokens.ts')).tokensCommand()],
  ['demo', async () => (await import('./commands/demo.ts')).demoCommand()],
  ['simulate', async () => (await import('./commands/simulate.ts')).simulateCommand()],
]);

const wanted = COMMANDS.get(process.argv[2] ?? '');
for (const load of wanted === undefined ? COMMANDS.values() : [wanted]) program.addCommand(await load());

try {
  await program.parseAsync();
} catch (error) {
  tellFailure(error);
  // a connection that could not be closed must not keep a process alive that does nothing: a supervisor waits for its end
  process.exit(1);
}
