/** Visits that come to the sites of `many-sites.ts`, and how long each waited for its case. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { ManySites } from './many-sites.ts';

export type Came = Awaited<ReturnType<ManySites['come']>>;

/** Visits at all sites in turn, never in step with the polls. */
export async function comeOften(many: ManySites, count: number, everyMs: number): Promise<Came[]> {
  const came: Came[] = [];
  for (let i = 0; i < count; i++) {
    const pause = sleep(everyMs);
    await sleep((Math.random() * everyMs) / 2);
    came.push(await many.come(i * 7));
    await pause;
  }
  await sleep(5_000);
  return came;
}

/** Ms from the commit of each visit to its case; infinite for one that never became one. */
export function waitsOf(many: ManySites, came: readonly Came[]): number[] {
  return came.map(({ name, at }) => (many.seen.get(name) ?? Number.POSITIVE_INFINITY) - at);
}
