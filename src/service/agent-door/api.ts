/** What the HTTP face asks of the drop-in agent API; `door.ts` does it. */

import type { RawAnswer } from '../ports/agent-pipe.ts';

/** Who calls, and whose agent the client takes the bridge for. */
export interface DoorPlace {
  hcode: string;
  stationId: string;
  /** `key:<name>` */
  actor: string;
}

/** An answer in the agent's own form. What the bridge has to say itself is thrown, as a BridgeError. */
export type DoorAnswer = RawAnswer;

/**
 * Every call throws a BridgeError for what the agent itself has not said: `agent-unreachable`, `agent-timeout`,
 * `nhso-unavailable`, `bad-input`, `not-found`, `conflict`, `ledger-unavailable`.
 */
export interface AgentApi {
  terminals(place: DoorPlace): Promise<DoorAnswer>;
  read(place: DoorPlace, image: boolean): Promise<DoorAnswer>;
  readCardOnly(place: DoorPlace, image: boolean): Promise<DoorAnswer>;
  probe(place: DoorPlace, pid: string): Promise<DoorAnswer>;
  saveAsDraft(place: DoorPlace, body: unknown): Promise<DoorAnswer>;
  confirmSave(place: DoorPlace, body: unknown): Promise<DoorAnswer>;
  lookUp(
    place: DoorPlace,
    call: 'latest-authen-code' | 'latest-5-authen-code-all-hospital',
    pid: string,
  ): Promise<DoorAnswer>;
}
