/**
 * The drop-in agent API: NHSO's agent of a counter, played by the bridge. A client that knows the agent gets the agent's own
 * answers; beside that its card reads are kept, and its codes are asked for once and found again.
 */

import { serviceDateOf } from '../../domain/bangkok.ts';
import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import type { PipeCall, Piped } from '../ports/agent-pipe.ts';
import type { NhsoAgent } from '../ports/nhso-agent.ts';
import { draftAnswer } from './answers.ts';
import type { AgentApi, DoorAnswer, DoorPlace } from './api.ts';
import { confirmSave } from './confirm.ts';
import { handOverAll } from './hand-over.ts';
import { lookUpDue, putClockRight } from './look-ups.ts';
import { noteRead } from './reads.ts';
import { clientRequest } from './request.ts';
import { askNhso, pipe } from './send.ts';
import { standingOf } from './standing.ts';
import type { Counter, DoorTools } from './tools.ts';

/** Calls in hand for one counter, at most: a client that asks again and again gets no longer a queue by it. */
const IN_HAND = 32;

/** Turns of {@link AgentDoor.work} between two looks for visits that have come since. */
const HAND_OVER_TURNS = 3;

export class AgentDoor implements AgentApi {
  readonly #tools: DoorTools;
  readonly #inHand = new Map<string, number>();
  #turns = 0;

  constructor(tools: DoorTools) {
    this.#tools = tools;
  }

  /** Clients ask for the terminals all the time: no turn is waited for, and NHSO is not asked. */
  terminals(place: DoorPlace): Promise<DoorAnswer> {
    return this.#at(place, async ({ station }) => (await pipe(station.agent, { name: 'terminals' })).answer);
  }

  read(place: DoorPlace, image: boolean): Promise<DoorAnswer> {
    return this.#at(place, async (counter) => {
      mayAsk(counter);
      return this.#readCard(counter, { name: 'read', image });
    });
  }

  readCardOnly(place: DoorPlace, image: boolean): Promise<DoorAnswer> {
    return this.#at(place, (counter) => this.#readCard(counter, { name: 'read-card-only', image }));
  }

  probe(place: DoorPlace, pid: string): Promise<DoorAnswer> {
    return this.#at(place, async ({ line, station }) => {
      const call: PipeCall = { name: 'probe', pid };
      return (await line.turn(station, 'somebody-waits', () => pipe(station.agent, call))).answer;
    });
  }

  saveAsDraft(place: DoorPlace, body: unknown): Promise<DoorAnswer> {
    return this.#at(place, async (counter) => {
      const { line, station, site } = counter;
      const { clock } = this.#tools.house;
      const request = clientRequest(body, site.hcode);
      mayAsk(counter);
      const call: PipeCall = { name: 'save-as-draft', body: request.body };
      const { answer, fault } = await twice(() =>
        line.turn(station, 'somebody-waits', () => askNhso(line, 'saveAsDraft', station.agent, call)),
      );
      if (!isBridgeError(fault, 'nhso-refused')) return answer;
      // refused because the code is there: the confirm that follows gets it
      const { pid, claimType } = request;
      const key = { hcode: site.hcode, pid, claimType, serviceDate: serviceDateOf(clock.now()) };
      const standing = await standingOf(this.#tools.house, key, request);
      return standing.kind === 'code' ? draftAnswer(request, standing.issuedAt) : answer;
    });
  }

  confirmSave(place: DoorPlace, body: unknown): Promise<DoorAnswer> {
    return this.#at(place, (counter) => confirmSave(this.#tools, counter, body));
  }

  lookUp(
    place: DoorPlace,
    name: 'latest-authen-code' | 'latest-5-authen-code-all-hospital',
    pid: string,
  ): Promise<DoorAnswer> {
    const method: keyof NhsoAgent =
      name === 'latest-authen-code' ? 'latestAuthenCode' : 'latestFiveAllHospitals';
    return this.#at(place, async (counter) => {
      mayAsk(counter);
      const { line, station } = counter;
      const ask = (agent: NhsoAgent): Promise<Piped> => askNhso(line, method, agent, { name, pid });
      return (await twice(() => line.atAnyStation(station.id, 'somebody-waits', ask))).answer;
    });
  }

  /** To be called each second: what was lost is looked up, and what waits for a visit goes to the visit that has come. */
  async work(): Promise<void> {
    await lookUpDue(this.#tools);
    this.#turns += 1;
    if (this.#turns % HAND_OVER_TURNS !== 0) return;
    await putClockRight(this.#tools);
    await handOverAll(this.#tools);
  }

  async #readCard(counter: Counter, call: PipeCall): Promise<DoorAnswer> {
    const { line, station } = counter;
    const piped = await line.turn(station, 'somebody-waits', () => pipe(station.agent, call));
    await noteRead(this.#tools, counter, piped);
    return piped.answer;
  }

  async #at(place: DoorPlace, work: (counter: Counter) => Promise<DoorAnswer>): Promise<DoorAnswer> {
    const counter = this.#counter(place);
    const name = `${place.hcode}/${place.stationId}`;
    const inHand = this.#inHand.get(name) ?? 0;
    if (inHand >= IN_HAND) {
      throw new BridgeError(
        'agent-timeout',
        'more calls are in hand for this counter than its agent can answer',
        { retry: 'yes' },
      );
    }
    this.#inHand.set(name, inHand + 1);
    try {
      return asAnswer(await work(counter));
    } finally {
      this.#inHand.set(name, (this.#inHand.get(name) ?? 1) - 1);
    }
  }

  #counter({ hcode, stationId, actor }: DoorPlace): Counter {
    const site = this.#tools.house.sites.get(hcode);
    const station = site?.stations.find((s) => s.id === stationId);
    if (site === undefined || station === undefined) {
      throw new BridgeError('not-found', `station: expected a configured station of ${hcode}`, {
        retry: 'no',
      });
    }
    return { site, station, line: this.#tools.line(hcode), actor };
  }
}

/** While NHSO is known to be down nobody waits for a time-out of its own. */
function mayAsk({ line }: Counter): void {
  if (line.status === 'up') return;
  throw new BridgeError('nhso-unavailable', 'NHSO cannot be reached; nothing was sent', { retry: 'yes' });
}

/** What issues nothing is sent once more when no answer came, unless that took the whole of its time. */
async function twice(send: () => Promise<Piped>): Promise<Piped> {
  try {
    return await send();
  } catch (error) {
    if (!isBridgeError(error, 'agent-unreachable', 'nhso-unavailable')) throw error;
    return send();
  }
}

/** A redirection would send the client elsewhere, and is none of the agent's. */
function asAnswer(answer: DoorAnswer): DoorAnswer {
  if (answer.status < 300 || answer.status >= 400) return answer;
  throw new BridgeError('agent-bad-answer', 'another program answers at the address of the agent', {
    retry: 'yes',
  });
}
