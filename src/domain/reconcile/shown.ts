/** Codes as the night's sources show them: one code told by several sources becomes one, and what they disagree on counts for nothing. */

import type { Candidate, IssuedCode, Misfit } from '../authen-code.ts';
import { type Instant, serviceDateOf } from '../bangkok.ts';

/** Where the night learns of a code. */
export const CODE_ORIGINS = ['authen-status', 'agent', 'report', 'ledger'] as const;
export type CodeOrigin = (typeof CODE_ORIGINS)[number];

export interface ShownCode extends IssuedCode {
  source: CodeOrigin;
}

/** One code, whoever told it. A fact that its sources contradict each other on is as good as not told: it agrees with nothing. */
export interface SeenCode extends ShownCode {
  /** The earliest time told, as `issuedAt`, and the latest: the agent's clock and the report's columns may differ. */
  lastIssuedAt: Instant | null;
}

/** A clerk may have typed small letters, or a blank: the same code for whoever looks. */
export function codeKey(claimCode: string): string {
  return claimCode.trim().toUpperCase();
}

export function isSameCode(a: string, b: string): boolean {
  return codeKey(a) === codeKey(b);
}

/** Each code once, in an order that does not depend on who was asked first. */
export function mergeShown(shown: readonly ShownCode[]): SeenCode[] {
  const byKey = Map.groupBy(shown, (code) => codeKey(code.claimCode));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tellings]) => merge(tellings));
}

function merge(tellings: readonly ShownCode[]): SeenCode {
  const spelling = tellings.map((t) => t.claimCode).sort()[0] ?? '';
  const sources = tellings.map((t) => t.source);
  const times = tellings.flatMap((t) => t.issuedAt ?? []);
  const isOneDay = new Set(times.map(serviceDateOf)).size === 1;
  return {
    claimCode: spelling,
    claimType: agreed(tellings.map((t) => t.claimType)),
    hcode: agreed(tellings.map((t) => t.hcode)),
    pid: agreed(tellings.map((t) => t.pid)),
    issuedAt: isOneDay ? Math.min(...times) : null,
    lastIssuedAt: isOneDay ? Math.max(...times) : null,
    source: CODE_ORIGINS.find((origin) => sources.includes(origin)) ?? 'ledger',
  };
}

/** What is told, when all that tell it tell the same; null otherwise. */
function agreed(told: readonly (string | null)[]): string | null {
  const different = new Set(told.filter((value) => value !== null));
  const [only] = different;
  return different.size === 1 ? (only ?? null) : null;
}

export function toCandidate(code: IssuedCode, misfits: readonly Misfit[], heldBy: string | null): Candidate {
  const { claimCode, claimType, hcode, issuedAt } = code;
  return { claimCode, claimType, hcode, issuedAt, misfits, heldBy };
}
