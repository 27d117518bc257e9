/** The demo's day, from opening to the last visit at rest. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../../domain/case.ts';
import { type Ending, exitCodeOf, toldToStop } from '../told-to-stop.ts';
import { Desk } from './desk.ts';
import { type Hospital, openHospital } from './hospital.ts';
import type { DemoOptions } from './options.ts';
import { isAtRest, Table } from './table.ts';

/** How often the table is drawn anew, ms. */
const REDRAW_MS = 400;
/** Longest that the last visits may take to come to rest after the desk has closed, ms. */
const PATIENCE_MS = 120_000;
/** All visits at rest for this long: no card read, poll or step is under way any more, ms. */
const REST_MS = 3_000;

/** Resolves to the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const stop = new AbortController();
  let told: Ending | null = null;
  void toldToStop(['SIGTERM', 'SIGINT', 'SIGHUP']).then((signal) => {
    told = signal;
    stop.abort();
  });
  const wasTold = (): Ending | null => told;

  let hospital: Hospital;
  try {
    hospital = await openHospital(options, (what) => {
      stop.signal.throwIfAborted();
      console.log(`  … ${what}`);
    });
  } catch (error) {
    const signal = wasTold();
    if (signal === null) throw error;
    return exitCodeOf(signal);
  }
  try {
    const isWell = await aDay(hospital, options, stop);
    const signal = wasTold();
    // without --exit-when-done being interrupted is how the demo is meant to end
    if (signal !== null) return options.exitWhenDone ? exitCodeOf(signal) : 0;
    return isWell ? 0 : 1;
  } finally {
    await hospital.close();
  }
}

/** True when every visit is accounted for. Ends at `stop`, which it pulls itself when something breaks. */
async function aDay(hospital: Hospital, options: DemoOptions, stop: AbortController): Promise<boolean> {
  const isTerminal = process.stdout.isTTY === true && process.env.TERM !== 'dumb' && !options.verbose;
  const table = new Table(options.visits, isTerminal);
  console.log(hospital.banner);
  const fault = Promise.withResolvers<never>();
  void hospital.readerFailed.then((how) => fault.reject(new Error(`the reader worker has ended: ${how}`)));
  const desk = new Desk(hospital, options);
  const day = desk.open(stop.signal);
  day.catch(fault.reject);
  try {
    await Promise.race([fault.promise, watch(hospital, desk, table, options, stop.signal)]);
  } finally {
    stop.abort();
    // its own error has been told by the race
    await Promise.allSettled([day]);
  }
  table.draw(await casesOf(hospital, desk), desk.registered.length);
  return table.printFinal(desk.registered.length);
}

/** Draws until all visits have come to rest (with --exit-when-done) or somebody has had enough. */
async function watch(
  hospital: Hospital,
  desk: Desk,
  table: Table,
  options: DemoOptions,
  stop: AbortSignal,
): Promise<void> {
  let before = '';
  let restingSince = Date.now();
  let closedAt = Number.POSITIVE_INFINITY;
  while (!stop.aborted) {
    const cases = await casesOf(hospital, desk);
    const now = cases.map((c) => `${c.vn} ${c.version}`).join();
    const isQuiet = desk.isClosed && cases.length === desk.registered.length && cases.every(isAtRest);
    if (now !== before || !isQuiet) restingSince = Date.now();
    before = now;
    if (desk.isClosed) closedAt = Math.min(closedAt, Date.now());
    const isOver = Date.now() - restingSince > REST_MS;
    table.draw(cases, desk.registered.length, isOver && !options.exitWhenDone);
    if (options.exitWhenDone && (isOver || Date.now() - closedAt > PATIENCE_MS)) return;
    await sleep(REDRAW_MS);
  }
}

function casesOf(hospital: Hospital, desk: Desk): Promise<Case[]> {
  return hospital.running.ledger.cases(desk.registered);
}
