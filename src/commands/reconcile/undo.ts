/** Takes back what a run wrote, or says what would be taken back. */

import { loadConfig } from '../../config.ts';
import { BridgeError } from '../../domain/bridge-error.ts';
import { noSuchRun } from '../../service/reconcile/runner.ts';
import type { UndoOutcome, UndoReport } from '../../service/reconcile/undo.ts';
import { previewUndo } from '../../service/reconcile/undo-preview.ts';
import { inWidth } from '../text-width.ts';
import { atKeyboard } from '../user.ts';
import { withNight } from './run.ts';

const DONE: Record<UndoOutcome, string> = {
  'put-back': 'put back: the row holds its old value again',
  stays: 'STAYS: somebody has changed the row since',
  gone: 'the row held the code no longer',
  'done-before': 'was put back before',
};
const WOULD_BE: Record<UndoOutcome, string> = {
  ...DONE,
  'put-back': 'would be put back',
  stays: 'WOULD STAY: somebody has changed the row since',
  gone: 'the row holds the code no longer',
};

/** True when nothing of what the run wrote stays. */
export async function undoNight(
  id: string,
  { config: file, dryRun }: { config: string; dryRun: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  return withNight(loadConfig(file, process.env), async ({ reconcile, ledger, sites }) => {
    const run = await ledger.reconciliations.run(id);
    if (run === null) throw noSuchRun(id);
    const site = sites.get(run.hcode);
    if (site === undefined) {
      throw new BridgeError('not-found', `no site ${run.hcode} is configured`, { retry: 'no' });
    }
    const undone = dryRun
      ? await previewUndo(ledger, site.his, run)
      : await reconcile.undo(id, atKeyboard(), signal);
    for (const line of linesOf(undone, dryRun)) console.log(line);
    return undone.visits.every(({ outcome }) => outcome !== 'stays');
  });
}

function linesOf({ run, visits }: UndoReport, dryRun: boolean): string[] {
  const words = dryRun ? WOULD_BE : DONE;
  const counts = Map.groupBy(visits, ({ outcome }) => outcome);
  const sum = [...counts].map(([outcome, some]) => `${some.length} ${outcome}`).join(', ');
  const head = dryRun ? `Undo of ${run}, a dry run: nothing is changed` : `Undo of ${run}`;
  return [
    head,
    ...visits.map(
      ({ vn, claimCode, outcome }) => `${inWidth(vn, 16)} ${inWidth(claimCode, 20)} ${words[outcome]}`,
    ),
    visits.length === 0 ? 'The run wrote nothing into the HIS.' : sum,
  ];
}
