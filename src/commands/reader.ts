/** `npm run reader`: the reader worker at a counter, and how it is. */

import { type Command, createCommand } from 'commander';
import {
  BRIDGE,
  between,
  hcode,
  httpUrl,
  level,
  oneMoreUrl,
  origin,
  type ReaderOptions,
  SPOOL_OPTION,
  source,
  station,
  tcpPort,
} from './reader/options.ts';

const HELP = `
The key: prefer the environment variable AUTHEN_BRIDGE_KEY. A key given with --key can be
read by every user of this machine in the list of processes (ps, Task Manager).

What it does: looks at the reader, reads a card once when it goes in, writes the read to the
spool folder and then sends it to the bridge. While NHSO cannot be reached it reads the card
alone, and again in full by itself when NHSO is back and the card is still there. While the
bridge is away reads wait in the spool folder, in order; reads that the bridge will never
take go to its subfolder "rejected" with the reason. To send one of those again, stop the
reader, move the .json file back into the spool folder, and start it.

The source: "auto" reads through the NHSO agent, and from the reader itself (PC/SC) while the
agent is away, hangs, has no reader or does not see the card; without the agent the card alone
is read. "agent" and "pcsc" keep to the one. What drives readers (pcsc-mini) is an optional
part: where it is missing, "auto" says so once and goes on with the agent.

With --agent-api-port other programs of this PC may call the bridge in the place of the NHSO
agent, without a key of their own; the station's key then needs the scope agent-api:use too.
A web page may do so only when its origin is named. With several --bridge such a call goes to
the one that answers, as the reads do; a confirm-save that may have reached one is sent to no
other: the program is told 500, and by calling again gets the code.

Two cards swapped faster than --poll-ms look like one card to the agent: leave the reader
empty for a second between two patients.

The status line is on standard output, the technical log (JSON, never a citizen id) on
standard error. SIGTERM and Ctrl+C finish the write in hand and end with exit code 0.

Example:
  AUTHEN_BRIDGE_KEY=... npm run reader -- --station counter-1 --bridge http://10.0.0.5:8080
  npm run reader -- status
`;

const STATUS_HELP = `
Shows what the reader that works on this spool folder does, which source it uses and why, what
waits to be sent, how its clock stands, and what a person must do. Run it as the reader's user.

Exit code: 0 all is well, or goes on by itself; 1 a person must do something; 2 no reader runs.
`;

interface Given extends Omit<ReaderOptions, 'key' | 'station' | 'bridges'> {
  key?: string;
  station?: string;
  bridge?: string[];
}

/** The command; mount it with `program.addCommand(readerCommand())`. It runs until it is interrupted. */
export function readerCommand(): Command {
  const reader = createCommand('reader')
    .description('reads cards at a counter and sends them to the bridge')
    .enablePositionalOptions()
    // not required by commander: it would ask the subcommand for it too
    .option('--station <id>', 'this counter, as the bridge knows it (required)', station)
    .option('--source <source>', 'auto, agent or pcsc: where cards are read', source, 'auto')
    .option('--agent <url>', 'address of the NHSO Secure SmartCard Agent', httpUrl, 'http://127.0.0.1:8189')
    .option(
      '--bridge <url>',
      `address of authen-bridge, once for each that shares the ledger (default: ${BRIDGE})`,
      oneMoreUrl,
    )
    .option('--no-carry', 'do not carry the calls to this agent for a bridge that cannot reach it')
    .option('--key <key>', 'key of this station (default: environment variable AUTHEN_BRIDGE_KEY)')
    .option('--hcode <hcode>', 'hospital code, where the key does not say it', hcode)
    .option(...SPOOL_OPTION)
    .option('--poll-ms <ms>', 'how often the reader is looked at', between(100, 60_000), 1_000)
    .option('--settle-ms <ms>', 'from a card going in to its reading by the agent', between(0, 30_000), 1_500)
    .option('--read-timeout-ms <ms>', 'longest read of a card', between(500, 120_000), 20_000)
    .option(
      '--nhso-retry-ms <ms>',
      'NHSO down: full read at most this often',
      between(100, 3_600_000),
      60_000,
    )
    .option('--agent-api-port <port>', 'play the NHSO agent to programs of this PC, on 127.0.0.1', tcpPort)
    .option('--agent-api-origin <origin>', 'a web page that may call it; may be repeated', origin, [])
    .option('--log <level>', 'debug, info, warn, error or silent', level, 'warn')
    .addHelpText('after', HELP)
    .action(async (options: Given, command: Command) => {
      if (options.station === undefined)
        command.error("error: required option '--station <id>' not specified");
      const key = (options.key ?? process.env.AUTHEN_BRIDGE_KEY ?? '').trim();
      if (key === '') command.error('error: no key: set AUTHEN_BRIDGE_KEY, or give --key');
      // a header takes nothing else, and whoever pasted it should hear of it now
      if (!/^[\x21-\x7e]+$/.test(key))
        command.error('error: the key holds blanks or letters that no key has');
      const { run } = await import('./reader/run.ts');
      const { bridge: bridges = [BRIDGE], ...others } = options;
      await run({ ...others, station: options.station, bridges, key });
    });
  reader
    .command('status')
    .description('how the reader at this counter is, and what a person must do')
    .option(...SPOOL_OPTION)
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', STATUS_HELP)
    .action(async ({ spool, json }: { spool: string; json: boolean }) => {
      const { asText, EXIT_CODES, readerStatus } = await import('./reader/status.ts');
      const report = await readerStatus(spool);
      console.log(json ? JSON.stringify(report, null, 2) : asText(report));
      process.exitCode = EXIT_CODES[report.health];
    });
  return reader;
}
