/** What a client has asked for before the visit came goes to the visit's case, in one transaction with it. */

import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import type { Case } from '../../domain/case.ts';
import { type AskKey, type DoorAsk, takenByCase } from '../../domain/door-ask.ts';
import { takenOver, visitForAsk } from '../../domain/machine/door.ts';
import type { StepTools } from '../steps/step.ts';
import { countChange, toCaseChange } from '../update.ts';

const TRIES = 8;

type Tools = Pick<StepTools, 'house' | 'kick'>;

/** Returns true when a case has it now. */
export async function handOver(tools: Tools, key: AskKey): Promise<boolean> {
  const { ledger, clock } = tools.house;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const ask = await ledger.doorAsks.find(key);
    if (ask === null || (ask.state !== 'issued' && ask.state !== 'lost')) return ask?.state === 'case';
    const now = clock.now();
    const holder = ask.claimCode === null ? null : await ledger.holderOfCode(ask.claimCode);
    if (holder !== null) {
      if (await ledger.doorAsks.put(takenByCase(ask, holder.vn, now))) return true;
      continue;
    }
    const cases = await ledger.casesOfPerson(key.hcode, key.pid, key.serviceDate);
    const current = visitForAsk(ask, cases, now);
    if (current === null) return false;
    const result = await give(tools, current, ask);
    if (result !== 'again') return result === 'given';
  }
  return false;
}

async function give(
  { house, kick }: Tools,
  current: Case,
  ask: DoorAsk,
): Promise<'given' | 'kept' | 'again'> {
  const change = takenOver(current, ask, house.clock.now());
  if (change === null) return 'kept';
  try {
    await house.ledger.commit([{ ...toCaseChange(current, change), takes: ask }]);
  } catch (error) {
    if (isBridgeError(error, 'conflict', 'code-held')) return 'again';
    // another visit has asked for the same: the ask is that one's to find out about
    if (isBridgeError(error, 'already-asked')) return 'kept';
    throw error;
  }
  countChange(house, current, change.next);
  kick();
  return 'given';
}

/** In one turn; the next comes some seconds later. */
const AT_A_TIME = 200;

/** Whatever waits for a visit that is there by now. */
export async function handOverAll(tools: Tools, serviceDate: AskKey['serviceDate']): Promise<void> {
  for (const ask of await tools.house.ledger.doorAsks.wanted(serviceDate, AT_A_TIME)) {
    if (tools.house.sites.has(ask.hcode)) await handOver(tools, ask);
  }
}

/**
 * Before a case asks: true when a client has asked for the person, for this claim type or another, and the case has it now or must
 * not ask. Throws `already-asked` (retry yes) while a client's ask is on its way: its end is waited for.
 */
export async function askedByClient(tools: Tools, current: Case): Promise<boolean> {
  const { hcode, vn, pid, serviceDate, claimType } = current;
  if (pid === null) return false;
  const { ledger } = tools.house;
  const asks = await ledger.doorAsks.ofPerson(hcode, pid, serviceDate);
  if (asks.some((ask) => ask.state === 'asking')) {
    throw new BridgeError('already-asked', 'a client of the agent API asks for this person just now', {
      retry: 'yes',
    });
  }
  for (const ask of asks) {
    if (!(await handOver(tools, ask)) && ask.claimType === claimType) return true;
  }
  if (asks.length === 0) return false;
  const now = await ledger.case({ hcode, vn });
  return now?.stepSeq !== current.stepSeq;
}
