/** The bridges' clock jumps an hour, and back when somebody notices. */

import type { Injury } from './injury.ts';

const HOUR_MS = 3_600_000;

const jump: Injury = async ({ clock }, fault) => {
  if (clock === null) throw new TypeError('the clock of this run cannot be set');
  clock.set(clock.rightMs + (fault.choice % 2 === 0 ? HOUR_MS : -HOUR_MS));
  return async () => clock.set(clock.rightMs);
};

export const CLOCK = { 'clock-jump': jump } satisfies Record<string, Injury>;
