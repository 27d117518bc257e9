/** A client's confirm for a person without a visit that could hold it: the ask stands in a row of its own until a visit comes. */

import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import {
  type AskKey,
  askFreed,
  askLost,
  beginAsk,
  codeCameLateTo,
  codeIssuedTo,
  type DoorAsk,
} from '../../domain/door-ask.ts';
import { codeCameLate } from '../../domain/machine/obtain.ts';
import { firstLookup, recoverAfter, SEND_WITHIN_MS } from '../ask-times.ts';
import { nhsoMessage } from '../steps/draft.ts';
import { shownByNhso } from '../steps/lookup.ts';
import { updateCase } from '../update.ts';
import { codeAnswer } from './answers.ts';
import { type End, heldUp, type Wish } from './end.ts';
import { handOver } from './hand-over.ts';
import { matchOf } from './look-ups.ts';
import { keepForItsDay } from './other-day.ts';
import type { ClientRequest } from './request.ts';
import { type Sent, sendConfirm } from './send.ts';
import type { Counter, DoorTools } from './tools.ts';

const TRIES = 8;

export async function askOnRecord(
  tools: DoorTools,
  counter: Counter,
  { request, key, isStillWanted }: Wish,
): Promise<End> {
  const { line, station, site } = counter;
  const { clock } = tools.house;
  const tried = await line.turn(station, 'somebody-waits', async () => {
    // the turn may have come late
    const asked = isStillWanted() ? await announce(tools, counter, request, key) : null;
    if (asked === null) return null;
    const isLate = clock.now() - asked.askedAt > SEND_WITHIN_MS;
    return { asked, sent: isLate ? heldUp() : await sendConfirm(line, station.agent, request.body) };
  });
  if (tried === null) return { kind: 'moved' };
  const { asked, sent } = tried;
  if (sent.fault === null) return taken(tools, asked, request, sent);
  const { fault, answer } = sent;
  if (fault.code === 'nhso-refused' && answer !== null)
    return afterRefusal(tools, counter, { asked, request, fault, answer });
  if (fault.retry === 'yes') {
    await settle(tools, asked, (ask) => askFreed(ask, clock.now()));
    return answer === null ? { kind: 'unsent', error: fault } : { kind: 'answered', answer };
  }
  const lookAt = clock.now() + firstLookup(site.settings);
  await settle(tools, asked, (ask) => askLost(ask, lookAt, clock.now()));
  return { kind: 'lost', answer, error: fault };
}

/** Writes "about to send". Null when it must not be sent. */
async function announce(
  tools: DoorTools,
  { site, station, actor }: Counter,
  { correlationId }: ClientRequest,
  key: AskKey,
): Promise<DoorAsk | null> {
  const { ledger, clock } = tools.house;
  const at = clock.now();
  const recoverAt = at + recoverAfter(site.settings);
  const by = { actor, stationId: station.id, correlationId };
  const next = beginAsk(await ledger.doorAsks.find(key), key, by, { recoverAt, gap: tools.gap(), at });
  if (next === null) return null;
  try {
    const isOurs = await ledger.doorAsks.begin(next);
    return isOurs && next.state === 'asking' ? next : null;
  } catch (error) {
    if (isBridgeError(error, 'already-asked')) return null;
    throw error;
  }
}

async function taken(
  tools: DoorTools,
  asked: DoorAsk,
  request: ClientRequest,
  { receipt, answer }: Extract<Sent, { fault: null }>,
): Promise<End> {
  const { clock } = tools.house;
  const { claimCode, correlationId } = receipt;
  const isOther = correlationId !== null && correlationId !== request.correlationId;
  if (
    claimCode === null ||
    isOther ||
    receipt.pid !== request.pid ||
    receipt.claimType !== request.claimType
  ) {
    await settle(tools, asked, (ask) => askLost(ask, clock.now(), clock.now()));
    const error = new BridgeError('agent-bad-answer', 'NHSO did not answer this request', {
      retry: 'ask-first',
    });
    return { kind: 'lost', answer: null, error };
  }
  await keepCode(tools, asked, { claimCode, issuedAt: receipt.createdAt });
  return { kind: 'answered', answer };
}

interface Refusal {
  asked: DoorAsk;
  request: ClientRequest;
  fault: BridgeError;
  answer: NonNullable<Sent['answer']>;
}

/** It may mean "already requested": the code is looked up, and the client gets it where exactly one fits. */
async function afterRefusal(
  tools: DoorTools,
  { line, station }: Counter,
  { asked, request, fault, answer }: Refusal,
): Promise<End> {
  const { clock, log } = tools.house;
  try {
    const isPerson = /^\d{13}$/.test(asked.pid);
    const codes = isPerson
      ? await shownByNhso(line, { pid: asked.pid, stationId: station.id }, 'somebody-waits')
      : [];
    const match = await matchOf(tools, asked, codes);
    if (match.kind === 'fits') {
      await keepCode(tools, asked, match.code);
      return { kind: 'answered', answer: codeAnswer(request, match.code) };
    }
    await settle(tools, asked, (ask) => askFreed(ask, clock.now()));
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    // refused for certain, so nothing of ours is under way; what else is there, whoever asks next will see
    await settle(tools, asked, (ask) => askFreed(ask, clock.now()));
    log.info(
      { site: asked.hcode, code: error.code, refused: nhsoMessage(fault) },
      'a refusal could not be looked up',
    );
  }
  return { kind: 'refused', answer };
}

/** The code is in the ledger before the client has it, and with the visit's case if that is there by now. */
async function keepCode(
  tools: DoorTools,
  asked: DoorAsk,
  code: { claimCode: string; issuedAt: number | null },
): Promise<void> {
  const { house } = tools;
  await keepForItsDay(tools, asked, code);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const standing = await settle(tools, asked, (ask) => codeIssuedTo(ask, code, house.clock.now()));
    if (standing === null) {
      await handOver(tools, asked);
      return;
    }
    if (standing.claimCode === code.claimCode) return;
    // this process was held up, and others have gone on without it; a code must not get lost all the same
    const { hcode, pid, claimType } = asked;
    if ((standing.state === 'case' || standing.state === 'held') && standing.vn !== null) {
      const issued = { ...code, claimType, hcode, pid };
      await updateCase(house, { hcode, vn: standing.vn }, (c) => codeCameLate(c, issued, house.clock.now()));
      tools.kick();
      return;
    }
    if (await noteLate(tools, standing, code)) return;
  }
}

/**
 * The row speaks of another code, or is asked anew: this one stands beside it for a person to see. False when the row has
 * changed once more: it may be a visit's by now.
 */
async function noteLate(
  tools: DoorTools,
  standing: DoorAsk,
  code: { claimCode: string; issuedAt: number | null },
): Promise<boolean> {
  const { ledger, clock, log } = tools.house;
  if (!(await ledger.doorAsks.put(codeCameLateTo(standing, code, clock.now())))) return false;
  log.warn(
    { site: standing.hcode, claimCode: code.claimCode },
    'a code came to a client after another one: GET /api/client-asks lists both for a person to decide',
  );
  await handOver(tools, standing);
  return true;
}

/**
 * Changes what was announced. Returns null when that was done, else what stands there instead: this process had been held up,
 * and the row was looked up, or handed over, or asked anew. What is free there, or lost of this very ask, is still this one's to settle.
 */
async function settle(
  tools: DoorTools,
  asked: DoorAsk,
  change: (ask: DoorAsk) => DoorAsk,
): Promise<DoorAsk | null> {
  const { doorAsks } = tools.house.ledger;
  let standing: DoorAsk = asked;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (await doorAsks.put(change(standing))) return null;
    const found = await doorAsks.find(asked);
    if (found === null) throw new TypeError('what was announced is not in the ledger any more');
    standing = found;
    const isUnderWay = standing.state === 'asking' || standing.state === 'lost';
    const isOthers = isUnderWay && standing.askedAt !== asked.askedAt;
    const isSettled = ['case', 'held', 'issued'].includes(standing.state);
    const isMine = !isSettled && !isOthers;
    if (!isMine) return standing;
  }
  return standing;
}
