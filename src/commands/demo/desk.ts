/** The registration desk: patients come, are registered in the HIS, and put their card into the reader. */

import { setTimeout as sleep } from 'node:timers/promises';
import { insertLoggedCode, type PlannedVisit, planDay } from '../../../simulators/his/hosxp/sample-day.ts';
import { insertPeople, insertVisit, vnAt } from '../../../simulators/his/hosxp/visits.ts';
import { type Instant, serviceDateOf } from '../../domain/bangkok.ts';
import type { CaseKey } from '../../service/ports/ledger.ts';
import { cardOf } from './card-of.ts';
import type { Hospital } from './hospital.ts';
import type { DemoOptions } from './options.ts';

/** A patient's card is in the reader until it has been read, but not longer than this, ms. */
const CARD_PATIENCE_MS = 8_000;
/** Looks at the empty reader before the next card goes in: one may have begun while the card was still there. */
const LOOKS_BETWEEN_CARDS = 2;

export class Desk {
  readonly #hospital: Hospital;
  readonly #visits: readonly PlannedVisit[];
  readonly #registered: CaseKey[] = [];
  #lastNumber: Instant = 0;
  #isClosed = false;

  constructor(hospital: Hospital, options: DemoOptions) {
    this.#hospital = hospital;
    this.#visits = planDay(serviceDateOf(Date.now()), { count: options.visits, seed: options.seed }).visits;
  }

  /** The visits so far, also those of a day that has ended meanwhile. */
  get registered(): readonly CaseKey[] {
    return this.#registered;
  }

  /** Everybody has been here, or nobody comes any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when everybody has been here, or soon after `stop`. */
  async open(stop: AbortSignal): Promise<void> {
    const { his, hcode } = this.#hospital;
    const known = new Set<string>();
    for (const visit of this.#visits) {
      if (stop.aborted) break;
      if (!known.has(visit.hn)) await insertPeople(his, [visit.person]);
      known.add(visit.hn);
      const number = await this.#number(stop);
      const today = { ...visit, vn: number, at: Date.now() };
      await insertVisit(his, today);
      await insertLoggedCode(his, today);
      this.#registered.push({ hcode, vn: number });
      await this.#showCard(visit, stop);
    }
    this.#isClosed = true;
  }

  /**
   * A visit's number is a second of its day, and people come faster here than that: the numbers run ahead of the
   * clock, but not into the next day, where the visits themselves would not be.
   */
  async #number(stop: AbortSignal): Promise<string> {
    const next = Math.max(Date.now(), this.#lastNumber + 1_000);
    this.#lastNumber = next;
    while (serviceDateOf(next) !== serviceDateOf(Date.now()) && !stop.aborted) await sleep(200);
    return vnAt(next);
  }

  async #showCard({ person }: PlannedVisit, stop: AbortSignal): Promise<void> {
    const { control } = this.#hospital.agent;
    const card = cardOf(person);
    if (card === null) return;
    control.addPeople([card]);
    control.insertCard(card.pid);
    await this.#until('read', 1, stop);
    control.removeCard();
    await this.#until('terminals', LOOKS_BETWEEN_CARDS, stop);
  }

  /** Waits until the reader worker has made so many more calls of this kind. */
  async #until(call: 'read' | 'terminals', more: number, stop: AbortSignal): Promise<void> {
    const { control } = this.#hospital.agent;
    const enough = control.requests({ call }).length + more;
    const giveUp = Date.now() + CARD_PATIENCE_MS;
    while (control.requests({ call }).length < enough && Date.now() < giveUp && !stop.aborted)
      await sleep(20);
  }
}
