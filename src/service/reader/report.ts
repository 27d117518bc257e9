/** What the worker tells the world of itself: the line for the clerk, and the state for who asks from another process. */

import { bangkokIso, type Instant } from '../../domain/bangkok.ts';
import type { ReaderState } from '../ports/reader.ts';
import { advice } from './advice.ts';
import type { Choice, Sight, Sights } from './choose.ts';
import type { Station } from './message.ts';
import type { LinkStatus, Shown, SourceTrouble } from './status.ts';
import { statusWords } from './status.ts';
import { joined } from './words.ts';

export function readerState(
  shown: Shown,
  seen: { choice: Choice; sights: Sights },
  run: { station: Station; startedAt: Instant; at: Instant },
): ReaderState {
  const { link, clockAheadMs } = shown;
  const { stationId, hcode } = run.station;
  return {
    ...{ station: stationId, hcode, startedAt: bangkokIso(run.startedAt), at: bangkokIso(run.at) },
    line: joined(statusWords(shown)),
    needs: advice(shown),
    counter: shown.counter.is,
    source: {
      ...{ use: seen.choice.use, why: seen.choice.why },
      ...{ agent: standing(seen.sights.agent), pcsc: standing(seen.sights.pcsc) },
    },
    bridge: { is: link.is, waiting: link.waiting, rejected: link.rejected },
    clockAheadMs,
  };
}

/** Why this source shows no reader; null when it is not configured, or shows one. */
export function troubleOf(sight: Sight | 'unknown' | null): SourceTrouble | null {
  if (sight === null || sight === 'unknown') return null;
  if (sight.is === 'slots') return sight.slots.length === 0 ? 'no-reader' : null;
  if (sight.code === 'no-reader') return 'no-reader';
  return sight.code === 'config' ? 'missing' : 'away';
}

/** With nothing on the way the courier does not know that the bridge has gone; the one who greets it does. */
export function linkNow(link: LinkStatus, isReached: boolean | null): LinkStatus {
  return link.is === 'up' && link.waiting === 0 && isReached === false ? { ...link, is: 'away' } : link;
}

function standing(sight: Sight | 'unknown' | null): string | null {
  if (sight === null || sight === 'unknown') return sight;
  if (sight.is === 'failed') return sight.code;
  return sight.slots.length === 0 ? 'no-reader' : 'ok';
}
