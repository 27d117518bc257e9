/** The registration desk: patients come, are registered in the HIS, and put their card into the reader. */

import { setTimeout as sleep } from 'node:timers/promises';
import { insertLoggedCode, type PlannedVisit, planDay } from '../../../simulators/his/hosxp/sample-day.ts';
import { insertPeople, insertVisit } from '../../../simulators/his/hosxp/visits.ts';
import { serviceDateOf } from '../../domain/bangkok.ts';
import type { Hospital } from './hospital.ts';
import type { DemoOptions } from './options.ts';

/** A patient's card is in the reader until it has been read, but not longer than this, ms. */
const CARD_PATIENCE_MS = 8_000;
/** The reader must see that it is empty before the next card, ms. */
const BETWEEN_CARDS_MS = 220;

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
    const before = control.requests({ call: 'read' }).length;
    control.insertCard(pid);
    const giveUp = Date.now() + CARD_PATIENCE_MS;
    while (control.requests({ call: 'read' }).length === before && Date.now() < giveUp) await sleep(20);
    control.removeCard();
    await sleep(BETWEEN_CARDS_MS);
  }
}
