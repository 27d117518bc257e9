/**
 * Whether the ledger is the one that was worked on last, or an older copy that somebody has put in its place. It is told
 * in three ways, because a ledger can be put back in more than one: a backup bears a mark that it is one; a number that
 * grows every minute stands in the ledger and beside it; and PostgreSQL gives tables that are made anew another number.
 */

import { z } from 'zod';
import { bangkokIso, type Instant } from '../src/domain/bangkok.ts';
import { BridgeError } from '../src/domain/bridge-error.ts';
import { putBack } from '../src/domain/machine/restored.ts';
import type { Ledger } from '../src/service/ports/ledger.ts';
import type { Engine } from './engine.ts';
import { keysAndMemory } from './keys-and-memory.ts';

/** Names in the ledger's memory. */
export const LINEAGE = 'lineage';
const BEATS = 'beats';

const lineageSchema = z.object({
  gap: z.object({ generation: z.number(), from: z.number(), to: z.number() }).nullable(),
  place: z.string().nullable(),
  /** This copy is a backup, and knows everything up to here. */
  backupAt: z.number().nullable(),
  /** A restore put another ledger in the place of this one at that time. */
  setAsideAt: z.number().nullable(),
});
export type Lineage = z.infer<typeof lineageSchema>;

const UNMARKED: Lineage = { gap: null, place: null, backupAt: null, setAsideAt: null };

export function parseLineage(text: string | null): Lineage {
  return text === null ? UNMARKED : lineageSchema.parse(JSON.parse(text));
}

export function lineage(engine: Engine): Pick<Ledger, 'gap' | 'beat'> {
  const memory = keysAndMemory(engine);
  const beatsKept = async (): Promise<number> => Number((await memory.recall(BEATS)) ?? 0);
  // a connection to a store in memory has none
  let beats: number | null = null;

  return {
    async gap(now) {
      const kept = parseLineage(await memory.recall(LINEAGE));
      if (kept.setAsideAt !== null) throw setAside(kept.setAsideAt);
      const [inside, beside, place] = [
        await beatsKept(),
        (await engine.beside?.read()) ?? 0,
        await engine.place(),
      ];
      const isAnother = kept.place !== null && kept.place !== place;
      const isOlder = kept.backupAt !== null || beside > inside || isAnother;
      const gap = isOlder ? putBack(kept.gap, kept.backupAt ?? (await lastChange(engine)), now) : kept.gap;
      if (isOlder || kept.place !== place) {
        const next: Lineage = { gap, place, backupAt: null, setAsideAt: null };
        await memory.remember(LINEAGE, JSON.stringify(next));
      }
      // only now, so that a process that dies in between finds it out again
      beats = Math.max(inside, beside);
      return gap;
    },

    async beat() {
      if (engine.beside === null) return;
      beats = (beats ?? (await beatsKept())) + 1;
      // first inside: a process that dies in between leaves a ledger that is ahead, which is no sign of anything
      await memory.remember(BEATS, String(beats));
      await engine.beside.write(beats);
    },
  };
}

/** Up to here the ledger certainly knows everything: there is a line of history from then. */
async function lastChange(engine: Engine): Promise<Instant> {
  const newest = engine.db.selectFrom('history').select('at').orderBy('seq', 'desc').limit(1);
  return (await engine.read(newest.compile()))[0]?.at ?? 0;
}

function setAside(at: Instant): BridgeError {
  return new BridgeError(
    'config',
    `store: this ledger was taken out of use by "npm run restore" at ${bangkokIso(at)}; to go back to it, restore it`,
    { retry: 'no' },
  );
}
