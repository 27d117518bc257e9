/**
 * Confirm: NHSO issues the code. Rule 1, ask once: that it is about to be sent stands in the ledger before it is sent,
 * under a unique index on hospital, person, day and claim type; whatever happens then, a look-up comes before another.
 */

import { isBridgeError } from '../../domain/bridge-error.ts';
import type { Case } from '../../domain/case.ts';
import {
  answerLost,
  codeCameLate,
  codeIssued,
  confirmNotSent,
  confirmSending,
  refused,
  sameDayAsked,
} from '../../domain/machine/obtain.ts';
import { askedByClient, refuseAskedAhead } from '../agent-door/hand-over.ts';
import { keepForItsDay } from '../agent-door/other-day.ts';
import { firstLookup, recoverAfter, SEND_WITHIN_MS } from '../ask-times.ts';
import type { ConfirmReceipt } from '../ports/nhso-agent.ts';
import type { StepHandler } from '../ports/work-queue.ts';
import type { Station } from '../site.ts';
import { updateCase } from '../update.ts';
import { claimRequest, nhsoMessage, otherAsker, readOf } from './draft.ts';
import { adoptIfShown } from './lookup.ts';
import { beginStep, commitCode, leaveToCarrier, mayCallNhso, type StepTools, type StepWork } from './step.ts';

/** Until a confirm that was certainly not sent is tried again, ms. */
const RETRY_AFTER_MS = 15_000;

export function confirmStep(tools: StepTools): StepHandler {
  return async (job, { isTakenOver }) => {
    const work = await beginStep(tools, job);
    if (work === null && isTakenOver) await adoptIfShown(tools, { ...job, stepSeq: job.stepSeq + 1 });
    if (work === null || !(await mayCallNhso(tools, work, true))) return;
    const line = tools.line(job.hcode);
    const station = line.counters.forConfirm(readOf(work.current));
    const leave = async (): Promise<void> => {
      if (!line.counters.hasAnother(readOf(work.current), station))
        await leaveToCarrier(tools, work, [station]);
    };
    await leave();
    await line.turn(station, 'today-only', async () => {
      // the turn may have come late: look again, as NHSO or the line may have gone or the day ended meanwhile
      if (!(await mayCallNhso(tools, work, true))) return;
      await leave();
      const asked = await announce(tools, work);
      if (asked !== null) await send(tools, work, station, asked);
    });
  };
}

/** Writes "about to send" into the ledger. Null when it must not be sent. */
async function announce(tools: StepTools, work: StepWork): Promise<Case | null> {
  const { clock } = tools.house;
  const recoverMs = recoverAfter(work.site.settings);
  // the draft may be older than that clock
  await refuseAskedAhead(tools, work.current);
  try {
    return await work.commit((c) => confirmSending(c, clock.now() + recoverMs, clock.now()));
  } catch (error) {
    if (!isBridgeError(error, 'already-asked')) throw error;
    if (await askedByClient(tools, work.current)) return null;
    const other = (await otherAsker(tools, work.current)) ?? '';
    await work.commit((c) => sameDayAsked(c, other, clock.now()));
    return null;
  }
}

async function send(tools: StepTools, work: StepWork, station: Station, asked: Case): Promise<void> {
  const { clock } = tools.house;
  const line = tools.line(asked.hcode);
  if (clock.now() - (asked.askedAt ?? 0) > SEND_WITHIN_MS) {
    await work.commit(async (c) =>
      confirmNotSent(
        c,
        await work.grounds(c),
        'this process was held up',
        { step: 'confirm', dueAt: clock.now() },
        clock.now(),
      ),
    );
    return;
  }
  let receipt: ConfirmReceipt;
  try {
    receipt = await line.ask('confirmSave', () => station.agent.confirmSave(claimRequest(asked)));
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const isAway = error.code === 'agent-unreachable';
    if (isAway) line.counters.noteAway(station);
    await work.commit(async (c) => {
      const grounds = await work.grounds(c);
      const now = clock.now();
      if (error.code === 'nhso-refused') return refused(c, nhsoMessage(error), now);
      if (error.retry === 'yes') {
        // another counter must take the draft before it may be asked for the code
        const goesElsewhere = isAway && line.counters.hasAnother(readOf(asked), station);
        const again = goesElsewhere
          ? ({ step: 'draft', dueAt: now } as const)
          : ({ step: 'confirm', dueAt: now + RETRY_AFTER_MS } as const);
        return confirmNotSent(c, grounds, error.message, again, now);
      }
      return answerLost(c, error.message, now + firstLookup(work.site.settings), now);
    });
    return;
  }
  await take(tools, work, receipt, asked);
}

/** Judges NHSO's answer to the confirm that `asked` stands for, and commits what it means. */
export async function take(
  tools: StepTools,
  work: StepWork,
  receipt: ConfirmReceipt,
  asked: Case,
): Promise<void> {
  const { claimCode } = receipt;
  const lost = (why: string): Promise<unknown> =>
    work.commit((c) => {
      const now = tools.house.clock.now();
      return answerLost(c, why, now + firstLookup(work.site.settings), now);
    });
  if (claimCode === null) {
    await lost('NHSO answered without a code');
    return;
  }
  if (receipt.correlationId !== null && receipt.correlationId !== asked.correlationId) {
    await lost('NHSO answered for another request');
    return;
  }
  if (receipt.pid === null || receipt.claimType === null || receipt.createdAt === null) {
    await lost('NHSO answered without saying for whom, for what or when');
    return;
  }
  const { pid, claimType, createdAt } = receipt;
  const issued = { claimCode, claimType, pid, issuedAt: createdAt, hcode: asked.hcode };
  await keepForItsDay(tools, { ...asked, pid, claimType }, issued);
  const taken = await commitCode(tools, work, claimCode, (c, at) => codeIssued(c, issued, at));
  if (taken !== null) return;
  const { house } = tools;
  await updateCase(house, asked, (c) => codeCameLate(c, issued, house.clock.now()));
  tools.kick();
}
