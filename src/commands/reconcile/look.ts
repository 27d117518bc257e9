/** Earlier runs: the list, and one shown again. Only the ledger is opened, so that it works while the HIS is away. */

import { openLedger } from '../../../db/open-ledger.ts';
import { loadConfig } from '../../config.ts';
import { bangkokIso } from '../../domain/bangkok.ts';
import { BridgeError } from '../../domain/bridge-error.ts';
import { OUTCOMES } from '../../domain/reconcile.ts';
import { reconciliationJson } from '../../http/reconciliation-json.ts';
import type { Ledger } from '../../service/ports/ledger.ts';
import type { Reconciliation } from '../../service/ports/reconciliations.ts';
import { noSuchRun } from '../../service/reconcile/runner.ts';
import { inWidth, widthOf } from '../text-width.ts';
import { type Form, report } from './report.ts';

const MOST = 500;

export async function listNights({
  config,
  site,
  limit,
}: {
  config: string;
  site?: string;
  limit: string;
}): Promise<void> {
  const most = /^\d{1,3}$/.test(limit) ? Number(limit) : 0;
  if (most < 1 || most > MOST) {
    throw new BridgeError('bad-input', `--limit: expected a number from 1 to ${MOST}`, { retry: 'no' });
  }
  await withLedger(config, async ({ reconciliations }) => {
    const filter = site === undefined ? {} : { hcode: site };
    const { items, next } = await reconciliations.list(filter, { limit: most });
    if (items.length === 0)
      console.log('No runs yet. The first: npm run reconcile -- --date yesterday --dry-run');
    else console.log(row(['run', 'started', 'by', 'state', 'visits', 'what was said']));
    for (const run of items) console.log(row(cellsOf(run)));
    if (next !== null) console.log(`Older ones: --limit ${Math.min(MOST, most * 5)}`);
  });
}

export async function showNight(id: string, { config, ...form }: { config: string } & Form): Promise<void> {
  await withLedger(config, async (ledger) => {
    const run = await ledger.reconciliations.run(id);
    if (run === null) throw noSuchRun(id);
    await report(ledger, run, form);
  });
}

const WIDTHS = [25, 16, 16, 8, 13];

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => inWidth(cell, WIDTHS[i] ?? widthOf(cell)))
    .join(' ')
    .trimEnd();
}

function cellsOf(run: Reconciliation): string[] {
  const { sum, hisCount, agrees, startedBy } = reconciliationJson(run);
  const said = OUTCOMES.filter((outcome) => (run.counts[outcome] ?? 0) > 0).map(
    (outcome) => `${run.counts[outcome]} ${outcome}`,
  );
  const visits = hisCount === null ? `${sum}` : `${sum}${agrees === true ? ' =' : ' of'} ${hisCount}`;
  return [
    run.id,
    bangkokIso(run.startedAt).slice(0, 16).replace('T', ' '),
    startedBy,
    run.state,
    visits,
    [...(run.dryRun ? ['dry run'] : []), ...said].join(', '),
  ];
}

async function withLedger(config: string, work: (ledger: Ledger) => Promise<void>): Promise<void> {
  const ledger = await openLedger(loadConfig(config, process.env).store);
  try {
    await ledger.migrate();
    await work(ledger);
  } finally {
    await ledger.close();
  }
}
