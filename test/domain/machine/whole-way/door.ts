/**
 * Clients of the drop-in agent API in the model: each asks NHSO for the code with whatever the ledger knows of the person, in
 * the pieces that a process may die between. Driven through the real rules, as `src/service/agent-door` drives them.
 */

import {
  type Candidate,
  type CodeWanted,
  codesBeside,
  type Holder,
  type IssuedCode,
  type MatchResult,
  matchCode,
} from '../../../../src/domain/authen-code.ts';
import { serviceDateOf } from '../../../../src/domain/bangkok.ts';
import { isBridgeError } from '../../../../src/domain/bridge-error.ts';
import type { Case } from '../../../../src/domain/case.ts';
import type { CitizenId } from '../../../../src/domain/citizen-id.ts';
import {
  askFreed,
  askLookedAtAgain,
  askLookedUp,
  askLost,
  beginAsk,
  codeCameLateTo,
  codeIssuedTo,
  type DoorAsk,
  heldByCase,
  takenByCase,
  withoutHeld,
} from '../../../../src/domain/door-ask.ts';
import {
  askedThroughDoor,
  type BeforeDoor,
  beforeDoor,
  doorNotSent,
  doorRefused,
  doorStanding,
  hasAskedFor,
  takenOver,
  visitForAsk,
} from '../../../../src/domain/machine/door.ts';
import { answerLost, codeCameLate, wantedOf } from '../../../../src/domain/machine/obtain.ts';
import { seekFirst } from '../../../../src/domain/machine/restored.ts';
import { secondCodeTold } from '../../../../src/domain/machine/second-code.ts';
import { SAMPLE_HCODE, sampleCitizenId } from '../../../support/samples.ts';
import { askKey } from './ledger.ts';
import { keyOf } from './nhso.ts';
import { type Fate, RECOVER_MS, SEND_WITHIN_MS, TIMES, type World } from './world.ts';

const MOBILE = '0899999992';

const DOORS = new WeakMap<World, DoorModel>();

export class DoorModel {
  readonly #world: World;
  #calls = 0;

  private constructor(world: World) {
    this.#world = world;
    world.askedByClient = (c) => this.#hasAskedFor(c);
  }

  /** Of this world. */
  static of(world: World): DoorModel {
    const door = DOORS.get(world) ?? new DoorModel(world);
    DOORS.set(world, door);
    return door;
  }

  get #asks(): Map<string, DoorAsk> {
    return this.#world.ledger.asks;
  }

  /** confirm-save of a client that has read the card itself. */
  confirm(person: number, claimType: string, fate: Fate): void {
    const world = this.#world;
    const { now, ledger } = world;
    if (!world.nhso.isUp) return;
    const key = {
      hcode: SAMPLE_HCODE,
      pid: sampleCitizenId(person),
      serviceDate: serviceDateOf(now),
      claimType,
    };
    const correlationId = `client-${++this.#calls}`;
    const ask = this.#asks.get(askKey(key)) ?? null;
    const cases = [...ledger.cases.values()].filter(
      (c) => c.pid === key.pid && c.serviceDate === key.serviceDate,
    );
    const reads = [...ledger.reads.values()].filter(
      (r) => r.pid === key.pid && r.serviceDate === key.serviceDate,
    );
    const isRead = reads.some((r) => r.kind === 'full');
    const standing = doorStanding(ask, cases, key, { correlationId, isWhole: true, isRead }, now);
    if (standing.kind !== 'open') return;
    const by = { actor: 'key:his', stationId: 'counter-1', correlationId };
    if (standing.target !== null) {
      this.#askOnCase(
        standing.target,
        { pid: key.pid, claimType, mobile: MOBILE, correlationId, stationId: 'counter-1' },
        fate,
      );
      return;
    }
    const begun = beginAsk(ask, key, by, { recoverAt: now + RECOVER_MS, gap: ledger.gap, at: now });
    if (begun === null || cases.some((c) => c.askedAt !== null && c.claimType === claimType)) return;
    this.#asks.set(askKey(begun), begun);
    if (begun.state === 'asking') world.inHand.push({ deliver: () => this.#send(begun, fate) });
  }

  #askOnCase(target: Case, request: Parameters<typeof askedThroughDoor>[1], fate: Fate): void {
    const world = this.#world;
    const { now, ledger } = world;
    const sought = seekFirst(target, ledger.gap, now);
    const change =
      sought ?? askedThroughDoor(target, request, now + RECOVER_MS, { actor: 'key:his', at: now });
    if (change === null) return;
    try {
      const asked = ledger.commit(change);
      const before = beforeDoor(target);
      if (sought === null) world.inHand.push({ deliver: () => this.#sendOfCase(asked, before, fate) });
    } catch (error) {
      if (!isBridgeError(error, 'already-asked')) throw error;
    }
  }

  #sendOfCase(asked: Case, before: BeforeDoor, fate: Fate): void {
    const world = this.#world;
    const by = () => ({ actor: 'key:his', at: world.now });
    if (world.now - (asked.askedAt ?? 0) > SEND_WITHIN_MS || isUnsent(fate)) {
      world.ifMine(asked, (c) => doorNotSent(c, before, world.grounds(c), 'nobody there', by()));
      return;
    }
    const answer = this.#ask(asked.pid ?? '', asked.claimType ?? '', fate);
    if (answer === 'lost' || fate === 'lost') {
      const lost = () => world.ifMine(asked, (c) => answerLost(c, 'lost', world.now + 2_000, world.now));
      world.inHand.push({ deliver: lost });
    } else if (answer === 'refused') {
      world.inHand.push({
        deliver: () => {
          const codes = world.nhso.latestOf(asked.pid ?? '', world.now);
          const holders = new Map(codes.map((k) => [k.claimCode, world.ledger.holderOf(k, asked)]));
          const match = matchCode(codes, wantedOf(asked), (code) => asHolder(holders.get(code)));
          if (match.kind !== 'fits')
            world.sawNothing(keyOf(asked.pid ?? '', asked.claimType ?? '', world.now));
          world.ifMine(asked, (c) =>
            doorRefused(c, before, match, world.grounds(c), 'already requested', by()),
          );
        },
      });
    } else world.inHand.push({ deliver: () => world.take(asked, answer) });
  }

  #send(begun: DoorAsk, fate: Fate): void {
    const world = this.#world;
    if (world.now - begun.askedAt > SEND_WITHIN_MS || isUnsent(fate)) {
      this.#settle(begun, (ask) => askFreed(ask, world.now));
      return;
    }
    const answer = this.#ask(begun.pid, begun.claimType, fate);
    if (answer === 'lost' || fate === 'lost') {
      world.inHand.push({
        deliver: () => this.#settle(begun, (ask) => askLost(ask, world.now + 2_000, world.now)),
      });
    } else if (answer === 'refused') {
      world.inHand.push({
        deliver: () => {
          const match = this.#look(begun);
          if (match.kind === 'fits') this.#keep(begun, match.code);
          else this.#settle(begun, (ask) => askFreed(ask, world.now));
        },
      });
    } else world.inHand.push({ deliver: () => this.#keep(begun, answer) });
  }

  /** The request goes out. */
  #ask(pid: string, claimType: string, fate: Fate): IssuedCode | 'refused' | 'lost' {
    const world = this.#world;
    if (!world.nhso.isUp) return 'lost';
    world.expectAskedOnce(pid, claimType);
    if (fate === 'late') {
      world.nhso.confirmLate(pid, claimType, world.now);
      return 'lost';
    }
    return world.nhso.confirm(pid, claimType, world.now);
  }

  #keep(begun: DoorAsk, code: IssuedCode): void {
    const world = this.#world;
    const standing = this.#settle(begun, (ask) => codeIssuedTo(ask, code, world.now));
    const isCases = standing?.state === 'case' || standing?.state === 'held';
    const late = isCases ? world.ledger.cases.get(standing.vn ?? '') : undefined;
    if (late !== undefined) world.decide(late.vn, (c) => codeCameLate(c, code, world.now));
    else if (standing !== null && standing.claimCode !== code.claimCode) {
      this.#asks.set(askKey(begun), codeCameLateTo(standing, code, world.now));
    }
    this.#handOverAll();
  }

  #settle(begun: DoorAsk, change: (ask: DoorAsk) => DoorAsk): DoorAsk | null {
    const standing = this.#asks.get(askKey(begun));
    // a ledger that was put back may not have it
    if (standing === undefined) return null;
    const isOwnLost = standing.state === 'lost' && standing.askedAt === begun.askedAt;
    const isMine = standing.version === begun.version || standing.state === 'free' || isOwnLost;
    if (!isMine) return standing;
    this.#asks.set(askKey(begun), change(standing));
    return null;
  }

  #look(ask: DoorAsk): MatchResult {
    const world = this.#world;
    const codes = world.nhso.latestOf(ask.pid, world.now);
    const match = matchCode(codes, wantedOfAsk(ask), (code) => this.#holder(code));
    if (match.kind !== 'fits') world.sawNothing(keyOf(ask.pid, ask.claimType, ask.askedAt));
    return match;
  }

  #beside(ask: DoorAsk): Candidate[] {
    const codes = this.#world.nhso.latestOf(ask.pid, this.#world.now);
    return codesBeside(ask.claimCode, codes, wantedOfAsk(ask), (code) => this.#holder(code));
  }

  #holder(claimCode: string): Holder | null {
    const cases = [...this.#world.ledger.cases.values()];
    return asHolder(cases.find((c) => c.state !== 'cancelled' && c.code?.claimCode === claimCode)?.vn);
  }

  /** What is due is looked up. */
  work(): void {
    const world = this.#world;
    const { now, ledger } = world;
    if (!world.nhso.isUp) return;
    for (const due of [...this.#asks.values()]) {
      const ask = this.#withOpenCandidates(due);
      const isOpen = ask.state === 'asking' || ask.state === 'lost' || ask.state === 'issued';
      if (!isOpen || (ask.lookAt ?? now + 1) > now) continue;
      this.#asks.set(
        askKey(ask),
        ask.state === 'issued'
          ? askLookedAtAgain(ask, this.#beside(ask), TIMES, now)
          : askLookedUp(ask, this.#look(ask), { times: TIMES, gap: ledger.gap, at: now }),
      );
    }
    this.#handOverAll();
  }

  #handOverAll(): void {
    for (const ask of [...this.#asks.values()]) this.#handOver(ask);
  }

  #withOpenCandidates(ask: DoorAsk): DoorAsk {
    return withoutHeld(ask, (claimCode) => this.#holder(claimCode) !== null);
  }

  #handOver(standing: DoorAsk): boolean {
    const { ledger, now } = this.#world;
    const ask = this.#withOpenCandidates(standing);
    if (ask.state !== 'issued' && ask.state !== 'lost') return ask.state === 'case' || ask.state === 'held';
    const all = [...ledger.cases.values()];
    const holder = all.find(
      (c) => c.state !== 'cancelled' && ask.claimCode !== null && c.code?.claimCode === ask.claimCode,
    );
    if (holder !== undefined) {
      if (ask.lookAt !== null) return true;
      this.#world.decide(holder.vn, (c) => secondCodeTold(c, ask.candidates, now));
      const holds = hasAskedFor(holder, ask) ? takenByCase : heldByCase;
      this.#asks.set(askKey(ask), holds(ask, holder.vn, now));
      return true;
    }
    const cases = all.filter((c) => c.pid === ask.pid && c.serviceDate === ask.serviceDate);
    const current = visitForAsk(ask, cases, now);
    const change = current === null ? null : takenOver(current, ask, now);
    if (change === null) return false;
    try {
      ledger.commit(change, ask);
      return true;
    } catch (error) {
      if (!isBridgeError(error, 'already-asked')) throw error;
      return false;
    }
  }

  /** In the place of a draft or confirm of the case: see `askedByClient`. */
  #hasAskedFor(c: Case): boolean {
    const theirs = [...this.#asks.values()].filter(
      (a) =>
        a.pid === c.pid && a.serviceDate === c.serviceDate && ['asking', 'lost', 'issued'].includes(a.state),
    );
    if (theirs.some((a) => a.state === 'asking')) return true;
    for (const ask of theirs) if (!this.#handOver(ask) && ask.claimType === c.claimType) return true;
    return theirs.length > 0 && this.#world.ledger.cases.get(c.vn)?.stepSeq !== c.stepSeq;
  }
}

function isUnsent(fate: Fate): boolean {
  return fate === 'not-sent' || fate === 'not-sent-there';
}

function wantedOfAsk(ask: DoorAsk): CodeWanted {
  return { ...ask, pid: ask.pid as CitizenId };
}

function asHolder(vn: string | null | undefined): { vn: string } | null {
  return vn == null ? null : { vn };
}
