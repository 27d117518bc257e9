/** What a client has asked for before the visit came goes to the visit's case, in one transaction with it. */

import { addDays, serviceDateOf } from '../../domain/bangkok.ts';
import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import type { Case } from '../../domain/case.ts';
import { type AskKey, type DoorAsk, heldByCase, takenByCase, withoutHeld } from '../../domain/door-ask.ts';
import { besideVisits, hasAskedFor, takenOver, visitForAsk } from '../../domain/machine/door.ts';
import { secondCodeTold } from '../../domain/machine/second-code.ts';
import type { CaseKey } from '../ports/ledger.ts';
import type { StepTools } from '../steps/step.ts';
import { countChange, toCaseChange, updateCase } from '../update.ts';
import { isAskedAhead } from './other-day.ts';
import { tellPerson } from './person.ts';

const TRIES = 8;

type Tools = Pick<StepTools, 'house' | 'kick'>;

/** Returns true when a case has it now, or holds its code. */
export async function handOver(tools: Tools, key: AskKey): Promise<boolean> {
  const { ledger, clock } = tools.house;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const standing = await ledger.doorAsks.find(key);
    if (standing === null || (standing.state !== 'issued' && standing.state !== 'lost'))
      return standing?.state === 'case' || standing?.state === 'held';
    const ask = await withOpenCandidates(tools, standing);
    const now = clock.now();
    const holder = ask.claimCode === null ? null : await ledger.holderOfCode(ask.claimCode);
    if (holder !== null) {
      // a second code of the ask may still turn up: it stays where it is looked for
      if (ask.lookAt !== null) return true;
      await tellHolder(tools, holder, ask);
      if (await ledger.doorAsks.put(await withHolder(tools, holder, ask))) return true;
      continue;
    }
    const cases = await ledger.casesOfPerson(key.hcode, key.pid, key.serviceDate);
    const current = visitForAsk(ask, cases, now);
    if (current === null) {
      const beside = besideVisits(standing, cases, now);
      if (beside !== null && (await ledger.doorAsks.put(beside))) tellPerson(tools, standing, beside);
      return false;
    }
    const result = await give(tools, current, ask);
    if (result !== 'again') return result === 'given';
  }
  return false;
}

/** The visit has the code: the row is its own now, or keeps the person's other visits from asking. */
async function withHolder(
  { house }: Pick<StepTools, 'house'>,
  holder: CaseKey,
  ask: DoorAsk,
): Promise<DoorAsk> {
  const held = await house.ledger.case(holder);
  const hasAsked = held !== null && hasAskedFor(held, ask);
  return (hasAsked ? takenByCase : heldByCase)(ask, holder.vn, house.clock.now());
}

/** With those codes beside it that no visit holds by now. */
export async function withOpenCandidates(
  { house }: Pick<StepTools, 'house'>,
  ask: DoorAsk,
): Promise<DoorAsk> {
  const held = new Set<string>();
  for (const { claimCode } of ask.candidates)
    if ((await house.ledger.holderOfCode(claimCode)) !== null) held.add(claimCode);
  return withoutHeld(ask, (claimCode) => held.has(claimCode));
}

/** The visit has the code otherwise; what NHSO shows beside it goes before a person. */
async function tellHolder({ house, kick }: Tools, holder: CaseKey, { candidates }: DoorAsk): Promise<void> {
  if (candidates.length === 0) return;
  await updateCase(house, holder, (c) => secondCodeTold(c, candidates, house.clock.now()));
  kick();
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

/** Whatever waits for a visit that is there by now; some visits of an evening reach the ledger after midnight. */
export async function handOverAll(tools: Tools): Promise<void> {
  const { clock, ledger, sites } = tools.house;
  const today = serviceDateOf(clock.now());
  for (const serviceDate of [today, addDays(today, -1)]) {
    for (const ask of await ledger.doorAsks.wanted(serviceDate, AT_A_TIME)) {
      if (sites.has(ask.hcode)) await handOver(tools, ask);
    }
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
  await refuseAskedAhead(tools, current);
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

/** Throws `already-asked` (retry yes) while what a client has asked for by a clock that was ahead has no end. */
export async function refuseAskedAhead(tools: Pick<Tools, 'house'>, current: Case): Promise<void> {
  const { hcode, pid, serviceDate, claimType } = current;
  if (pid === null || claimType === null) return;
  if (!(await isAskedAhead(tools, { hcode, pid, serviceDate, claimType }))) return;
  const words = 'what a client asked for by a clock that was ahead is looked up first';
  throw new BridgeError('already-asked', words, { retry: 'yes' });
}
