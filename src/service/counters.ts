/** Which counter's agent a call goes through: what this process has seen of the agents, and of the reads they made. */

import type { Station } from './site.ts';

/** An agent that could not be reached is asked after the others for so long, ms: its service starts in half a minute. */
const AWAY_MS = 30_000;

/** Reads that are remembered; what is forgotten costs one more draft, which issues nothing. */
const REMEMBERED = 1_000;

export class Counters {
  readonly #stations: readonly Station[];
  readonly #hcode: string;
  /** By station, until when its agent counts as away. No wall clock: one that is set back must not keep it away. */
  readonly #awayUntil = new Map<string, number>();
  /** By correlation id: the other counter that took the draft, or null: another counter's draft was refused. */
  readonly #elsewhere = new Map<string, string | null>();

  constructor(hcode: string, stations: readonly Station[]) {
    this.#hcode = hcode;
    this.#stations = stations;
  }

  /** The station with this id, or any when it is no longer configured. */
  station(id: string | null): Station {
    const found = this.#stations.find((s) => s.id === id) ?? this.#stations[0];
    if (found === undefined) throw new TypeError(`site ${this.#hcode} has no station`);
    return found;
  }

  /** All stations: the preferred one first, those whose agents are away last. */
  inOrder(preferred: string | null): Station[] {
    const first = this.station(preferred);
    const all = [first, ...this.#stations.filter((s) => s !== first)];
    return [...all.filter((s) => !this.#isAway(s)), ...all.filter((s) => this.#isAway(s))];
  }

  noteAway(station: Station): void {
    this.#awayUntil.set(station.id, performance.now() + AWAY_MS);
  }

  noteThere(station: Station): void {
    this.#awayUntil.delete(station.id);
  }

  /** Where a draft of this read may be sent, in this order. */
  forDraft(read: ReadOrigin): Station[] {
    return this.#elsewhere.get(read.correlationId) === null
      ? [this.station(read.stationId)]
      : this.inOrder(read.stationId);
  }

  /** Where its confirm goes: the counter that has taken the draft. */
  forConfirm(read: ReadOrigin): Station {
    return this.station(this.#elsewhere.get(read.correlationId) ?? read.stationId);
  }

  /** True when a draft of this read might be taken by another counter than `station`. */
  hasAnother(read: ReadOrigin, station: Station): boolean {
    return this.forDraft(read).some((s) => s !== station && !this.#isAway(s));
  }

  noteDraft(read: ReadOrigin, station: Station, outcome: 'taken' | 'refused'): void {
    this.noteThere(station);
    this.#elsewhere.delete(read.correlationId);
    if (station === this.station(read.stationId)) return;
    this.#elsewhere.set(read.correlationId, outcome === 'taken' ? station.id : null);
    const [oldest] = this.#elsewhere.keys();
    if (this.#elsewhere.size > REMEMBERED && oldest !== undefined) this.#elsewhere.delete(oldest);
  }

  #isAway(station: Station): boolean {
    const isNoted = (this.#awayUntil.get(station.id) ?? 0) > performance.now();
    return isNoted || (station.agent.isAway?.() ?? false);
  }
}

/** The read that draft and confirm belong to: NHSO's id of it, and the counter that made it. */
export interface ReadOrigin {
  correlationId: string;
  stationId: string | null;
}
