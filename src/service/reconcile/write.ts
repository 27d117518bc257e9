/** Writes a found code back at once, by the step that every code goes through, and says what became of it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isBridgeError } from '../../domain/bridge-error.ts';
import type { Case } from '../../domain/case.ts';
import { reasonText } from '../../domain/reason-text.ts';
import { toCandidate } from '../../domain/reconcile/shown.ts';
import type { Outcome } from '../../domain/reconcile.ts';
import type { CaseKey } from '../ports/ledger.ts';
import type { ReconciliationItem } from '../ports/reconciliations.ts';
import type { House } from '../site.ts';
import { writeBackStep } from '../steps/write-back.ts';
import type { NightTools } from './tools.ts';

/** The HIS that does not answer is tried again after so long, ms. */
const AGAIN_MS = [500, 2_000, 5_000];

/** What a run did for a visit whose code it has. */
export interface Wrote {
  state: Case['state'];
  outcome: Outcome;
  detail: string | null;
  candidates: ReconciliationItem['candidates'];
  written: ReconciliationItem['written'];
}

/**
 * The write-back of a case that holds a code. Throws what the HIS throws when it stays away: the case keeps the code, and
 * the bridge goes on trying.
 */
export async function writeBackNow(tools: NightTools, current: Case): Promise<Wrote> {
  const step = writeBackStep(tools);
  const { hcode, vn, serviceDate } = current;
  for (let attempt = 0; ; attempt++) {
    const latest = await tools.house.ledger.case(current);
    if (latest?.nextStep !== 'write-back') break;
    try {
      await step(
        { step: 'write-back', hcode, vn, stepSeq: latest.stepSeq, serviceDate },
        { attempt: attempt + 1, isLast: false, isTakenOver: false },
      );
      break;
    } catch (error) {
      const wait = AGAIN_MS[attempt];
      if (!isBridgeError(error) || error.retry !== 'yes' || wait === undefined) throw error;
      await sleep(wait);
    }
  }
  return whatBecameOf(tools.house, current);
}

/** From the ledger alone, so that a run which was killed after its writing says the same when it is resumed. */
async function whatBecameOf(
  { ledger }: Pick<House, 'ledger'>,
  key: CaseKey & { version: number },
): Promise<Wrote> {
  const now = await ledger.case(key);
  if (now === null) throw new TypeError(`no case ${key.vn}`);
  const { state, code } = now;
  const base = { state, detail: null, candidates: [], written: null };
  if (state === 'written') {
    const lines = await ledger.history(key);
    const last = lines.findLast((l) => l.event === 'code-written' || l.event === 'code-already-in-his');
    const written = last === undefined ? null : rowOf(last.detail);
    const detail = written === null ? 'the HIS held this very code when it was to be written' : null;
    return { ...base, outcome: 'found', detail, written };
  }
  const detail = now.reason === null ? null : reasonText(now.reason).en;
  if (now.visitGone) return { ...base, outcome: 'not-required', detail };
  const held = code === null ? [] : [toCandidate({ ...code, pid: now.pid, hcode: now.hcode }, [], null)];
  const outcome = now.reason === 'his-holds-other-code' ? 'disagree' : 'ambiguous';
  return { ...base, outcome, detail, candidates: [...now.candidates, ...held] };
}

/** Also where an answer was lost, or the process died before it came, when the row shows whose writing it was. */
function rowOf(detail: Readonly<Record<string, unknown>>): ReconciliationItem['written'] {
  const { row, previous } = detail as Partial<NonNullable<ReconciliationItem['written']>>;
  return row === undefined ? null : { row, previous: previous ?? null };
}
