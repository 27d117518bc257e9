/** `npm run reconcile`: looks for the codes that a day's visits lack, shows earlier runs, and takes one back. */

import { type Command, createCommand } from 'commander';
import { BridgeError } from '../domain/bridge-error.ts';
import { CONFIG_OPTION } from './options.ts';
import { toldToStop } from './told-to-stop.ts';

const HELP = `
Asks NHSO for every visit of that day that has no code, writes what fits without any doubt into
the HIS, and says something of every visit. Begin with --dry-run: it asks, and writes nothing. The
bridge may run meanwhile or not. Ctrl+C lets the visits in hand end; --resume goes on from there,
as it does after a crash, without asking again what is known.

Dates are Gregorian. Progress is on standard error, the result on standard output. Neither table,
CSV nor JSON holds a citizen id.

Exit code 0 when every visit of the day is accounted for, the sum being the HIS's own count; it
does not matter whether visits were left to a person. 1 for everything else: the run was stopped
or could not ask, the sum differs, an option was wrong. "undo" ends with 1 as well when a row stays
because somebody has changed it since.

Examples:
  npm run reconcile -- --date yesterday --dry-run
  npm run reconcile -- --site 10978 --date 2026-11-19 --csv missing.csv
  npm run reconcile -- undo 20261119-10978-k3x9q2 --dry-run
`;

const SITE = ['--site <hcode>', 'the hospital; may be left out when there is one'] as const;
const CSV = [
  '--csv <file>',
  'also write it to this file, for a spreadsheet; one that is there is replaced',
] as const;
const JSON_FORM = ['--json', 'print JSON, in the form of the API, in the place of the table'] as const;
const ALL = ['--all', 'list the visits that had a code or need none as well'] as const;
const RUN = ['<run>', 'as the list shows it, such as 20261119-10978-k3x9q2'] as const;

export function reconcileCommand(): Command {
  const command = createCommand('reconcile')
    .description('looks at NHSO for the codes that the visits of a day lack, and writes them back')
    // so that an option after "list" is the list's own
    .enablePositionalOptions()
    .option(...CONFIG_OPTION)
    .option(...SITE)
    .option('--date <date>', 'service date, such as 2026-11-19, or "yesterday"')
    .option('--dry-run', 'ask NHSO and say what would be written, but write nothing', false)
    .option('--resume', 'go on with the last run of that day that did not come to its end', false)
    .option(...CSV)
    .option(...JSON_FORM, false)
    .option(...ALL, false)
    .addHelpText('after', HELP)
    .action(async ({ date, ...options }: RunOptions) => {
      if (date === undefined) {
        throw new BridgeError('bad-input', '--date: expected a service date, or "yesterday"', {
          retry: 'no',
        });
      }
      const told = stopping();
      const { runNight } = await import('./reconcile/run.ts');
      process.exitCode = (await runNight({ ...options, date }, told)) ? 0 : 1;
    });
  command
    .command('undo')
    .description('puts back what a run wrote, where the HIS still holds it')
    .argument(...RUN)
    .option(...CONFIG_OPTION)
    .option('--dry-run', 'say what would be put back, but change nothing', false)
    .action(async (run: string, options: { config: string; dryRun: boolean }) => {
      const told = stopping();
      const { undoNight } = await import('./reconcile/undo.ts');
      process.exitCode = (await undoNight(run, options, told)) ? 0 : 1;
    });
  command
    .command('list')
    .description('shows the runs, newest first')
    .option(...CONFIG_OPTION)
    .option(...SITE)
    .option('--limit <n>', 'so many runs', '20')
    .action(async (options: { config: string; site?: string; limit: string }) => {
      const { listNights } = await import('./reconcile/look.ts');
      await listNights(options);
    });
  command
    .command('show')
    .description('shows a run again')
    .argument(...RUN)
    .option(...CONFIG_OPTION)
    .option(...CSV)
    .option(...JSON_FORM, false)
    .option(...ALL, false)
    .action(async (run: string, options: { config: string; csv?: string; json: boolean; all: boolean }) => {
      const { showNight } = await import('./reconcile/look.ts');
      await showNight(run, options);
    });
  return command;
}

interface RunOptions {
  config: string;
  site?: string;
  date?: string;
  dryRun: boolean;
  resume: boolean;
  csv?: string;
  json: boolean;
  all: boolean;
}

/** Aborted when the process is told to stop; a second time ends it at once. */
function stopping(): AbortSignal {
  const controller = new AbortController();
  void toldToStop(['SIGINT', 'SIGTERM', 'SIGHUP']).then((signal) => {
    process.stderr.write(`\n${signal}: what is in hand ends first\n`);
    controller.abort();
  });
  return controller.signal;
}
