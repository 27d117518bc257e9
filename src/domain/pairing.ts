/**
 * Pairing card reads with visits. Everything given is of one person, one hospital and one service date (rule 5: the
 * card must be the patient's, read on the service date), so only the order in time is left to decide.
 *
 * - A read serves one visit; a visit takes one full read. A full read may take the place of a card-only one, and either the
 *   place of what only stands in for the patient's card (certified, photo). Nothing stands in where a card was read.
 * - Whoever certifies is no party to this: the read of their card is theirs, and serves a visit of their own or none.
 * - A read goes to the visit that began nearest to it: at a counter, card and registration belong together.
 * - Reads that serve no visit stay: the visit may come later (card before visit).
 */

import { type CardRead, isOwnCard } from './card-read.ts';
import type { Case } from './case.ts';
import { wantsCard } from './machine/facts.ts';

export interface Pair {
  vn: string;
  readId: string;
}

/** `cases` and `reads`: all of one person, hospital and service date, in any order. */
export function pairReads(cases: readonly Case[], reads: readonly CardRead[]): Pair[] {
  const pairs: Pair[] = [];
  const open = new Map(cases.filter(wantsCard).map((c) => [c.vn, c]));
  const unpaired = reads
    .filter((r) => r.pairedVn === null)
    .toSorted((a, b) => a.readAt - b.readAt || order(a.id, b.id));
  const give = (read: CardRead, candidates: readonly Case[]): void => {
    const chosen = nearest(candidates, read);
    if (chosen === undefined) return;
    pairs.push({ vn: chosen.vn, readId: read.id });
    open.delete(chosen.vn);
  };
  for (const read of unpaired.filter((r) => r.kind === 'full')) {
    give(
      read,
      [...open.values()].filter((c) => c.readKind !== 'full'),
    );
  }
  for (const read of unpaired.filter((r) => r.kind === 'card-only')) {
    give(
      read,
      [...open.values()].filter((c) => c.readKind === null || !isOwnCard(c.readKind)),
    );
  }
  for (const read of unpaired.filter((r) => !isOwnCard(r.kind))) {
    give(
      read,
      [...open.values()].filter((c) => c.readKind === null),
    );
  }
  return pairs;
}

function nearest(cases: readonly Case[], read: CardRead): Case | undefined {
  const distance = (c: Case): number => Math.abs(c.visit.startedAt - read.readAt);
  return cases.toSorted(
    (a, b) => distance(a) - distance(b) || a.visit.startedAt - b.visit.startedAt || order(a.vn, b.vn),
  )[0];
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
