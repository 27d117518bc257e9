/** How long after a visit was entered change capture rings: a part of `npm run bench -- his`, and of a test. */

import { openCapture } from '../../adapters/his/sql/capture/capture.ts';
import type { LogOptions } from '../../adapters/his/sql/capture/open-log.ts';

/** A burst has a ring more after its end; the next insert comes when that is over. */
const APART_MS = 350;

/** All in ms from before the INSERT was sent, each in rising order. */
export interface RingDelays {
  /** The database has answered the INSERT. */
  committed: number[];
  /** The first ring. */
  rung: number[];
  /** The first ring at which others could read the visit: what the bridge's poll makes of it. */
  seen: number[];
  /** At how many of the first rings it could be read already. */
  seenAtOnce: number;
}

/** `insert` commits the nth visit; `isThere` asks for it on another connection that is open already. */
export async function ringDelays(
  options: LogOptions,
  count: number,
  insert: (n: number) => Promise<unknown>,
  isThere: (n: number) => Promise<boolean>,
): Promise<RingDelays> {
  let rings: () => void = () => undefined;
  const { promise: listens, resolve } = Promise.withResolvers<void>();
  const watch = openCapture(options, {
    changed: () => rings(),
    listening: (isListening) => (isListening ? resolve() : undefined),
  });
  const found: RingDelays = { committed: [], rung: [], seen: [], seenAtOnce: 0 };
  try {
    await listens;
    for (let n = 0; n < count; n++) {
      await new Promise((done) => setTimeout(done, APART_MS + Math.random() * 50));
      const begunAt = performance.now();
      const since = (): number => performance.now() - begunAt;
      let ring = nextRing();
      const inserted = insert(n).then(() => found.committed.push(since()));
      for (let nth = 1, isSeen = false; !isSeen; nth++) {
        await ring;
        if (nth === 1) found.rung.push(since());
        const at = since();
        ring = nextRing();
        isSeen = await isThere(n);
        if (isSeen) found.seen.push(at);
        if (isSeen && nth === 1) found.seenAtOnce += 1;
      }
      await inserted;
    }
  } finally {
    await watch.close();
  }
  for (const list of [found.committed, found.rung, found.seen]) list.sort((a, b) => a - b);
  return found;

  function nextRing(): Promise<void> {
    return new Promise((heard) => {
      rings = heard;
    });
  }
}
