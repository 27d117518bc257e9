/**
 * `npm run faults -- --seed N --runs M`: proves the rules under faults. Each run is a hospital of real processes and a day
 * of visits on which things go wrong; when all is well again it is judged from the outside.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommand, InvalidArgumentError, Option } from 'commander';
import { warmCompileCache } from '../support/compile-cache.ts';
import { CLOCK_KINDS, FAULT_KINDS, type FaultKind } from './fault-kinds.ts';
import type { Wishes } from './plan.ts';
import { reportOf, resultLine } from './report.ts';
import type { RunResult } from './run.ts';
import { WorkerProcess } from './worker-process.ts';
import { fakeTimeLibrary } from './world/clock.ts';
import { canMount, unmount } from './world/disk.ts';
import { PROCESS_FLAGS } from './world/process.ts';

const HELP = `
A failing run is named by its seed: --seed N --runs 1 makes the same hospital, the same patients
and the same faults at the same moments again. With it go the same counters whose readers carry the
calls to their agent, and the same visits for which a program at the counter asks through /agent.
In one day of four it is ten past eleven at night; in the others it is the time that it is here, but
not within two hours of midnight. Another time than ours needs libfaketime.
What was added to the plans later is drawn after the rest: old seeds keep what they had. Its folder (logs, ledger, diary, NHSO's journal)
is kept and named; remove it when you are done: it holds (invented) citizen ids.

Needs MariaDB, PostgreSQL and Redis on the PATH (private ones are started), and for faults of the
clock Debian's faketime; a full disk needs root, which mounts a small one. What this machine cannot
do is left out and said; with CI=true it is an error.

Faults: ${FAULT_KINDS.join(', ')}.

Exit code 0: no rule was broken.
`;

interface Options {
  seed?: number;
  runs: number;
  fresh: number;
  jobs: number;
  only?: FaultKind[];
  keep: boolean;
  visits?: number;
  his?: NonNullable<Wishes['his']>;
  queue?: NonNullable<Wishes['queue']>;
  ledger?: NonNullable<Wishes['ledger']>;
  bridges?: 1 | 2;
  agents?: NonNullable<Wishes['agents']>;
  clients?: NonNullable<Wishes['clients']>;
  timeOfDay?: string;
}

await createCommand('faults')
  .description('proves the rules under faults, on real parts')
  .option('--seed <n>', 'the first seed; the next runs have the next ones (default: by the clock)', natural)
  .option('--runs <n>', 'how many runs', natural, 10)
  .option('--fresh <n>', 'and after these so many whose seeds come from the clock', natural, 0)
  .option('--jobs <n>', 'runs at a time', natural, 3)
  .option('--only <kinds...>', 'only these faults', kind)
  .option('--visits <n>', 'visits a run', natural)
  .addOption(new Option('--his <kind>', 'only this HIS').choices(['mariadb', 'mariadb-myisam', 'postgres']))
  .addOption(new Option('--queue <kind>', 'only this queue').choices(['redis', 'postgres', 'embedded']))
  .addOption(new Option('--ledger <kind>', 'only this ledger').choices(['sqlite', 'postgres']))
  .option('--bridges <n>', '1 or 2 bridge processes (2 where ledger and queue can be shared)', oneOrTwo)
  .addOption(
    new Option(
      '--agents <way>',
      "how the bridge calls the counters' agents: itself, or by their readers",
    ).choices(['direct', 'reader']),
  )
  .addOption(
    new Option('--clients <visits>', 'visits whose code a client of the agent API asks for').choices([
      'all',
      'none',
    ]),
  )
  .option('--time-of-day <HH:MM>', 'what time it is in the hospital, in all runs', timeOfDay)
  .option('--keep', 'keep the folder of every run', false)
  .addHelpText('after', HELP)
  .action(main)
  .parseAsync();

async function main(options: Options): Promise<void> {
  const { seed: given, runs: asked, fresh, jobs, keep, ...wanted } = options;
  const byClock = Date.now() % 1_000_000_000;
  const seed = given ?? byClock;
  const runs = asked + fresh;
  const without = missingHere();
  const wishes: Wishes = { ...wanted, without };
  const beside = fresh === 0 ? '' : ` and ${fresh} from seed ${byClock}`;
  say(`${asked} runs from seed ${seed}${beside}, ${jobs} at a time`);
  await warmCompileCache([PROCESS_FLAGS]);
  const begun = Date.now();
  const seeds = Array.from({ length: runs }, (_, i) => (i < asked ? seed + i : byClock + i)).values();
  const results: RunResult[] = [];
  const workers: WorkerProcess[] = [];
  let isGivenUp = false;
  const giveUp = async (): Promise<void> => {
    isGivenUp = true;
    say('given up: the hospitals of the runs under way are closed');
    await Promise.all(workers.map((worker) => worker.stop()));
    say(reportOf(results, Date.now() - begun));
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void giveUp());
  const work = async (number: number): Promise<void> => {
    const start = async (): Promise<WorkerProcess> => {
      const started = await WorkerProcess.start(number);
      workers[number] = started;
      return started;
    };
    let worker = await start();
    try {
      for (const next of seeds) {
        const result = await worker.run({ seed: next, wishes, keep });
        if (isGivenUp) return;
        if (!worker.isAlive) worker = await start();
        results.push(result);
        say(`${String(results.length).padStart(5)}/${runs}  ${resultLine(result)}`);
      }
    } finally {
      await worker.stop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, runs) }, (_, number) => work(number)));
  say(reportOf(results, Date.now() - begun));
  const isClean = results.every((r) => r.failure === null && r.violations.length === 0);
  process.exitCode = isClean ? 0 : 1;
}

/** What this machine cannot do; in CI that is an error, since there nothing may be left out unseen. */
function missingHere(): FaultKind[] {
  const missing: [FaultKind, string][] = [];
  if (fakeTimeLibrary() === null) {
    const why = "libfaketime not found: install Debian's faketime";
    missing.push(...CLOCK_KINDS.map((kind) => [kind, why] as [FaultKind, string]));
  }
  const folder = mkdtempSync(join(tmpdir(), 'abf-disk-'));
  if (canMount(folder)) unmount(folder);
  else missing.push(['disk-full', 'a small disk cannot be mounted here: it needs root']);
  rmSync(folder, { recursive: true, force: true });
  for (const [kind, why] of missing) say(`SKIPPED ${kind}: ${why}`);
  if (missing.length > 0 && !['', '0', 'false'].includes(process.env.CI ?? '')) {
    throw new Error('with CI set nothing may be left out');
  }
  return missing.map(([kind]) => kind);
}

function natural(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a whole number');
}

function oneOrTwo(text: string): 1 | 2 {
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new InvalidArgumentError('expected 1 or 2');
}

function timeOfDay(text: string): string {
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) return text;
  throw new InvalidArgumentError('expected a time of day, HH:MM');
}

function kind(text: string, before: FaultKind[] = []): FaultKind[] {
  const known = FAULT_KINDS.find((k) => k === text);
  if (known === undefined) throw new InvalidArgumentError(`expected one of ${FAULT_KINDS.join(', ')}`);
  return [...before, known];
}

function say(text: string): void {
  console.log(text);
}
