/**
 * Takes what a source holds into the ledger, when it is something new there. It is new when the source did not hold it the
 * last time that any process looked: an SRM file still holds the pair of the morning when the bridge has renewed it twice, and
 * the clock of a file server says little.
 */

import { createHash } from 'node:crypto';
import type { Instant } from '../../domain/bangkok.ts';
import { isAlive } from '../../domain/token.ts';
import type { FoundToken, StoredToken } from '../ports/tokens.ts';
import type { Place, TokenHouse } from './house.ts';

/**
 * Returns the token that stands afterwards. `lookedAt`: when this process last read the source, null when it has not: what is new
 * there now was made since.
 */
export async function takeFromSource(
  { ledger, clock, log }: TokenHouse,
  { hcode, source }: Place,
  lookedAt: Instant | null,
): Promise<StoredToken | null> {
  const { kind } = source;
  // before the source is read: what another process takes in meanwhile makes our store fail, not the other way round
  const stood = await ledger.tokens.get(hcode, kind);
  const seen = await ledger.recall(seenAt(hcode, kind));
  const found = await source.read();
  if (found === null) return stood;
  const now = clock.now();
  const print = printOf(found);
  const isNew = stood === null || (print !== seen && print !== printOf(stood));
  if (!isNew && !isRedated(stood, found, now)) {
    if (print !== seen && print === printOf(stood)) await ledger.remember(seenAt(hcode, kind), print);
    return stood;
  }
  const since = isNew && kind === 'uc' && lookedAt !== null && lookedAt <= now ? lookedAt : found.obtainedAt;
  const token = { ...found, obtainedAt: Math.max(found.obtainedAt, since), source: source.name };
  if (await ledger.tokens.put(hcode, kind, stood?.generation ?? 0, token)) {
    await ledger.remember(seenAt(hcode, kind), print);
    log.info({ site: hcode, kind, source: source.name }, 'a new token was found and taken');
  }
  return ledger.tokens.get(hcode, kind);
}

/**
 * The same UC token, which only our clock had called yesterday's: it was taken in while that clock was behind. Should the file
 * merely have been copied anew, one refused call is the price.
 */
function isRedated(stood: StoredToken | null, found: FoundToken, now: Instant): boolean {
  if (stood === null || stood.kind !== 'uc' || stood.value !== found.value || stood.refusedAt !== null) {
    return false;
  }
  return !isAlive(stood, now) && isAlive({ ...stood, obtainedAt: found.obtainedAt }, now);
}

/** What the ledger remembers: the print of what the source held when it was last taken in. */
function seenAt(hcode: string, kind: string): string {
  return `token-seen/${hcode}/${kind}`;
}

/** Tells one from another; nothing can be made of it. */
function printOf({ value, refresh }: FoundToken): string {
  return createHash('sha256')
    .update(JSON.stringify([value, refresh]))
    .digest('base64url')
    .slice(0, 16);
}
