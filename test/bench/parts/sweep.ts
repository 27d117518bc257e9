/**
 * (e) Sweep: the ledger holds many open cases and the queue holds nothing, at a start of the bridge and after the server has lost
 * everything. Measured until each open case's job is on the queue (or done), and until codes go into the HIS again. Agents
 * are slow, so that the backlog stays.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { openLedger } from '../../../db/open-ledger.ts';
import { openWorkQueue } from '../../../queues/open-work-queue.ts';
import { STEPS } from '../../../src/domain/case.ts';
import { makeLog } from '../../../src/log.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import { freshPostgres } from '../../support/services.ts';
import type { BridgeProcess } from '../children.ts';
import type { Figure } from '../figures.ts';
import { HCODE, type Hospital, openHospital } from '../hospital.ts';
import { fillWithOpenCases } from '../open-cases.ts';
import type { BenchContext, PartResult } from '../part.ts';

const STATIONS = 4;
const AGENT_DELAY_MS = 1_000;
const AIM = { atMost: 10 };
/** Write-backs that may have been in hand when everything was lost. */
const IN_HAND = 20;
const PATIENCE_MS = 120_000;
/** The bridge works for so long between the start and the loss. */
const REST_MS = 1_000;

export async function sweep(context: BenchContext): Promise<PartResult> {
  const figures = await measure(context, 'Redis', context.redis, () => emptyRedis(context.redis));
  if (context.postgres !== null) {
    const database = await freshPostgres(context.postgres);
    try {
      figures.push(
        ...(await measure(context, 'PostgreSQL', database.url, () => emptyPostgres(database.url))),
      );
    } finally {
      await database.drop();
    }
  }
  figures.push(...(await measure(context, 'embedded queue', 'embedded', null)));
  return { figures, facts: {} };
}

async function measure(
  context: BenchContext,
  name: string,
  queue: string,
  lose: (() => Promise<void>) | null,
): Promise<Figure[]> {
  const { say, mariadb, quick } = context;
  const count = quick ? 2_000 : 20_000;
  const hospital = await openHospital({
    ...{ mariadb, queue, stations: STATIONS, agentDelayMs: 0, pollSeconds: 2 },
  });
  const ledger = await openLedger(hospital.store);
  try {
    say(`${name}: making ${count.toLocaleString('en')} open cases`);
    await fillWithOpenCases(hospital, count);
    for (const url of hospital.agents.urls) await slowDown(url);
    const figure = (what: string, ms: number, aim: Figure['aim']): Figure => ({
      ...{ part: 'sweep', name: `${name}: ${what}`, value: ms / 1_000, unit: 's' },
      ...(aim === undefined ? {} : { aim }),
    });
    say(`${name}: starting the bridge`);
    const begun = performance.now();
    // it works while it starts, and is not awaited for that
    const writing = seeCodes(hospital, begun, 0);
    const bridge = await hospital.startBridge();
    const figures = [
      figure(
        'start of the process to all jobs on the queue',
        await seeFull(queue, hospital, bridge, ledger, begun),
        AIM,
      ),
      figure('start of the process to the first code in the HIS', await writing, AIM),
    ];
    if (lose === null) return figures;
    await sleep(REST_MS);
    say(`${name}: everything is lost`);
    await lose();
    const lost = performance.now();
    // with the few cases of a quick run a fast machine has hardly any left: then the next codes are as slow as the agents are
    const toWrite = await ledger.countCases({ hcode: HCODE, states: ['confirmed'] });
    const seesCodes = toWrite > 2 * IN_HAND;
    const [full, again] = await Promise.all([
      seeFull(queue, hospital, bridge, ledger, lost),
      seesCodes ? seeCodes(hospital, lost, IN_HAND) : null,
    ]);
    figures.push(figure('loss of everything to all jobs on the queue again', full, AIM));
    if (again === null)
      say(`${name}: ${toWrite} codes were left to write, too few: no figure of the next ones`);
    else figures.push(figure('loss of everything to the next codes in the HIS', again, AIM));
    return figures;
  } finally {
    await ledger.close();
    await hospital.close();
  }
}

/** Ms since `begun` until all jobs were there. */
async function seeFull(
  queue: string,
  hospital: Hospital,
  bridge: BridgeProcess,
  ledger: Ledger,
  begun: number,
): Promise<number> {
  const jobs = await jobCounter(queue, hospital);
  try {
    for (;;) {
      const onQueue = await jobs.count();
      const open = await ledger.countCases({ hcode: HCODE, states: ['ready', 'drafted', 'confirmed'] });
      // a case may have gone on between the two looks
      if (onQueue >= open - IN_HAND) return performance.now() - begun;
      if (performance.now() - begun > PATIENCE_MS) {
        throw new Error(`${onQueue} jobs for ${open} cases after minutes:\n${await bridge.lastWords()}`);
      }
      await sleep(100);
    }
  } finally {
    await jobs.close();
  }
}

/** Ms since `begun` until codes were written beside those that somebody may have had in hand before. */
async function seeCodes(hospital: Hospital, begun: number, inHand: number): Promise<number> {
  const before = await codes(hospital);
  while ((await codes(hospital)) <= before + inHand) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error('no new codes after minutes');
    await sleep(100);
  }
  return performance.now() - begun;
}

interface JobCounter {
  count(): Promise<number>;
  close(): Promise<void>;
}

/** The embedded queue is inside the bridge, which tells its figures. */
async function jobCounter(url: string, hospital: Hospital): Promise<JobCounter> {
  if (url === 'embedded') {
    return { count: () => jobsByMetrics(hospital), close: async () => undefined };
  }
  const queue = await openWorkQueue(url, { log: makeLog({ level: 'silent' }), concurrency: 1 });
  return {
    async count() {
      const counts = await queue.counts();
      return STEPS.reduce((sum, s) => sum + counts[s].waiting + counts[s].active + counts[s].delayed, 0);
    },
    close: () => queue.close(),
  };
}

async function jobsByMetrics({ bridgeUrl, key }: Hospital): Promise<number> {
  const answer = await fetch(`${bridgeUrl}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  const text = await answer.text();
  return [...text.matchAll(/^authen_bridge_queue_jobs\{.*\} (\d+)$/gm)].reduce(
    (sum, m) => sum + Number(m[1]),
    0,
  );
}

async function codes(hospital: Hospital): Promise<number> {
  const [row] = await hospital.his.query('SELECT count(DISTINCT auth_code) AS n FROM visit_pttype');
  return Number(row?.n);
}

async function slowDown(agent: string): Promise<void> {
  const body = JSON.stringify({ ms: AGENT_DELAY_MS });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${agent}/__control/delay`, { method: 'POST', headers, body });
}

async function emptyRedis(url: string): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
}

/** Every table of the queue but that of its migrations. */
async function emptyPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'bullmq' AND tablename !~ 'migration'",
    );
    await client.query(`TRUNCATE ${rows.map((row) => row.name).join(', ')}`);
  } finally {
    await client.end();
  }
}
