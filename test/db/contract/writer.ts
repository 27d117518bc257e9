/**
 * A process that writes to a ledger until it is done or killed: `node writer.ts <store> <hcode> <commits>`. It tells
 * each commit on a line of its own, after it was answered: `<vn> <version>`. Several writers may share the cases; one that
 * comes too late reads the case again. Every commit sets a step, so a case's step_seq is its version.
 */

import { openLedger } from '../../../db/open-ledger.ts';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import { changed, created } from './changes.ts';

/** Commits that are under way at a time, each on a case of its own. */
const WRITERS = 8;

const [store = '', hcode = '', commits = '0'] = process.argv.slice(2);
const ledger = await openLedger(store);
await ledger.migrate();
await Promise.all(Array.from({ length: WRITERS }, (_, n) => write(ledger, `vn-${n}`, Number(commits))));
await ledger.close();

async function write(to: Ledger, vn: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const before = await to.case({ hcode, vn });
    const step = { nextStep: 'draft' as const, stepSeq: (before?.version ?? 0) + 1 };
    const change = before === null ? created({ hcode, vn, ...step }) : changed(before, step);
    try {
      await to.commit([change]);
      process.stdout.write(`${vn} ${change.next.version}\n`);
      done++;
    } catch (error) {
      if (!isBridgeError(error, 'conflict')) throw error;
    }
  }
}
