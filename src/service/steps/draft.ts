/** Draft: NHSO keeps what is to be claimed; no code is issued yet, so it may be sent again. */

import { isBridgeError } from '../../domain/bridge-error.ts';
import type { Case } from '../../domain/case.ts';
import { toStaff } from '../../domain/machine/facts.ts';
import { draftSaved, refused, sameDayAsked } from '../../domain/machine/obtain.ts';
import { mobileOf } from '../../domain/mobile.ts';
import { askedByClient } from '../agent-door/hand-over.ts';
import type { ReadOrigin } from '../counters.ts';
import type { NhsoLine } from '../nhso-line.ts';
import type { ClaimRequest, DraftReceipt } from '../ports/nhso-agent.ts';
import type { StepHandler } from '../ports/work-queue.ts';
import { beginStep, leaveToCarrier, mayCallNhso, noteAndRethrow, type StepTools, vnAt } from './step.ts';

export function draftStep(tools: StepTools): StepHandler {
  const { house } = tools;
  return async (job) => {
    const work = await beginStep(tools, job);
    if (work === null || !(await mayCallNhso(tools, work, true))) return;
    const { current } = work;

    if (await askedByClient(tools, current)) return;
    const other = await otherAsker(tools, current);
    if (other !== null) {
      await work.commit((c) => sameDayAsked(c, other, house.clock.now()));
      return;
    }
    const line = tools.line(job.hcode);
    await leaveToCarrier(tools, work, line.counters.forDraft(readOf(current)));
    let receipt: DraftReceipt;
    try {
      receipt = await saveDraft(line, current);
    } catch (error) {
      if (isBridgeError(error, 'nhso-refused')) {
        await work.commit((c) => refused(c, nhsoMessage(error), house.clock.now()));
        return;
      }
      return noteAndRethrow(tools, work, error);
    }
    const at = house.clock.now();
    if (receipt.pid !== null && receipt.pid !== current.pid) {
      await work.commit((c) => toStaff(c, 'person-mismatch', null, { event: 'person-mismatch', at }));
      return;
    }
    await work.commit((c) => draftSaved(c, at));
  };
}

/**
 * At the counter that made the read; while its agent is away, at another. Whether NHSO takes a correlation id from another
 * agent of the hospital is not known, so a refusal there is none of the patient's: the case waits for its own counter.
 */
async function saveDraft(line: NhsoLine, current: Case): Promise<DraftReceipt> {
  const request = claimRequest(current);
  const read = readOf(current);
  const own = line.counters.station(current.stationId);
  let isRefusedElsewhere = false;
  let unreachable: unknown;
  for (const station of line.counters.forDraft(read)) {
    if (isRefusedElsewhere && station !== own) continue;
    try {
      const receipt = await line.turn(station, 'today-only', () =>
        line.askWhileUp('saveAsDraft', () => station.agent.saveAsDraft(request)),
      );
      line.counters.noteDraft(read, station, 'taken');
      return receipt;
    } catch (error) {
      if (isBridgeError(error, 'agent-unreachable')) {
        unreachable = error;
        line.counters.noteAway(station);
      } else if (station === own || !isBridgeError(error, 'nhso-refused')) throw error;
      else {
        isRefusedElsewhere = true;
        line.counters.noteDraft(read, station, 'refused');
      }
    }
  }
  throw unreachable;
}

/**
 * The visit number of another case that has asked for the same person, day and claim type, or that holds the code which a
 * client of the agent API was issued for them.
 */
export async function otherAsker({ house }: StepTools, current: Case): Promise<string | null> {
  const { hcode, pid, serviceDate, claimType } = current;
  if (pid === null || claimType === null) return null;
  const { ledger } = house;
  const asker = await ledger.askerOf(hcode, pid, serviceDate, claimType);
  if (asker !== null) return asker.vn === current.vn ? null : asker.vn;
  const ask = await ledger.doorAsks.find({ hcode, pid, serviceDate, claimType });
  const isIssued = ask?.state === 'issued' || ask?.state === 'held';
  if (!isIssued || ask.claimCode === null) return null;
  return vnAt(hcode, await ledger.holderOfCode(ask.claimCode));
}

export function readOf({ correlationId, stationId }: Case): ReadOrigin {
  return { correlationId: correlationId ?? '', stationId };
}

/** The body of draft and confirm. A case without one of its parts never gets here: `assess` sees to that. */
export function claimRequest(current: Case): ClaimRequest {
  const mobile = mobileOf(current)?.mobile ?? null;
  const { pid, claimType, correlationId, hn, hcode } = current;
  if (pid === null || claimType === null || correlationId === null || mobile === null) {
    throw new TypeError('a case is ready only with person, claim type, correlation id and mobile');
  }
  return { pid, claimType, mobile, correlationId, hn, hcode };
}

export function nhsoMessage(error: { message: string; detail: Readonly<Record<string, unknown>> }): string {
  return typeof error.detail.nhsoMessage === 'string' ? error.detail.nhsoMessage : error.message;
}
