/** One run: a plan, a hospital, a day, a judgement. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diary, live } from './day.ts';
import { type Evidence, gather } from './judge/evidence.ts';
import { judge } from './judge/judge.ts';
import { type Plan, planOf, type Wishes } from './plan.ts';
import { supervise } from './supervise.ts';
import { openWorld, type Servers, type World } from './world/world.ts';

export interface RunResult {
  seed: number;
  /** `mariadb · redis · sqlite · 1 bridge: bridge-killed, nhso-down` */
  about: string;
  violations: readonly string[];
  /** The run itself could not be made. */
  failure: string | null;
  visits: number;
  confirms: number;
  /** State (and reason of those that went to a person) to how many visits ended there. */
  ends: Readonly<Record<string, number>>;
  /** Ends of processes that nobody had asked for. */
  restarts: number;
  settledAfterMs: number;
  ms: number;
  /** Logs, ledger and diary of a run that broke a rule. */
  folder: string | null;
}

/** Whoever started the runs has had enough of them. */
export class GivenUp extends Error {}

/**
 * Never throws: what could not be made, or not be closed, is the result's `failure`.
 * @param keep leaves the folder of a clean run too
 * @param givenUp rejects with `GivenUp` when nobody waits for the result any more: the hospital is closed at once
 */
export async function run(
  seed: number,
  wishes: Wishes,
  servers: Servers,
  { keep, givenUp }: { keep: boolean; givenUp: Promise<never> },
): Promise<RunResult> {
  const begun = Date.now();
  const plan = planOf(seed, wishes);
  let world: World | null = null;
  let result = notMade(seed, '', aboutOf(plan));
  let isWanted = true;
  try {
    world = await openWorld(plan, servers);
    result = { ...(await Promise.race([dayIn(world, plan), givenUp])), folder: world.folder };
  } catch (error) {
    isWanted = !(error instanceof GivenUp);
    result = { ...notMade(seed, textOf(error), aboutOf(plan)), folder: world?.folder ?? null };
  }
  const isClean = result.failure === null && result.violations.length === 0;
  try {
    await world?.close(isWanted && (keep || !isClean));
  } catch (error) {
    result = { ...result, failure: [result.failure ?? '', textOf(error)].join('\n').trim() };
  }
  const isOfUse = keep || !isClean || result.failure !== null;
  return { ...result, ms: Date.now() - begun, folder: isOfUse ? result.folder : null };
}

/** A run that came to no judgement. */
export function notMade(seed: number, failure: string, about: string): RunResult {
  const nothing = {
    violations: [],
    visits: 0,
    confirms: 0,
    ends: {},
    restarts: 0,
    settledAfterMs: 0,
  };
  return { ...nothing, seed, about, failure, ms: 0, folder: null };
}

/** Lives the day and judges it. What a person needs who looks for the cause is in the run's folder. */
async function dayIn(world: World, plan: Plan): Promise<RunResult> {
  const { folder, bridges, counters, queue } = world;
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan, null, 2));
  for (const [i] of bridges.all.entries()) bridges.start(i);
  await bridges.untilUp();
  for (const { reader } of counters) reader.start();
  const rest = supervise(world);
  const { diary, evidence } = await dayAndEvidence(world, plan).finally(rest);
  const violations = judge(evidence);
  writeFileSync(join(folder, 'diary.txt'), `${[...diary.lines, '', ...violations].join('\n')}\n`);
  writeFileSync(join(folder, 'journal.json'), JSON.stringify(evidence.journal, null, 1));
  if (violations.length > 0) {
    writeFileSync(join(folder, 'bridges.txt'), await bridges.words());
    writeFileSync(join(folder, 'queue.txt'), await queue.words());
    writeFileSync(join(folder, 'cases.json'), JSON.stringify([...evidence.cases.values()], null, 1));
  }
  return {
    ...notMade(plan.seed, '', aboutOf(plan)),
    ...{ failure: null, violations, ends: endsOf(evidence) },
    visits: diary.visits.length,
    confirms: evidence.journal.filter((e) => e.call === 'confirm-save').length,
    restarts: evidence.ends.length,
    settledAfterMs: evidence.settledAfterMs,
  };
}

async function dayAndEvidence(world: World, plan: Plan): Promise<{ diary: Diary; evidence: Evidence }> {
  const diary = await live(world, plan);
  return { diary, evidence: await gather(world, diary) };
}

function aboutOf({ setup, visits, faults, timeOfDay }: Plan): string {
  const { his, queue, ledger, bridges, midnight, agents, ratePerSecond } = setup;
  const carried = agents.filter((way) => way === 'reader').length;
  const clients = visits.filter(({ client }) => client !== null).length;
  const parts = [
    his,
    queue,
    ledger,
    bridges === 1 ? '1 bridge' : '2 bridges',
    ...(midnight ? ['midnight'] : []),
    ...(timeOfDay === null ? [] : [timeOfDay]),
    ...(ratePerSecond === 0 ? [] : [`${ratePerSecond} calls/s`]),
    ...(carried > 0 ? [`${carried} carried`] : []),
    ...(clients > 0 ? [`${clients} by clients`] : []),
  ];
  return `${parts.join(' · ')}: ${faults.map((f) => f.kind).join(', ')}`;
}

function endsOf({ cases }: Evidence): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { state, reason } of cases.values()) {
    const end = state === 'needs-staff' || state === 'offline' ? `${state}/${reason}` : state;
    ends[end] = (ends[end] ?? 0) + 1;
  }
  return ends;
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
