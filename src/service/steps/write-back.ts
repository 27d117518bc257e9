/** Write-back: the code goes into the HIS, into an empty column of one row, and is read back. */

import { isBridgeError } from '../../domain/bridge-error.ts';
import { waitForHis, writeBackRefused, writtenBack } from '../../domain/machine/write-back.ts';
import type { WriteBackOutcome } from '../ports/his.ts';
import type { StepHandler } from '../ports/work-queue.ts';
import { beginStep, type StepTools } from './step.ts';

export function writeBackStep(tools: StepTools): StepHandler {
  const { clock, metrics } = tools.house;
  return async (job) => {
    const work = await beginStep(tools, job);
    const code = work?.current.code ?? null;
    if (work === null || code === null) return;
    const { current, site } = work;
    let outcome: WriteBackOutcome;
    try {
      const { claimCode, claimType, issuedAt } = code;
      outcome = await site.his.writeBack({ vn: current.vn, claimCode, claimType, issuedAt });
    } catch (error) {
      if (!isBridgeError(error)) throw error;
      metrics.count('write-backs', { site: site.hcode, outcome: error.code });
      if (error.retry === 'no') {
        await work.commit((c) => writeBackRefused(c, error.message, clock.now()));
        return;
      }
      await work.commit((c) => waitForHis(c, error.message, clock.now()));
      throw error;
    }
    metrics.count('write-backs', { site: site.hcode, outcome: outcome.kind });
    const changed = await work.commit((c) => writtenBack(c, outcome, clock.now()));
    if (changed?.state === 'written') {
      const since = Math.max(changed.visit.startedAt, changed.readAt ?? 0);
      metrics.observe('code-written', Math.max(0, clock.now() - since) / 1000, { site: site.hcode });
    }
  };
}
