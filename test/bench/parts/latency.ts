/**
 * (b) Latency: from the visit's row in the HIS to its code in the HIS, at a busy hour's pace. Triggers in the database
 * note both moments by one clock.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { insertVisits } from '../../../simulators/his/hosxp/visits.ts';
import type { BridgeProcess } from '../children.ts';
import { median, percentile } from '../figures.ts';
import { type Hospital, openHospital } from '../hospital.ts';
import { watchCpu } from '../machine.ts';
import type { BenchContext, PartResult } from '../part.ts';
import { makeVisitors, type Visitor } from '../visitors.ts';

const VISITS_PER_HOUR = 2_000;
const AGENT_DELAY_MS = 300;
/** A draft and a confirm: what no bridge can be quicker than. */
const AGENTS_OWN_MS = 2 * AGENT_DELAY_MS;
const STATIONS = 4;
const PATIENCE_MS = 60_000;

const TRIGGERS = [
  'CREATE TABLE bench_times (vn varchar(13) PRIMARY KEY, came datetime(6), written datetime(6)) ENGINE=InnoDB',
  'CREATE TRIGGER bench_came AFTER INSERT ON ovst FOR EACH ROW INSERT INTO bench_times (vn, came) VALUES (NEW.vn, SYSDATE(6))',
  `CREATE TRIGGER bench_written AFTER UPDATE ON visit_pttype FOR EACH ROW
    UPDATE bench_times SET written = SYSDATE(6) WHERE vn = NEW.vn AND written IS NULL AND NEW.auth_code <> ''`,
];

export async function latency(context: BenchContext): Promise<PartResult> {
  const { say, quick } = context;
  const count = quick ? 30 : 120;
  const hospital = await openHospital({
    ...{ mariadb: context.mariadb, queue: context.redis, stations: STATIONS },
    ...{ agentDelayMs: AGENT_DELAY_MS, pollSeconds: 1 },
  });
  try {
    await noteTimes(hospital);
    const bridge = await hospital.startBridge();
    say(`${count} visits at ${VISITS_PER_HOUR} an hour: ${Math.round((count * 3_600) / VISITS_PER_HOUR)} s`);
    const visitors = await makeVisitors(hospital, count);
    const cpu = watchCpu({ bridge: bridge.pid, agents: hospital.agents.pid, bench: process.pid });
    for (const [i, visitor] of visitors.all.entries()) {
      await sleep(pause());
      await insertVisits(hospital.his, [{ ...visitor.visit, at: Date.now() }]);
      await visitor.showCard();
      say(`visit ${i + 1} of ${count}\r`);
    }
    const waits = await allWritten(hospital, bridge, visitors.all);
    await visitors.close();

    const use = cpu();
    const beyond = waits.map((ms) => (ms - AGENTS_OWN_MS) / 1000);
    const part = 'latency';
    return {
      figures: [
        { part, name: 'HIS insert to code in the HIS, p50', value: median(waits) / 1000, unit: 's' },
        { part, name: 'the same, p99', value: percentile(waits, 0.99) / 1000, unit: 's' },
        { part, name: "beyond the agent's own time, p50", value: median(beyond), unit: 's' },
        {
          ...{ part, name: "beyond the agent's own time, p99" },
          ...{ value: percentile(beyond, 0.99), unit: 's', aim: { atMost: 1.5 } },
        },
        { part, name: 'CPU taken by others meanwhile', value: 100 * use.others, unit: '% of all' },
      ],
      facts: { visits: count, stations: STATIONS, agentDelayMs: AGENT_DELAY_MS, waitsMs: waits, cpu: use },
    };
  } finally {
    await hospital.close();
  }
}

/** Patients do not come by the clock: exponential pauses, none longer than ten times the mean. */
function pause(): number {
  const mean = 3_600_000 / VISITS_PER_HOUR;
  return Math.min(-Math.log(1 - Math.random()) * mean, 10 * mean);
}

/** From now on the HIS notes by its own clock when a visit came and when its code was written. */
export async function noteTimes(hospital: Hospital): Promise<void> {
  for (const statement of TRIGGERS) await hospital.his.exec(statement);
}

/** Milliseconds of each visit, once all of them have their code. */
export async function allWritten(
  hospital: Hospital,
  bridge: BridgeProcess,
  visitors: readonly Visitor[],
): Promise<number[]> {
  const giveUp = Date.now() + PATIENCE_MS;
  for (;;) {
    const rows = await hospital.his.query(
      'SELECT vn, timestampdiff(MICROSECOND, came, written) / 1000 AS ms FROM bench_times WHERE written IS NOT NULL',
    );
    const times = new Map(rows.map((row) => [String(row.vn), Number(row.ms)]));
    const waits = visitors.flatMap(({ vn }) => times.get(vn) ?? []);
    if (waits.length === visitors.length) return waits;
    if (Date.now() > giveUp) {
      const words = await bridge.lastWords();
      throw new Error(`${waits.length} of ${visitors.length} visits have a code:\n${words}`);
    }
    await sleep(200);
  }
}
