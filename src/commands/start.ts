/** `npm start -- --config authen-bridge.config.json`: the bridge itself. Runs until it is told to stop. */

import { type Command, createCommand } from 'commander';
import { loadConfig } from '../config.ts';
import { makeLog } from '../log.ts';
import { startBridge } from '../main.ts';
import { CONFIG_OPTION } from './options.ts';

/** How long a job in hand may take to end after SIGTERM, ms; a container gets 30 s before it is killed. */
const GRACE_MS = 20_000;

export function startCommand(): Command {
  return createCommand('start')
    .description('runs the bridge: polls the HIS, gets the codes, writes them back, serves the API and FHIR')
    .requiredOption(...CONFIG_OPTION)
    .addHelpText(
      'after',
      '\nRun "npm run doctor" with the same file first: it says what is wrong, in plain words.',
    )
    .action(async ({ config: file }: { config: string }) => {
      const config = loadConfig(file, process.env);
      const log = makeLog({ level: config.log.level });
      const running = await startBridge(config, { log });
      let isStopping = false;
      const stop = async (signal: string): Promise<void> => {
        if (isStopping) return;
        isStopping = true;
        log.info({ signal }, 'stopping: what is in hand is finished first');
        await running.stop(GRACE_MS);
        log.info({}, 'stopped');
        process.exit(0);
      };
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
    });
}
