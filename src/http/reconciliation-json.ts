/** From a run of the ledger to what the API shows of it. */

import { bangkokIso, type Instant } from '../domain/bangkok.ts';
import { maskCitizenId, maskCitizenIds, parseCitizenId } from '../domain/citizen-id.ts';
import { outcomeText } from '../domain/outcome-text.ts';
import { stateText } from '../domain/reason-text.ts';
import { OUTCOMES, type Outcome } from '../domain/reconcile.ts';
import type { Reconciliation, ReconciliationItem } from '../service/ports/reconciliations.ts';
import type { ReconciliationItemJson, ReconciliationJson } from './schemas/reconciliation.ts';

export function reconciliationJson(run: Reconciliation): ReconciliationJson {
  const counts = Object.fromEntries(OUTCOMES.map((o) => [o, run.counts[o] ?? 0])) as Record<Outcome, number>;
  const sum = Object.values(counts).reduce((a, b) => a + b, 0);
  return {
    id: run.id,
    hcode: run.hcode,
    serviceDate: run.serviceDate,
    dryRun: run.dryRun,
    startedBy: maskCitizenIds(run.startedBy),
    startedAt: bangkokIso(run.startedAt),
    finishedAt: isoOrNull(run.finishedAt),
    state: run.state,
    trouble: maskedOrNull(run.trouble),
    counts,
    sum,
    hisCount: run.hisCount,
    agrees: agrees(run, sum),
    calls: run.calls,
  };
}

/**
 * A run that has come to its end has held the two against each other itself: a row whose date cannot be read is a visit of the
 * day that its number names, but one that the HIS counts on no day.
 */
function agrees({ state, hisCount }: Reconciliation, sum: number): boolean | null {
  if (hisCount === null) return null;
  return state === 'finished' ? sum >= hisCount : sum === hisCount;
}

export function reconciliationItemJson(
  item: ReconciliationItem,
  { dryRun }: Pick<Reconciliation, 'dryRun'>,
): ReconciliationItemJson {
  const { vn, outcome, state, claimType, source, written } = item;
  return {
    vn,
    hn: withoutCitizenId(item.hn),
    outcome,
    outcomeText: outcomeText(outcome, { dryRun, undone: item.undoneAt !== null }),
    state,
    stateText: stateText(state),
    claimCode: withoutCitizenId(item.claimCode),
    claimType,
    source,
    detail: maskedOrNull(item.detail),
    candidates: item.candidates.map((found) => ({
      ...found,
      claimCode: withoutCitizenId(found.claimCode),
      misfits: [...found.misfits],
      issuedAt: isoOrNull(found.issuedAt),
    })),
    written:
      written === null ? null : { row: { ...written.row }, previous: withoutCitizenId(written.previous) },
    undoneAt: isoOrNull(item.undoneAt),
    decidedAt: bangkokIso(item.decidedAt),
  };
}

/** Some hospitals use the citizen id as hn, and a clerk may have typed one where the code belongs: no report shows it whole. */
export function withoutCitizenId<T extends string | null>(text: T): T | string {
  const pid = parseCitizenId(text);
  return pid === null ? text : maskCitizenId(pid);
}

function maskedOrNull(text: string | null): string | null {
  return text === null ? null : maskCitizenIds(text);
}

function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : bangkokIso(at);
}
