/** The registration desk: patients come, are registered in the HIS, and put their card into the reader. */

import { setTimeout as sleep } from 'node:timers/promises';
import { insertLoggedCode, type PlannedVisit, planDay } from '../../../simulators/his/hosxp/sample-day.ts';
import { insertPeople, insertVisit } from '../../../simulators/his/hosxp/visits.ts';
import { serviceDateOf } from '../../domain/bangkok.ts';
import type { Hospital } from './hospital.ts';
import type { DemoOptions } from './options.ts';

/** A patient's card is in the reader until it has been read, but not longer than this, ms. */
const CARD_PATIENCE_MS = 8_000;
/** Looks at the empty reader before the next card goes in: one may have begun while the card was still there. */
const LOOKS_BETWEEN_CARDS = 2;

export class Desk {
  readonly #hospital: Hospital;
  readonly #visits: readonly PlannedVisit[];
  #registered = 0;
  #isClosed = false;

  constructor(hospital: Hospital, options: DemoOptions) {
    this.#hospital = hospital;
    this.#visits = planDay(serviceDateOf(Date.now()), { count: options.visits, seed: options.seed }).visits;
  }

  get registered(): number {
    return this.#registered;
  }

  /** Everybody of the day has been here. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  async open(interrupted: AbortSignal): Promise<void> {
    const { his } = this.#hospital;
    const known = new Set<string>();
    for (const visit of this.#visits) {
      if (interrupted.aborted) break;
      if (!known.has(visit.hn)) await insertPeople(his, [visit.person]);
      known.add(visit.hn);
      const { vn: _planned, ...today } = { ...visit, at: Date.now() };
      const vn = await insertVisit(his, today);
      await insertLoggedCode(his, { ...visit, vn, at: today.at });
      this.#registered += 1;
      await this.#showCard(visit);
    }
    this.#isClosed = true;
  }

  /** Somebody without a citizen id has no Thai card to show. */
  async #showCard({ person }: PlannedVisit): Promise<void> {
    const { control } = this.#hospital.agent;
    const pid = (person.cid ?? '').replaceAll('-', '');
    if (!/^\d{13}$/.test(pid) || pid.startsWith('0')) return;
    control.insertCard(pid);
    await this.#until('read', 1);
    control.removeCard();
    await this.#until('terminals', LOOKS_BETWEEN_CARDS);
  }

  /** Waits until the reader worker has made so many more calls of this kind. */
  async #until(call: 'read' | 'terminals', more: number): Promise<void> {
    const { control } = this.#hospital.agent;
    const enough = control.requests({ call }).length + more;
    const giveUp = Date.now() + CARD_PATIENCE_MS;
    while (control.requests({ call }).length < enough && Date.now() < giveUp) await sleep(20);
  }
}
