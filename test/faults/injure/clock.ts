/** The bridges' clock jumps an hour, and back when somebody notices; by then one of them may have died. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Injury } from './injury.ts';

const HOUR_MS = 3_600_000;
/** By then a poll waits for the HIS. */
const IN_HAND_MS = 700;

const jump: Injury = async ({ clock }, fault) => {
  if (clock === null) throw new TypeError('the clock of this run cannot be set');
  clock.set(clock.rightMs + (fault.choice % 2 === 0 ? HOUR_MS : -HOUR_MS));
  return async () => clock.set(clock.rightMs);
};

/**
 * The HIS hangs, so that work stays in hand, and a bridge is killed with it: just before the clock jumps ahead, or while it
 * is ahead. What is written down about that work then, with a time, lies in the future.
 */
const killedAhead: Injury = async ({ bridges, clock, his }, fault) => {
  if (clock === null) throw new TypeError('the clock of this run cannot be set');
  const i = fault.choice % bridges.all.length;
  const killAndStart = async (): Promise<void> => {
    await bridges.all[i]?.kill();
    if (bridges.all[i]?.isAlive === false) bridges.start(i);
  };
  const isBefore = fault.choice % 3 > 0;
  const unlock = await his.lockRights();
  if (isBefore) {
    await sleep(IN_HAND_MS);
    await killAndStart();
  }
  clock.set(clock.rightMs + HOUR_MS);
  return async () => {
    if (!isBefore) await killAndStart();
    clock.set(clock.rightMs);
    await unlock();
  };
};

export const CLOCK = { 'clock-jump': jump, 'killed-ahead': killedAhead } satisfies Record<string, Injury>;
