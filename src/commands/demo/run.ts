/** The demo's day, from opening to the last visit at rest. */

import { setTimeout as sleep } from 'node:timers/promises';
import { serviceDateOf } from '../../domain/bangkok.ts';
import { Desk } from './desk.ts';
import { openHospital } from './hospital.ts';
import type { DemoOptions } from './options.ts';
import { isAtRest, Table } from './table.ts';

/** How often the table is drawn anew, ms. */
const REDRAW_MS = 400;
/** Longest that the last visits may take to come to rest after the desk has closed, ms. */
const PATIENCE_MS = 120_000;

/** Resolves to the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

  const hospital = await openHospital(options, (what) => console.log(`  … ${what}`));
  const table = new Table(options.visits, process.stdout.isTTY === true);
  try {
    console.log(hospital.banner);
    const desk = new Desk(hospital, options);
    const day = desk.open(interrupted.signal);
    const draw = async (): Promise<boolean> => {
      const { items } = await hospital.running.ledger.listCases(
        { hcode: hospital.hcode, serviceDate: serviceDateOf(Date.now()) },
        { limit: 2_000 },
      );
      table.draw(items, desk.registered);
      return desk.isClosed && items.length >= desk.registered && items.every(isAtRest);
    };
    let closedAt = Number.POSITIVE_INFINITY;
    let isDone = false;
    while (!interrupted.signal.aborted) {
      isDone = await draw();
      if (desk.isClosed) closedAt = Math.min(closedAt, Date.now());
      if (isDone && options.exitWhenDone) break;
      if (options.exitWhenDone && Date.now() - closedAt > PATIENCE_MS) break;
      await sleep(REDRAW_MS, undefined, { signal: interrupted.signal }).catch(ignoreAbort);
    }
    await day;
    isDone = await draw();
    const accounted = table.printFinal(desk.registered);
    return isDone && accounted ? 0 : 1;
  } finally {
    await hospital.close();
  }
}

/** Being interrupted is how the demo ends when nobody asked it to end by itself. */
function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
}
