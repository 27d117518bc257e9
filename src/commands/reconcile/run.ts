/** One run, from its options to its report. */

import pino from 'pino';
import { type Config, loadConfig } from '../../config.ts';
import { BridgeError } from '../../domain/bridge-error.ts';
import { maskCitizenIds } from '../../domain/citizen-id.ts';
import { reconciliationJson } from '../../http/reconciliation-json.ts';
import { makeLog } from '../../log.ts';
import { type OpenNight, openNight } from '../../main.ts';
import type { Reconciliation } from '../../service/ports/reconciliations.ts';
import { atKeyboard } from '../user.ts';
import { readDay } from './day.ts';
import { openProgress } from './progress.ts';
import { type Form, report } from './report.ts';

export interface RunNightOptions extends Form {
  config: string;
  site?: string;
  date: string;
  dryRun: boolean;
  resume: boolean;
}

/** True when every visit is accounted for and the sum agrees. */
export async function runNight(options: RunNightOptions, signal: AbortSignal): Promise<boolean> {
  const day = readDay(options.date, Date.now());
  if ('wrong' in day) throw new BridgeError('bad-input', `--date: ${day.wrong}`, { retry: 'no' });
  const config = loadConfig(options.config, process.env);
  const hcode = siteOf(config, options.site);
  return withNight(config, async ({ reconcile, ledger }) => {
    const progress = await openProgress(`${hcode} ${day.date}`);
    let run: Reconciliation;
    try {
      run = await reconcile.run({
        ...{ hcode, serviceDate: day.date, startedBy: atKeyboard(), signal },
        ...{ dryRun: options.dryRun, resume: options.resume },
        onProgress: ({ done, total }) => progress.show(done, total),
      });
    } finally {
      progress.end();
    }
    await report(ledger, run, options);
    const isWhole = run.state === 'finished' && reconciliationJson(run).agrees === true;
    if (!isWhole) tellWhatIsLeft(run, options);
    return isWhole;
  });
}

export async function withNight<T>(config: Config, work: (night: OpenNight) => Promise<T>): Promise<T> {
  // what the run has to say is its report; the log holds what went wrong inside
  const log = makeLog({ level: 'error', destination: pino.destination({ fd: 2, sync: true }) });
  const night = await openNight(config, { log });
  try {
    return await work(night);
  } finally {
    await night.close();
  }
}

function tellWhatIsLeft(run: Reconciliation, { config, dryRun }: RunNightOptions): void {
  const dry = dryRun ? ' --dry-run' : '';
  const same = `npm run reconcile -- --config ${config} --site ${run.hcode} --date ${run.serviceDate}${dry} --resume`;
  console.error(
    `\nauthen-bridge: the run did not come to its end: ${maskCitizenIds(run.trouble ?? run.state)}`,
  );
  console.error(`  → Go on with it: ${same}`);
}

function siteOf({ sites }: Config, wanted: string | undefined): string {
  const all = sites.map(({ hcode }) => hcode);
  const [only] = all;
  if (wanted === undefined && only !== undefined && all.length === 1) return only;
  if (wanted !== undefined && all.includes(wanted)) return wanted;
  throw new BridgeError('bad-input', `--site: expected one of ${all.join(', ')}`, { retry: 'no' });
}
