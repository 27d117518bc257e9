/**
 * (k2) A hundred JHCIS units in one bridge: how much of a core they take, and how long after it was registered a visit has
 * its case, also while some of them never answer.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { comeOften, waitsOf } from '../comers.ts';
import { type Figure, percentile } from '../figures.ts';
import { memoryOf, watchCpu } from '../machine.ts';
import { openManySites } from '../many-sites.ts';
import type { BenchContext, PartResult } from '../part.ts';
import { jhcisSite } from '../site-his.ts';

const POLL_SECONDS = 2;
/** Beside the polls' own: the bridge has started, and read the day that is over. */
const REST_MS = 20_000;

export async function hisSites(context: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  const facts: Record<string, unknown> = {};
  const { redis } = context;
  for (const [name, queue, dead] of [
    ['Redis', redis, 0],
    ['Redis', redis, 10],
    ['embedded queue', 'embedded', 1],
  ] as const) {
    const measured = await measureSites(name, queue, dead, context);
    figures.push(...measured.figures);
    facts[`${name}, ${dead} dead`] = measured.facts;
  }
  return { figures, facts };
}

async function measureSites(
  name: string,
  queue: string,
  dead: number,
  { mariadb, quick, profile, say }: BenchContext,
): Promise<PartResult> {
  const sites = quick ? 20 : 100;
  const seconds = quick ? 20 : 120;
  const perSecond = 2;
  const what = `${sites} sites, ${dead} dead, ${name}`;
  say(what);
  const many = await openManySites({
    ...{ his: jhcisSite(mariadb), queue, sites, dead, pollSeconds: POLL_SECONDS, say },
    nodeArgs: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  });
  try {
    await many.settled();
    await sleep(REST_MS);
    say(`${seconds * perSecond} visits in ${seconds} s`);
    const used = watchCpu({ bridge: many.bridge.pid });
    const came = await comeOften(many, seconds * perSecond, 1_000 / perSecond);
    const cpu = used();
    const waits = waitsOf(many, came);
    const figure = (figureName: string, value: number | null, unit: string, atMost?: number): Figure => ({
      ...{ part: 'his', name: `${what}: ${figureName}`, value, unit },
      ...(atMost === undefined ? {} : { aim: { atMost } }),
    });
    const { bridge: spent } = cpu.ours;
    const share = spent === null || spent === undefined ? null : (100 * spent) / cpu.seconds;
    return {
      figures: [
        figure('share of one core', share, '%', 15),
        figure('insert to case, p50', percentile(waits, 0.5) / 1_000, 's'),
        figure('insert to case, p99', percentile(waits, 0.99) / 1_000, 's', 2.5),
        figure('memory', memoryOf(many.bridge.pid)?.now ?? null, 'MB'),
      ],
      facts: {
        visits: came.length,
        unseen: waits.filter((ms) => ms === Number.POSITIVE_INFINITY).length,
        cpu,
      },
    };
  } finally {
    await many.close();
  }
}
