/**
 * (e) Idle connections: the time from the visit's row in the HIS to its code in the HIS, without and with ten thousand
 * connections that somebody holds open to the bridge, half of them silent, half in the middle of their headers.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { insertVisits } from '../../../simulators/his/hosxp/visits.ts';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import { holdIdle, idleWithinLimit } from '../../support/idle-connections.ts';
import type { BridgeProcess } from '../children.ts';
import { type Figure, median, percentile } from '../figures.ts';
import { type Hospital, openHospital } from '../hospital.ts';
import type { BenchContext, PartResult } from '../part.ts';
import { makeVisitors, type Visitor } from '../visitors.ts';
import { allWritten, noteTimes } from './latency.ts';

const CONNECTIONS = 10_000;
const STATIONS = 4;
const AGENT_DELAY_MS = 300;
const PAUSE_MS = 400;
const TRIES = 20;

export async function idle(context: BenchContext): Promise<PartResult> {
  const { say, quick } = context;
  const count = quick ? 20 : 80;
  const wanted = idleWithinLimit(CONNECTIONS);
  const hospital = await openHospital({
    ...{ mariadb: context.mariadb, queue: context.redis, stations: STATIONS },
    ...{ agentDelayMs: AGENT_DELAY_MS, pollSeconds: 1 },
  });
  try {
    await noteTimes(hospital);
    const bridge = await hospital.startBridge();
    const visitors = await makeVisitors(hospital, 2 * count);
    say(`${count} visits alone`);
    const alone = await visit(hospital, bridge, visitors.all.slice(0, count));
    say(`${wanted} connections`);
    const connections = await holdIdle(bridge.url, wanted);
    const heldAtFirst = connections.held();
    say(
      `${count} visits beside ${connections.dialled} connections, of which the bridge keeps ${heldAtFirst}`,
    );
    const beside = await visit(hospital, bridge, visitors.all.slice(count));
    const held = connections.held();
    connections.close();
    await visitors.close();
    const figure = (name: string, value: number, unit: string): Figure => ({
      part: 'idle',
      name,
      value,
      unit,
    });
    const slower = median(beside.waits) / median(alone.waits);
    return {
      figures: [
        figure('HIS insert to code in the HIS, no connections, p50', median(alone.waits) / 1000, 's'),
        figure(`the same, ${connections.dialled} idle connections, p50`, median(beside.waits) / 1000, 's'),
        figure('no connections, p99', percentile(alone.waits, 0.99) / 1000, 's'),
        figure('idle connections, p99', percentile(beside.waits, 0.99) / 1000, 's'),
        { ...figure('p50 with, as a multiple of without', slower, '×'), aim: { atMost: 1.5 } },
      ],
      facts: {
        ...{ visits: count, dialled: connections.dialled, heldAtFirst, heldAtTheEnd: held },
        ...{ readsSentAgain: { alone: alone.again, beside: beside.again } },
      },
    };
  } finally {
    await hospital.close();
  }
}

/** One after the other; `again`: card reads that had to be sent again, as a reader does by itself. */
async function visit(
  hospital: Hospital,
  bridge: BridgeProcess,
  visitors: readonly Visitor[],
): Promise<{ waits: number[]; again: number }> {
  let again = 0;
  for (const visitor of visitors) {
    await sleep(PAUSE_MS);
    await insertVisits(hospital.his, [{ ...visitor.visit, at: Date.now() }]);
    for (let tries = 1; !(await wasTaken(visitor, tries)); tries++) again += 1;
  }
  return { waits: await allWritten(hospital, bridge, visitors), again };
}

async function wasTaken(visitor: Visitor, tries: number): Promise<boolean> {
  try {
    await visitor.showCard();
    return true;
  } catch (error) {
    if (tries === TRIES || !isBridgeError(error, 'bridge-unreachable')) throw error;
    await sleep(100);
    return false;
  }
}
