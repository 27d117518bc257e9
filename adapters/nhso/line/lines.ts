/** The lines of all carried stations that this process holds: implements the port `AgentLines`. */

import type { AgentLines, LinePlace, LineSocket } from '../../../src/service/ports/agent-lines.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import { type HttpAnswer, NoAnswer } from '../http.ts';
import { BridgeEnd, HANDOVER_MS, NO_LINE } from './bridge-end.ts';
import type { CarriedCall } from './calls.ts';

/**
 * A line that has just gone (or that could not come yet, since the bridge has just begun) is waited for a moment: a worker is
 * back within a second. One that has been away for longer is not.
 */
const SOON_BACK_MS = 10_000;

interface Desk {
  line: BridgeEnd | null;
  socket: LineSocket | null;
  /** On the steady clock, since when there is none. */
  awaySince: number;
  /** Calls that wait for a line. */
  waiting: Set<(line: BridgeEnd) => void>;
}

export class Lines implements AgentLines {
  readonly #log: Log;
  readonly #desks = new Map<string, Desk>();
  #isClosed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The configuration names this station as one that is carried. */
  expect(place: LinePlace): void {
    const desk: Desk = { line: null, socket: null, awaySince: performance.now(), waiting: new Set() };
    this.#desks.set(keyOf(place), desk);
  }

  isCarried(place: LinePlace): boolean {
    return this.#desks.has(keyOf(place));
  }

  attach(place: LinePlace, socket: LineSocket): void {
    const desk = this.#desks.get(keyOf(place));
    if (desk === undefined || this.#isClosed) {
      socket.close('bridge-stops');
      return;
    }
    const old = desk.line === null ? null : { line: desk.line, socket: desk.socket };
    const where = { site: place.hcode, station: place.stationId };
    const line = new BridgeEnd(socket, () => {
      if (desk.line !== line) return;
      desk.line = null;
      desk.socket = null;
      desk.awaySince = performance.now();
      if (!this.#isClosed) this.#log.warn(where, 'the line of the reader at this station is gone');
    });
    desk.line = line;
    desk.socket = socket;
    if (old !== null) {
      // before anything is asked over the new one, the old one can do nothing more
      old.line.end();
      old.socket?.close('replaced');
    }
    const what = 'the reader at this station carries its calls';
    this.#log.info({ ...where, replaced: old !== null }, what);
    for (const go of [...desk.waiting]) go(line);
  }

  /** There is no line, and none that is waited for. */
  isAway(place: LinePlace): boolean {
    const desk = this.#desks.get(keyOf(place));
    return desk === undefined || (desk.line === null && !this.#isSoonBack(desk));
  }

  #isSoonBack({ awaySince }: Desk): boolean {
    return !this.#isClosed && performance.now() - awaySince <= SOON_BACK_MS;
  }

  /** One call to the agent of the station. Throws NoAnswer. */
  async ask(place: LinePlace, call: CarriedCall, timeoutMs: number): Promise<HttpAnswer> {
    const begun = performance.now();
    const desk = this.#desks.get(keyOf(place));
    const line = desk === undefined ? null : (desk.line ?? (await this.#awaited(desk)));
    if (line === null) throw new NoAnswer('unreachable', false, NO_LINE);
    const left = Math.max(1, HANDOVER_MS - (performance.now() - begun));
    return line.ask(call, timeoutMs, left);
  }

  async #awaited(desk: Desk): Promise<BridgeEnd | null> {
    if (!this.#isSoonBack(desk)) return null;
    const { promise, resolve } = Promise.withResolvers<BridgeEnd | null>();
    const timer = setTimeout(() => resolve(null), HANDOVER_MS);
    desk.waiting.add(resolve);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      desk.waiting.delete(resolve);
    }
  }

  /** Ends every line; calls that had gone end as unknown. */
  close(): void {
    this.#isClosed = true;
    for (const { line, socket } of this.#desks.values()) {
      line?.end();
      socket?.close('bridge-stops');
    }
  }
}

function keyOf({ hcode, stationId }: LinePlace): string {
  return `${hcode}/${stationId}`;
}
