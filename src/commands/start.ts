/** `npm start -- --config authen-bridge.config.json`: the bridge itself. Runs until it is told to stop. */

import { type Command, createCommand } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { errorText } from '../domain/bridge-error.ts';
import { makeLog } from '../log.ts';
import type { RunningBridge } from '../main.ts';
import type { Log } from '../service/ports/log.ts';
import { tellUncaughtTo } from './failure.ts';
import { collectWhenIdle } from './idle-memory.ts';
import { CONFIG_OPTION } from './options.ts';
import { type Ending, toldToStop } from './told-to-stop.ts';

/** How long a job in hand may take to end after SIGTERM, ms; a container gets 30 s before it is killed. */
const GRACE_MS = 20_000;

const HELP = `
Run "npm run doctor" with the same file first: it says what is wrong, in plain words.

The log is on standard output, one JSON object a line, never with a citizen id. SIGTERM and
Ctrl+C let what is in hand end first (20 s at most), then it ends with exit code 0; a second
one ends it at once. Nothing is lost either way: the ledger holds all work.

Exit codes: 0 told to stop · 1 cannot start, or an unexpected error · 70 the queue stood
still. After 1 and 70 a supervisor should start it again.
`;

export function startCommand(): Command {
  return createCommand('start')
    .description('runs the bridge: polls the HIS, gets the codes, writes them back, serves the API and FHIR')
    .option(...CONFIG_OPTION)
    .addHelpText('after', HELP)
    .action(async ({ config: file }: { config: string }) => {
      // before anything that takes time: as a container's first process we would not hear of it later
      const told = toldToStop();
      const config = loadConfig(file, process.env);
      const log = makeLog({ level: config.log.level });
      tellUncaughtTo(log);
      collectWhenIdle();
      await run(config, log, told);
      process.exit(0);
    });
}

async function run(config: Config, log: Log, told: Promise<Ending>): Promise<void> {
  // half of the heaviest parts of the program: loaded when the signals are listened to
  const { startBridge } = await import('../main.ts');
  const starting = startBridge(config, { log });
  const early = await Promise.race([told, starting.then(() => null)]);
  const running = early === null ? await starting : await endOfStart(starting, log);
  const signal = await told;
  if (running === null) return;
  log.info({ signal }, 'stopping: what is in hand is finished first');
  await running.stop(GRACE_MS);
  log.info({}, 'stopped');
}

/** Told to stop in the middle of the start: it is let go on to a point where all can be closed; null when it has none. */
async function endOfStart(starting: Promise<RunningBridge>, log: Log): Promise<RunningBridge | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, GRACE_MS, null);
  try {
    return await Promise.race([starting, late]);
  } catch (error) {
    log.info({ why: errorText(error) }, 'stopped in the middle of a start that could not succeed');
    return null;
  } finally {
    clearTimeout(timer);
  }
}
