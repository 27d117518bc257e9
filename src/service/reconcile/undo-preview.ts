/** What an undo would do, as the HIS shows its rows now; nothing is changed. */

import { BridgeError } from '../../domain/bridge-error.ts';
import { isSameCode } from '../../domain/reconcile/shown.ts';
import type { HisAdapter } from '../ports/his.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Reconciliation, ReconciliationItem } from '../ports/reconciliations.ts';
import { everyItem } from './items.ts';
import type { Undone, UndoOutcome, UndoReport } from './undo.ts';

/** Throws BridgeError `bad-input` (a dry run), and what the HIS throws. */
export async function previewUndo(
  ledger: Pick<Ledger, 'reconciliations'>,
  his: Pick<HisAdapter, 'visit'>,
  run: Reconciliation,
): Promise<UndoReport> {
  if (run.dryRun) throw wroteNothing(run.id);
  const visits: Undone[] = [];
  for await (const item of everyItem(ledger, run.id)) {
    const { vn, claimCode, written } = item;
    if (written === null || claimCode === null) continue;
    visits.push({ vn, claimCode, outcome: await wouldBe(his, item, claimCode) });
  }
  return { run: run.id, hcode: run.hcode, serviceDate: run.serviceDate, visits };
}

async function wouldBe(
  his: Pick<HisAdapter, 'visit'>,
  { vn, undoneAt }: ReconciliationItem,
  claimCode: string,
): Promise<UndoOutcome> {
  if (undoneAt !== null) return 'done-before';
  const code = (await his.visit(vn))?.code ?? null;
  if (code === null) return 'gone';
  return isSameCode(code, claimCode) ? 'put-back' : 'stays';
}

function wroteNothing(id: string): BridgeError {
  return new BridgeError('bad-input', `${id} was a dry run: it wrote nothing`, { retry: 'no' });
}
