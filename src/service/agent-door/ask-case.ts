/**
 * A client's confirm for a visit that is there: its case holds the ask, as when the bridge asks by itself. The same marks,
 * the same judgement of the answer, the same look-ups afterwards; only the request is the client's.
 */

import { matchCode } from '../../domain/authen-code.ts';
import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import type { Case } from '../../domain/case.ts';
import { fitsAsk } from '../../domain/door-ask.ts';
import {
  askedThroughDoor,
  type BeforeDoor,
  beforeDoor,
  doorNotSent,
  doorRefused,
  isOpenToDoor,
} from '../../domain/machine/door.ts';
import { answerLost, refused } from '../../domain/machine/obtain.ts';
import { mayHaveBeenAsked, seekFirst } from '../../domain/machine/restored.ts';
import { firstLookup, recoverAfter, SEND_WITHIN_MS } from '../ask-times.ts';
import { take } from '../steps/confirm.ts';
import { nhsoMessage } from '../steps/draft.ts';
import { holdersOf, judge, shownByNhso } from '../steps/lookup.ts';
import { beginStep, commitCode, type StepWork } from '../steps/step.ts';
import { updateCase } from '../update.ts';
import { codeAnswer } from './answers.ts';
import { type End, heldUp, type Wish } from './end.ts';
import type { ClientRequest } from './request.ts';
import { type Sent, sendConfirm } from './send.ts';
import type { Counter, DoorTools } from './tools.ts';

interface Announced {
  asked: Case;
  before: BeforeDoor;
  work: StepWork;
}

/** `request` is whole: its case may hold it. */
export async function askOnCase(
  tools: DoorTools,
  counter: Counter,
  { request, isStillWanted }: Wish,
  target: Case,
): Promise<End> {
  const { line, station, actor } = counter;
  const { clock } = tools.house;
  const tried = await line.turn(station, 'somebody-waits', async () => {
    // the turn may have come late
    const announced = isStillWanted() ? await announce(tools, counter, request, target) : null;
    if (announced === null) return null;
    const isLate = clock.now() - (announced.asked.askedAt ?? 0) > SEND_WITHIN_MS;
    return { announced, sent: isLate ? heldUp() : await sendConfirm(line, station.agent, request.body) };
  });
  if (tried === null) return { kind: 'moved' };
  const { announced, sent } = tried;
  const { asked, before, work } = announced;
  if (sent.fault === null) {
    await take(tools, work, sent.receipt, asked);
    return answersIt(sent.receipt, asked)
      ? { kind: 'answered', answer: sent.answer }
      : { kind: 'lost', answer: null, error: unclear() };
  }
  const { fault, answer } = sent;
  if (fault.code === 'nhso-refused' && answer !== null) {
    return afterRefusal(tools, counter, { announced, request, fault, answer });
  }
  if (fault.retry === 'yes') {
    await work.commit(async (c) =>
      doorNotSent(c, before, await work.grounds(c), fault.message, { actor, at: clock.now() }),
    );
    return answer === null ? { kind: 'unsent', error: fault } : { kind: 'answered', answer };
  }
  await work.commit((c) =>
    answerLost(c, fault.message, clock.now() + firstLookup(work.site.settings), clock.now()),
  );
  return { kind: 'lost', answer, error: fault };
}

/** Writes "about to send" into the case. Null when it must not be sent: somebody else asks, or it must be looked for first. */
async function announce(
  tools: DoorTools,
  { site, station, actor }: Counter,
  { pid, claimType, mobile, correlationId }: ClientRequest,
  target: Case,
): Promise<Announced | null> {
  const { house } = tools;
  // of the case as it was when the change that was committed was decided on
  const seen = { before: beforeDoor(target), isSought: false };
  try {
    const asked = await updateCase(house, target, (c) => {
      const at = house.clock.now();
      seen.before = beforeDoor(c);
      seen.isSought = mayHaveBeenAsked(c, tools.gap());
      if (seen.isSought) return isOpenToDoor(c) ? seekFirst(c, tools.gap(), at) : null;
      const request = { pid, claimType, mobile, correlationId: correlationId ?? '', stationId: station.id };
      const recoverAt = at + recoverAfter(site.settings);
      return askedThroughDoor(c, request, recoverAt, { actor, at });
    });
    tools.kick();
    if (asked === null || seen.isSought) return null;
    const { hcode, vn, stepSeq, serviceDate } = asked;
    const work = await beginStep(tools, { step: 'lookup', hcode, vn, stepSeq, serviceDate });
    return work === null ? null : { asked, before: seen.before, work };
  } catch (error) {
    if (isBridgeError(error, 'already-asked')) return null;
    throw error;
  }
}

interface Refusal {
  announced: Announced;
  request: ClientRequest;
  fault: BridgeError;
  answer: NonNullable<Sent['answer']>;
}

/** It may mean "already requested": the code is looked up, and the client gets it where exactly one fits. */
async function afterRefusal(
  tools: DoorTools,
  { line, actor }: Counter,
  { announced: { asked, before, work }, request, fault, answer }: Refusal,
): Promise<End> {
  const { clock } = tools.house;
  const words = nhsoMessage(fault);
  try {
    const codes = await shownByNhso(line, { pid: request.pid, stationId: asked.stationId }, 'somebody-waits');
    const match = await judge(tools, { ...asked, reason: 'refused' }, codes);
    const claimCode = match.kind === 'fits' ? match.code.claimCode : '';
    await commitCode(tools, work, claimCode, async (c, at) =>
      doorRefused(c, before, match, await work.grounds(c), words, { actor, at }),
    );
    const key = {
      hcode: asked.hcode,
      pid: request.pid,
      serviceDate: asked.serviceDate,
      claimType: request.claimType,
    };
    const holders = await holdersOf(tools.house, asked, codes);
    const fitting = matchCode(
      codes.filter((code) => fitsAsk(code, key)),
      { ...key, pid: asked.pid ?? ('' as never) },
      (code) => holders.get(code) ?? null,
    );
    if (fitting.kind !== 'fits') return { kind: 'refused', answer };
    return { kind: 'answered', answer: codeAnswer(request, fitting.code) };
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    // what NHSO has issued cannot be seen now: the case finds out as after a refusal of its own
    await work.commit((c) => refused(c, words, clock.now()));
    return { kind: 'refused', answer };
  }
}

/** NHSO's answer is to this very request, whatever becomes of the visit. */
function answersIt(
  { claimCode, pid, claimType, correlationId }: NonNullable<Sent['receipt']>,
  asked: Case,
): boolean {
  if (claimCode === null || pid !== asked.pid || claimType !== asked.claimType) return false;
  return correlationId === null || correlationId === asked.correlationId;
}

function unclear(): BridgeError {
  return new BridgeError('agent-bad-answer', 'NHSO did not answer this request', { retry: 'ask-first' });
}
