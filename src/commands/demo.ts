/** `npm run demo`: the whole thing on this machine alone, with an invented hospital, so that it can be seen at work. */

import { type Command, createCommand, InvalidArgumentError } from 'commander';
import type { DemoOptions } from './demo/options.ts';
import { runDemo } from './demo/run.ts';

const HELP = `
It starts an NHSO agent simulator with a card reader, a HOSxP database (its PostgreSQL form, in
this process), a reader worker and the bridge (embedded queue, SQLite ledger in a throw-away
folder). Nothing leaves this machine and every person is invented. It takes about 1 GB of memory.
Ctrl+C ends it and leaves nothing behind.

Exit code with --exit-when-done: 0 only if every visit is accounted for, that is: stands in a
final state, or waits for something that has a name.
`;

export function demoCommand(): Command {
  return createCommand('demo')
    .description('shows the bridge at work with an invented hospital; needs nothing but Node')
    .option('--visits <n>', 'how many visits the day has', between(1, 2_000), 24)
    .option('--exit-when-done', 'end by itself when every visit has come to rest', false)
    .option('--port <port>', 'port of the API; 0 takes a free one', between(0, 65_535), 0)
    .option('--seed <n>', 'another seed, another order of patients', between(0, 1_000_000), 1)
    .option('--verbose', "show the bridge's own log as well", false)
    .addHelpText('after', HELP)
    .action(async (options: DemoOptions) => {
      process.exitCode = await runDemo(options);
    });
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number, ${least} to ${most}`);
  };
}
