/** Takes back what a run wrote into the HIS, only where the HIS still holds it. */

import type { ServiceDate } from '../../domain/bangkok.ts';
import { BridgeError } from '../../domain/bridge-error.ts';
import { writeBackUndone } from '../../domain/machine/reconcile.ts';
import type { Reconciliation, ReconciliationItem } from '../ports/reconciliations.ts';
import type { Site } from '../site.ts';
import { updateCase } from '../update.ts';
import { everyItem } from './items.ts';
import type { NightTools } from './tools.ts';

/**
 * - `put-back`: the row holds its old value again;
 * - `stays`: somebody has changed the row since; nothing was done;
 * - `gone`: the row holds no code any more, or the visit is gone;
 * - `done-before`: an earlier undo has put it back.
 */
export type UndoOutcome = 'put-back' | 'stays' | 'gone' | 'done-before';

export interface Undone {
  vn: string;
  claimCode: string;
  outcome: UndoOutcome;
}

export interface UndoReport {
  run: string;
  hcode: string;
  serviceDate: ServiceDate;
  visits: readonly Undone[];
}

export async function undoRun(
  tools: NightTools,
  site: Site,
  run: Reconciliation,
  actor: string,
  signal: AbortSignal,
): Promise<UndoReport> {
  if (run.dryRun) {
    throw new BridgeError('bad-input', `${run.id} was a dry run: it wrote nothing`, { retry: 'no' });
  }
  const { ledger, clock } = tools.house;
  const visits: Undone[] = [];
  for await (const item of everyItem(ledger, run.id)) {
    if (item.written === null || item.claimCode === null) continue;
    signal.throwIfAborted();
    const { vn, claimCode } = item;
    visits.push({ vn, claimCode, outcome: await undoItem(tools, site, run, item, actor) });
  }
  const stayed = visits.filter((v) => v.outcome === 'stays').length;
  const trouble =
    stayed === 0 ? null : `${stayed} of ${visits.length} stayed: their rows were changed after the run`;
  const { hisCount } = run;
  const end = { state: 'undone', trouble, hisCount, finishedAt: clock.now() } as const;
  await ledger.reconciliations.close(run.id, end);
  return { run: run.id, hcode: run.hcode, serviceDate: run.serviceDate, visits };
}

async function undoItem(
  { house, kick }: NightTools,
  site: Site,
  run: Reconciliation,
  item: ReconciliationItem,
  actor: string,
): Promise<UndoOutcome> {
  const { vn, claimCode, written } = item;
  if (claimCode === null || written === null) throw new TypeError('this item wrote nothing');
  if (item.undoneAt !== null) return 'done-before';
  const isPutBack = await site.his.undoWriteBack({ claimCode, ...written });
  const outcome = isPutBack ? 'put-back' : await standing(site, vn);
  if (outcome === 'stays') return outcome;
  const now = house.clock.now();
  // also when the code was taken out before, by an undo that was killed or by a clerk: it must not come back by itself
  const changed = await updateCase(house, { hcode: run.hcode, vn }, (c) =>
    writeBackUndone(c, claimCode, { at: now, actor, detail: { run: run.id } }),
  );
  if (changed !== null) kick();
  const undone = { ...item, undoneAt: now, state: changed?.state ?? item.state };
  await house.ledger.reconciliations.putItems(run.id, [undone], 0);
  return outcome;
}

async function standing(site: Site, vn: string): Promise<'stays' | 'gone'> {
  const visit = await site.his.visit(vn);
  return visit?.code == null ? 'gone' : 'stays';
}
