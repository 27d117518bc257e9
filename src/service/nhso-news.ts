/**
 * What the bridges on one ledger tell each other of NHSO: when it was last found to answer after an outage. One that did not
 * hear of it would take jobs off the queue, the oldest first, only to leave them for its own next probe.
 */

import type { Instant } from '../domain/bangkok.ts';
import type { NhsoLine } from './nhso-line.ts';
import type { Ledger } from './ports/ledger.ts';

export async function tellAnswered(
  ledger: Pick<Ledger, 'remember'>,
  hcode: string,
  at: Instant,
): Promise<void> {
  await ledger.remember(keyOf(hcode), String(at));
}

/** Null when no bridge has met the end of an outage yet. */
export async function lastAnswered(ledger: Pick<Ledger, 'recall'>, hcode: string): Promise<Instant | null> {
  const told = await ledger.recall(keyOf(hcode));
  return told === null ? null : Number(told);
}

/** Whether NHSO is taken to be reachable; while it is not, the others' word is looked for first. */
export async function isNhsoUp(
  ledger: Pick<Ledger, 'recall'>,
  hcode: string,
  line: NhsoLine,
): Promise<boolean> {
  const at = line.status === 'up' ? null : await lastAnswered(ledger, hcode);
  if (at !== null) line.noteElsewhere(at);
  return line.status === 'up';
}

function keyOf(hcode: string): string {
  return `nhso-answered/${hcode}`;
}
