/** Whoever supervises the processes, as systemd does: what has ended by itself is started again. */

import type { World } from './world/world.ts';

/** How often it looks after them, ms. */
const EVERY_MS = 500;

/** Until the returned function is called. */
export function supervise(world: World): () => void {
  const timer = setInterval(() => look(world), EVERY_MS);
  return () => clearInterval(timer);
}

function look({ bridges, counters }: World): void {
  for (const [i, bridge] of bridges.all.entries()) if (bridge.isMissing) bridges.start(i);
  for (const { reader } of counters) if (reader.isMissing) reader.start();
  bridges.lead();
}
