/** What can go wrong, by name: what it is, how long it lasts, and which hospital it can happen to. */

import type { Setup } from './setup.ts';

/** Length of the day in a run, ms: visits come and faults begin within it. */
export const DAY_MS = 10_000;

export const FAULT_KINDS = [
  'bridge-killed',
  'bridge-told-to-stop',
  'bridge-frozen',
  'bridge-frozen-long',
  'reader-killed',
  'reader-frozen',
  'both-killed',
  'nhso-down',
  'nhso-slow',
  'answers-lost',
  'drafts-lost',
  'agent-restarts',
  'queue-killed',
  'queue-emptied',
  'queue-replaced',
  'queue-cut',
  'his-killed',
  'his-locked',
  'his-cut',
  'his-cut-at-update',
  'ledger-locked',
  'ledger-cut',
  'disk-full',
  'clock-jump',
  'killed-ahead',
  // the line of a confirm breaks, and only then its code is issued
  'code-late',
] as const;

/** Came later: drawn after all others, so that a seed keeps the faults that it had. */
export const LATER_KINDS: readonly FaultKind[] = ['code-late'];

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  /** From the beginning of the run, ms. */
  at: number;
  /** ms */
  lasts: number;
  choice: number;
}

const LASTS: Partial<Record<FaultKind, number>> = {
  'bridge-frozen-long': 40_000,
  'nhso-down': 8_000,
  'clock-jump': 8_000,
  'killed-ahead': 8_000,
};

/** They need a clock that can be set. */
export const CLOCK_KINDS: readonly FaultKind[] = ['clock-jump', 'killed-ahead'];

export function lastsUpTo(kind: FaultKind): number {
  return LASTS[kind] ?? 4_000;
}

export function fits(kind: FaultKind, setup: Setup): boolean {
  switch (kind) {
    case 'queue-killed':
    case 'queue-emptied':
    case 'queue-replaced':
      return setup.queue === 'redis';
    case 'queue-cut':
      return setup.queue !== 'embedded';
    case 'disk-full':
      return setup.ledger === 'sqlite';
    case 'ledger-cut':
      return setup.ledger === 'postgres';
    default:
      return true;
  }
}
