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

export async function run(seed: number, wishes: Wishes, servers: Servers, keep: boolean): Promise<RunResult> {
  const begun = Date.now();
  const plan = planOf(seed, wishes);
  const { his, queue, ledger, bridges, midnight } = plan.setup;
  const parts = [
    his,
    queue,
    ledger,
    bridges === 1 ? '1 bridge' : '2 bridges',
    ...(midnight ? ['midnight'] : []),
  ];
  const about = `${parts.join(' · ')}: ${plan.faults.map((f) => f.kind).join(', ')}`;
  const nothing = { visits: 0, confirms: 0, ends: {}, restarts: 0, settledAfterMs: 0 };
  let world: World | null = null;
  let isClean = false;
  try {
    world = await openWorld(plan, servers);
    const { folder } = world;
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan, null, 2));
    for (const [i] of world.bridges.all.entries()) world.bridges.start(i);
    await world.bridges.untilUp();
    for (const { reader } of world.counters) reader.start();
    const rest = supervise(world);
    const { diary, evidence } = await dayAndEvidence(world, plan).finally(rest);
    const violations = judge(evidence);
    writeFileSync(join(folder, 'diary.txt'), `${[...diary.lines, '', ...violations].join('\n')}\n`);
    writeFileSync(join(folder, 'journal.json'), JSON.stringify(evidence.journal, null, 1));
    isClean = violations.length === 0;
    if (!isClean) {
      writeFileSync(join(folder, 'bridges.txt'), await world.bridges.words());
      writeFileSync(join(folder, 'queue.txt'), await world.queue.words());
      writeFileSync(join(folder, 'cases.json'), JSON.stringify([...evidence.cases.values()], null, 1));
    }
    const ends: Record<string, number> = {};
    for (const { state, reason } of evidence.cases.values()) {
      const end = state === 'needs-staff' || state === 'offline' ? `${state}/${reason}` : state;
      ends[end] = (ends[end] ?? 0) + 1;
    }
    return {
      ...{ seed, about, violations, failure: null, ends },
      visits: diary.visits.length,
      confirms: evidence.journal.filter((e) => e.call === 'confirm-save').length,
      restarts: evidence.ends.length,
      settledAfterMs: evidence.settledAfterMs,
      ms: Date.now() - begun,
      folder: isClean && !keep ? null : folder,
    };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const folder = world?.folder ?? null;
    return { seed, about, violations: [], failure, ...nothing, ms: Date.now() - begun, folder };
  } finally {
    await world?.close(keep || !isClean);
  }
}

async function dayAndEvidence(world: World, plan: Plan): Promise<{ diary: Diary; evidence: Evidence }> {
  const diary = await live(world, plan);
  return { diary, evidence: await gather(world, diary) };
}
