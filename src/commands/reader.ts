/** `npm run reader`: the reader worker at a counter. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, createCommand, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { openAgent } from '../../adapters/nhso/agent.ts';
import { openAgentDoor } from '../../adapters/reader/agent-door.ts';
import { agentCardSource } from '../../adapters/reader/agent-source.ts';
import { openBridgeLink } from '../../adapters/reader/bridge-link.ts';
import { openSpool } from '../../adapters/reader/spool.ts';
import { timeOfDay } from '../domain/bangkok.ts';
import { type LogOptions, makeLog } from '../log.ts';
import { runReader } from '../service/reader/worker.ts';

interface ReaderOptions {
  station: string;
  agent: string;
  bridge: string;
  key: string;
  hcode?: string;
  spool: string;
  pollMs: number;
  settleMs: number;
  readTimeoutMs: number;
  nhsoRetryMs: number;
  agentApiPort?: number;
  agentApiOrigin: readonly string[];
  log: LogOptions['level'];
}

/** Longer than the bridge may wait for NHSO, ms. */
const AGENT_API_MS = 130_000;

const HELP = `
The key: prefer the environment variable AUTHEN_BRIDGE_KEY. A key given with --key can be
read by every user of this machine in the list of processes (ps, Task Manager).

What it does: looks at the reader, reads a card once when it goes in, writes the read to the
spool folder and then sends it to the bridge. While NHSO cannot be reached it reads the card
alone, and again in full by itself when NHSO is back and the card is still there. While the
bridge is away reads wait in the spool folder, in order; reads that the bridge will never
take go to its subfolder "rejected" with the reason. To send one of those again, stop the
reader, move the .json file back into the spool folder, and start it.

With --agent-api-port other programs of this PC may call the bridge in the place of the NHSO
agent, without a key of their own; the station's key then needs the scope agent-api:use too.
A web page may do so only when its origin is named.

Two cards swapped faster than --poll-ms look like one card to the agent: leave the reader
empty for a second between two patients.

The status line is on standard output, the technical log (JSON, never a citizen id) on
standard error. SIGTERM and Ctrl+C finish the write in hand and end with exit code 0.

Example:
  AUTHEN_BRIDGE_KEY=... npm run reader -- --station counter-1 --bridge http://10.0.0.5:8080
`;

/** The command; mount it with `program.addCommand(readerCommand())`. It runs until it is interrupted. */
export function readerCommand(): Command {
  return createCommand('reader')
    .description('reads cards at a counter through the NHSO agent and sends them to the bridge')
    .requiredOption('--station <id>', 'this counter, as the bridge knows it', station)
    .option('--agent <url>', 'address of the NHSO Secure SmartCard Agent', httpUrl, 'http://127.0.0.1:8189')
    .option('--bridge <url>', 'address of authen-bridge', httpUrl, 'http://127.0.0.1:8080')
    .option('--key <key>', 'key of this station (default: environment variable AUTHEN_BRIDGE_KEY)')
    .option('--hcode <hcode>', 'hospital code, where the key does not say it', hcode)
    .option('--spool <folder>', 'where reads wait; one folder for each reader', './spool')
    .option('--poll-ms <ms>', 'how often the reader is looked at', between(100, 60_000), 1_000)
    .option('--settle-ms <ms>', 'from a card going in to its reading', between(0, 30_000), 1_500)
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
    .action(async (options: Omit<ReaderOptions, 'key'> & { key?: string }, command: Command) => {
      const key = (options.key ?? process.env.AUTHEN_BRIDGE_KEY ?? '').trim();
      if (key === '') command.error('error: no key: set AUTHEN_BRIDGE_KEY, or give --key');
      // a header takes nothing else, and whoever pasted it should hear of it now
      if (!/^[\x21-\x7e]+$/.test(key))
        command.error('error: the key holds blanks or letters that no key has');
      await run({ ...options, key });
    });
}

async function run(options: ReaderOptions): Promise<never> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

  const log = makeLog({ level: options.log, destination: pino.destination({ fd: 2, sync: true }) });
  const { agentApiPort: port, agentApiOrigin: origins } = options;
  const at = { bridge: options.bridge, key: options.key, origins, timeoutMs: AGENT_API_MS, log };
  const door = port === undefined ? null : await openAgentDoor({ ...at, port });
  const spool = await openSpool(options.spool);
  const { readTimeoutMs: readMs } = options;
  const agent = openAgent({
    url: options.agent,
    hcode: options.hcode ?? '',
    // the reader never probes
    zone: 'prod',
    // it asks for no code either: of these only the first two count
    timeouts: {
      terminalsMs: Math.min(3_000, readMs),
      ...{ readMs, draftMs: readMs, confirmMs: readMs, lookupMs: readMs },
    },
  });
  const source = agentCardSource(agent);
  const bridge = openBridgeLink({ url: options.bridge, key: options.key, timeoutMs: 10_000 });
  const { pollMs, settleMs, nhsoRetryMs } = options;
  try {
    await runReader(
      {
        ...{ source, spool, bridge },
        clock: { now: Date.now },
        log,
        newId: randomUUID,
        onStatus: (line) => console.log(`${timeOfDay(Date.now())} ${options.station} ${line}`),
      },
      {
        station: { stationId: options.station, hcode: options.hcode ?? null },
        ...{ pollMs, settleMs, nhsoRetryMs },
      },
      stop.signal,
    );
  } finally {
    await door?.close();
    await spool.close();
    await bridge.close();
    // a read that hangs in the agent is not waited for: nothing came of it yet
    await Promise.race([source.close(), sleep(300)]);
  }
  process.exit(0);
}

function station(text: string): string {
  if (/^[A-Za-z0-9._-]{1,40}$/.test(text)) return text;
  throw new InvalidArgumentError('expected letters, digits, dots, dashes or underscores, at most 40');
}

function hcode(text: string): string {
  if (/^([A-Za-z0-9]{5}|[A-Za-z0-9]{9})$/.test(text)) return text;
  throw new InvalidArgumentError('expected a hospital code of 5 or 9 characters');
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('expected an address that begins with http:// or https://');
}

function tcpPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('expected a port, 1 to 65535');
}

function origin(text: string, before: readonly string[]): string[] {
  if (URL.canParse(text) && new URL(text).origin === text) return [...before, text];
  throw new InvalidArgumentError('expected an origin such as https://his.hospital.local');
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected milliseconds, ${least} to ${most}`);
  };
}

function level(text: string): LogOptions['level'] {
  const known = (['debug', 'info', 'warn', 'error', 'silent'] as const).find((l) => l === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError('expected debug, info, warn, error or silent');
}
