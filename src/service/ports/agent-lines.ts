/**
 * Lines over which reader workers carry calls to the agents of their own counters, where the bridge cannot reach those
 * itself. The worker opens the line; `src/http/line/` lets it in, `adapters/nhso/line/` speaks over it.
 */

/** Why the bridge ends a line. The worker decides by it when to come back. */
export type LineEnd = 'replaced' | 'key-refused' | 'bridge-stops' | 'not-understood';

/** The bridge's end of one open line: texts both ways, whole and in order. */
export interface LineSocket {
  /** False: the line is not open any more, and the text was not handed over. */
  send(text: string): boolean;
  /** The other side hears why, if it still hears at all. */
  close(why: LineEnd): void;
  /** To be called once, before anything else happens: nothing that comes is kept. */
  listen(listener: { text(text: string): void; closed(): void }): void;
}

export interface LinePlace {
  hcode: string;
  stationId: string;
}

/** All lines of this process. */
export interface AgentLines {
  /** Whether the station is configured to be reached over its reader's line. */
  isCarried(place: LinePlace): boolean;
  /** Takes a line in. One that the station had before is ended: the newest is the one whose worker lives. */
  attach(place: LinePlace, socket: LineSocket): void;
}

/** What a line is to its worker just now. `refused`: the bridge is there and lets none in; that rarely changes by itself. */
export type LineState =
  | { is: 'opening' | 'up' | 'away' | 'replaced' | 'closed' }
  | { is: 'refused'; status: number; why: string };
