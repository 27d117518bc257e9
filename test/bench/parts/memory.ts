/** (d) Memory of the running bridge: after the start, and after some hundred visits. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figures.ts';
import { openHospital } from '../hospital.ts';
import { memoryOf } from '../machine.ts';
import type { BenchContext, PartResult } from '../part.ts';
import { makeVisitors, showCards } from '../visitors.ts';
import { runThrough } from './pipeline.ts';

const STATIONS = 4;
/** After which a process that has started, or has had much to do, has come to rest. */
const REST_MS = 10_000;

export async function memory(context: BenchContext): Promise<PartResult> {
  const withRedis = await measure(context, 'Redis', context.redis, { atMost: 150 });
  const embedded = await measure(context, 'embedded queue', 'embedded');
  return { figures: [...withRedis, ...embedded], facts: {} };
}

async function measure(
  context: BenchContext,
  name: string,
  queue: string,
  aim?: { atMost: number },
): Promise<Figure[]> {
  const { say, mariadb, quick } = context;
  const count = quick ? 100 : 500;
  const hospital = await openHospital({
    ...{ mariadb, queue, stations: STATIONS },
    ...{ agentDelayMs: 0, pollSeconds: 2 },
  });
  try {
    const bridge = await hospital.startBridge();
    const figure = (what: string, value: number | null, withAim: boolean): Figure => ({
      ...{ part: 'memory', name: `${name}: ${what}`, value, unit: 'MB' },
      ...(withAim && aim !== undefined ? { aim } : {}),
    });
    await sleep(REST_MS);
    const started = memoryOf(bridge.pid);
    say(`${count} visits with ${name}`);
    const visitors = await makeVisitors(hospital, count);
    await showCards(visitors.all, STATIONS);
    await runThrough(context, hospital, bridge, visitors.all);
    await visitors.close();
    await sleep(REST_MS);
    const after = memoryOf(bridge.pid);
    return [
      figure('after the start', started?.now ?? null, true),
      figure(`after ${count} visits`, after?.now ?? null, true),
      figure('highest', after?.highest ?? null, false),
    ];
  } finally {
    await hospital.close();
  }
}
