/** A run of the reconciliation, one of its items, and their rows. */

import type { Selectable } from 'kysely';
import type { ServiceDate } from '../src/domain/bangkok.ts';
import type { CaseState } from '../src/domain/case.ts';
import type { Outcome } from '../src/domain/reconcile.ts';
import type { Reconciliation, ReconciliationItem } from '../src/service/ports/reconciliations.ts';
import { fromJson } from './json.ts';
import type { ReconciliationItemTable, ReconciliationTable } from './tables.ts';

type RunRow = Selectable<ReconciliationTable>;
type ItemRow = Selectable<ReconciliationItemTable>;

export function toRunRow(run: Reconciliation): RunRow {
  return {
    id: run.id,
    hcode: run.hcode,
    service_date: run.serviceDate,
    dry_run: run.dryRun ? 1 : 0,
    started_by: run.startedBy,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    state: run.state,
    trouble: run.trouble,
    his_count: run.hisCount,
    counts: null,
    calls: run.calls,
  };
}

/** `counts`: as its row has them, or as they were counted. */
export function fromRunRow(row: RunRow, counts: string | Reconciliation['counts']): Reconciliation {
  return {
    id: row.id,
    hcode: row.hcode,
    serviceDate: row.service_date as ServiceDate,
    dryRun: row.dry_run === 1,
    startedBy: row.started_by,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    state: row.state as Reconciliation['state'],
    trouble: row.trouble,
    hisCount: row.his_count,
    counts: typeof counts === 'string' ? fromJson(counts) : counts,
    calls: row.calls,
  };
}

export function toItemRow(run: string, item: ReconciliationItem): ItemRow {
  return {
    run,
    vn: item.vn,
    hn: item.hn,
    outcome: item.outcome,
    state: item.state,
    claim_code: item.claimCode,
    claim_type: item.claimType,
    source: item.source,
    detail: item.detail,
    candidates: JSON.stringify(item.candidates),
    written: item.written === null ? null : JSON.stringify(item.written),
    undone_at: item.undoneAt,
    decided_at: item.decidedAt,
  };
}

export function fromItemRow(row: ItemRow): ReconciliationItem {
  return {
    vn: row.vn,
    hn: row.hn,
    outcome: row.outcome as Outcome,
    state: row.state as CaseState,
    claimCode: row.claim_code,
    claimType: row.claim_type,
    source: row.source,
    detail: row.detail,
    candidates: fromJson(row.candidates),
    written: row.written === null ? null : fromJson(row.written),
    undoneAt: row.undone_at,
    decidedAt: row.decided_at,
  };
}
