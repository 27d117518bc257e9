/**
 * `npm run bench`: measures what issue 2 aims for, on real parts. `npm run bench -- pipeline` runs one part. Prints a
 * table and writes `bench-results.json`. Nothing here is a test: a figure below its aim is told, not failed.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Argument, createCommand, InvalidArgumentError } from 'commander';
import { exitOnSignals } from '../support/leave-nothing.ts';
import { type Figure, meetsAim, table } from './figures.ts';
import { machineFacts } from './machine.ts';
import type { BenchContext, BenchOptions, Part } from './part.ts';
import { cardCycles } from './parts/card-cycles.ts';
import { cardReads } from './parts/card-reads.ts';
import { hisCapture } from './parts/his-capture.ts';
import { hisPolls } from './parts/his-polls.ts';
import { hisSites } from './parts/his-sites.ts';
import { idle } from './parts/idle.ts';
import { latency } from './parts/latency.ts';
import { memory } from './parts/memory.ts';
import { midnight } from './parts/midnight.ts';
import { night } from './parts/night.ts';
import { outage, threeHours } from './parts/outage.ts';
import { pipeline } from './parts/pipeline.ts';
import { poll } from './parts/poll.ts';
import { report } from './parts/report.ts';
import { sweep } from './parts/sweep.ts';
import { benchServices } from './services.ts';

const PARTS: Readonly<Record<string, Part>> = {
  pipeline,
  latency,
  poll,
  memory,
  idle,
  sweep,
  outage,
  'three-hours': threeHours,
  report,
  midnight,
  night,
  'his-polls': hisPolls,
  'his-sites': hisSites,
  'his-capture': hisCapture,
  'card-reads': cardReads,
  'card-cycles': cardCycles,
};
/** Too long to be run but by name. */
const BY_NAME: readonly string[] = ['three-hours'];
const RESULTS = join(import.meta.dirname, '..', '..', 'bench-results.json');

const HELP = `
Parts: pipeline  visits a second from HIS row to code written back, beside BullMQ's own rate
       latency   HIS insert to code in the HIS, at 2,000 visits an hour and 300 ms an agent's answer
       poll      database time and rows read of one poll, with 2 million visits in the HIS, and
                 2,000 today, ovst indexed by vstdate and vn; and of what is read now and then
       memory    of the running bridge, with Redis and with the embedded queue
       idle      latency while somebody holds 10,000 connections to the bridge and says nothing
       sweep     from the loss of the whole queue, and from a start, until the jobs of 20,000 open
                 cases are on it again: Redis, PostgreSQL, embedded (start only)
       outage    NHSO down for three minutes of a morning: calls made meanwhile, and what becomes of
                 each visit afterwards and at midnight; takes nine minutes, needs libfaketime
       three-hours  the same with the 6,000 visits of such an outage, NHSO back some minutes before
                 midnight; takes 23 minutes, only when it is named
       report    a report of NHSO's with 50,000 rows imported by the command: seconds, highest memory
       midnight  three processes on one PostgreSQL ledger, 200 right searches in flight when all tokens die:
                 what fails, who logs in, and how long until work goes on
       night     reconciliation of 5,000 visits, 8 % without a code, sources answering in 200 ms: time
                 beside what the rate limit alone takes, calls a visit without a code, memory
       card      the two that follow, or one alone; ID cards in a reader that is driven directly, over pcscd
                 and its virtual reader:
       card-reads   a read beside the card's own answers; card in to card read answered
       card-cycles  1,000 cards in and out: reads lost, memory; takes ten minutes
       his       the three that follow, or one alone:
       his-polls    each HIS: database time and rows read of one poll, with 5 million visits in it
       his-sites    100 JHCIS units polled every 2 s by one process, none or some of them dead: share of
                    a core, insert to case
       his-capture  insert to case with change capture, MariaDB's binary log and PostgreSQL's decoding

MariaDB, PostgreSQL and Redis are started from the PATH in throw-away folders; AUTHEN_BRIDGE_TEST_MARIADB
and the like name others. Other work on the machine makes the figures worse: the table says how much
there was.
`;

await createCommand('bench')
  .description('measures the bridge; all parts when none is named')
  .addArgument(new Argument('[parts...]', 'which parts').choices([...Object.keys(PARTS), 'his', 'card']))
  .option('--quick', 'a smaller run, for a rough idea', false)
  .option('--visits <n>', 'visits of the pipeline', count)
  .option('--stations <n>', 'counters of the pipeline, an agent at each', count, 20)
  .option('--concurrency <n>', 'jobs of a kind at a time, in the bridge and in BullMQ alone', count, 20)
  .option('--profile <folder>', "write CPU profiles of the pipeline's bridge there")
  .addHelpText('after', HELP)
  .action(run)
  .parseAsync();

async function run(wanted: string[], options: BenchOptions): Promise<void> {
  exitOnSignals();
  const machine = machineFacts();
  say('— servers of our own: MariaDB, PostgreSQL, Redis');
  const { stop, ...services } = await benchServices();
  try {
    const context: BenchContext = { ...options, ...services, say };
    const figures: Figure[] = [];
    const facts: Record<string, unknown> = {};
    for (const [name, part] of Object.entries(PARTS)) {
      // `his` is all that begin with it, and so is `card`
      const isWanted = wanted.some((one) => one === name || name.startsWith(`${one}-`));
      if (!isWanted && (wanted.length > 0 || BY_NAME.includes(name))) continue;
      say(`— ${name}`);
      const result = await part(context);
      figures.push(...result.figures);
      facts[name] = result.facts;
    }
    const load = `load ${machine.load1} when it began`;
    console.log(`\n${machine.cores} × ${machine.cpu}, Node ${machine.node}, ${load}\n\n${table(figures)}`);
    const judged = figures.map((figure) => ({ ...figure, ok: meetsAim(figure) }));
    await writeFile(RESULTS, `${JSON.stringify({ machine, options, figures: judged, facts }, null, 2)}\n`);
    console.log(`\nwritten to ${RESULTS}`);
  } finally {
    await stop();
  }
}

/** A text that ends in a carriage return is drawn over by the next; without a terminal it is left out. */
function say(text: string): void {
  const isPassing = text.endsWith('\r');
  if (!process.stdout.isTTY) {
    if (!isPassing) console.log(`  ${text}`);
    return;
  }
  process.stdout.write(isPassing ? `  ${text}` : `  ${text}\u001b[K\n`);
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}
