/**
 * (a) Pipeline: from HIS rows to codes in the HIS. The cards have been read and sent; then the rows of all visits
 * appear at once, and the clock runs until MariaDB holds the last code. Agents answer without delay.
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { BridgeProcess } from '../children.ts';
import { type Hospital, openHospital } from '../hospital.ts';
import { type CpuUse, watchCpu } from '../machine.ts';
import type { BenchContext, PartResult } from '../part.ts';
import { rawJobsPerSecond } from '../raw-jobs.ts';
import { makeVisitors, register, showCards, type Visitor } from '../visitors.ts';

const RAW_JOBS = 20_000;
/** Without a new code for so long, something is broken. */
const PATIENCE_MS = 60_000;

export async function pipeline(context: BenchContext): Promise<PartResult> {
  const { say, quick, stations, concurrency, redis, profile } = context;
  const count = context.visits ?? (quick ? 1_000 : 4_000);
  const rawJobs = quick ? RAW_JOBS / 2 : RAW_JOBS;
  say(`BullMQ alone: ${rawJobs} jobs that do nothing, ${concurrency} at a time`);
  const rawBefore = await rawJobsPerSecond(redis, rawJobs, concurrency);

  const hospital = await openHospital({
    ...{ mariadb: context.mariadb, queue: redis, stations, concurrency },
    ...{ agentDelayMs: 0, pollSeconds: 2 },
    nodeArgs: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  });
  try {
    const bridge = await hospital.startBridge();
    say(`reading ${count} cards at ${stations} counters`);
    const visitors = await makeVisitors(hospital, count);
    await showCards(visitors.all, stations);
    const { seconds, cpu } = await runThrough(context, hospital, bridge, visitors.all);
    const jobs = await jobsDone(hospital);
    await visitors.close();
    await bridge.stop();
    const rawAfter = await rawJobsPerSecond(redis, rawJobs, concurrency);

    const raw = (rawBefore + rawAfter) / 2;
    const rate = count / seconds;
    const jobsPerVisit = jobs / count;
    const part = 'pipeline';
    return {
      figures: [
        { part, name: 'HIS row to code in the HIS', value: rate, unit: 'visits/s', aim: { atLeast: 300 } },
        { part, name: 'jobs per visit', value: jobsPerVisit, unit: '' },
        { part, name: 'BullMQ alone, jobs that do nothing', value: raw, unit: 'jobs/s' },
        {
          ...{ part, name: 'jobs done, as a share of those' },
          ...{ value: (100 * rate * jobsPerVisit) / raw, unit: '%', aim: { atLeast: 10 } },
        },
        { part, name: 'CPU of the bridge per visit', value: perVisit(cpu, 'bridge', count), unit: 'ms' },
        { part, name: 'CPU taken by others meanwhile', value: 100 * cpu.others, unit: '% of all' },
      ],
      facts: { visits: count, seconds, stations, concurrency, rawBefore, rawAfter, cpu },
    };
  } finally {
    await hospital.close();
  }
}

/** Also for the other parts: registers the visitors, whose cards the bridge has, and waits for the last code. */
export async function runThrough(
  { say, redis }: Pick<BenchContext, 'say' | 'redis'>,
  hospital: Hospital,
  bridge: BridgeProcess,
  visitors: readonly Visitor[],
): Promise<{ seconds: number; cpu: CpuUse }> {
  const cpu = watchCpu({
    bridge: bridge.pid,
    agents: hospital.agents.pid,
    redis: await pidOfRedis(redis),
    mariadb: await pidOfMariaDb(hospital),
    bench: process.pid,
  });
  await register(hospital, visitors);
  const begun = performance.now();
  let done = 0;
  let movedAt = begun;
  while (done < visitors.length) {
    await sleep(100);
    const now = await codesWritten(hospital);
    if (now > done) movedAt = performance.now();
    else if (performance.now() - movedAt > PATIENCE_MS) {
      throw new Error(
        `no code for a minute, ${now} of ${visitors.length} there:\n${await bridge.lastWords()}`,
      );
    }
    done = now;
    say(`${done} of ${visitors.length} visits have their code\r`);
  }
  return { seconds: (performance.now() - begun) / 1000, cpu: cpu() };
}

/** Codes that stand in the HIS, each counted once. */
async function codesWritten(hospital: Hospital): Promise<number> {
  const [row] = await hospital.his.query('SELECT count(DISTINCT auth_code) AS n FROM visit_pttype');
  return Number(row?.n);
}

/** Steps that the bridge has done: calls of draft and confirm, and write-backs, as it counts them itself. */
async function jobsDone({ bridgeUrl, key }: Hospital): Promise<number> {
  const answer = await fetch(`${bridgeUrl}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  const text = await answer.text();
  const figures = [
    /^authen_bridge_nhso_call_seconds_count\{.*call="(?:saveAsDraft|confirmSave)".*\} (\d+)$/gm,
    /^authen_bridge_write_backs_total\{.*\} (\d+)$/gm,
  ];
  return figures
    .flatMap((figure) => [...text.matchAll(figure)])
    .reduce((sum, [, value]) => sum + Number(value), 0);
}

async function pidOfRedis(url: string): Promise<number | null> {
  const client = new Redis(url);
  const pid = /^process_id:(\d+)/m.exec(await client.info('server'))?.[1];
  client.disconnect();
  return pid === undefined ? null : Number(pid);
}

/** Of a server on this machine; its work for others is counted too. */
async function pidOfMariaDb(hospital: Hospital): Promise<number | null> {
  const [row] = await hospital.his.query('SELECT @@pid_file AS file');
  try {
    return Number(await readFile(String(row?.file), 'utf8'));
  } catch {
    return null; // on another machine, or not for us to see
  }
}

function perVisit(cpu: CpuUse, name: string, visits: number): number | null {
  const seconds = cpu.ours[name] ?? null;
  return seconds === null ? null : (1000 * seconds) / visits;
}
