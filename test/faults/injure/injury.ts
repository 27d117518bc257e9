/** What a fault does to the hospital, and how it ends. */

import type { Fault } from '../fault-kinds.ts';
import type { World } from '../world/world.ts';

/** Does the harm; returns what ends it, called once after the fault's time. Both may take their time. */
export type Injury = (world: World, fault: Fault) => Promise<() => Promise<void>>;

export const ENDS_BY_ITSELF = async (): Promise<void> => undefined;

/** One of them, by the fault's number. */
export function pick<T>(all: readonly T[], fault: Fault): T {
  const one = all[fault.choice % all.length];
  if (one === undefined) throw new TypeError('nothing to choose from');
  return one;
}
