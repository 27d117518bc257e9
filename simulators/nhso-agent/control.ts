/** Everything a test, a demo or a person may do to an agent and to NHSO behind it. */

import type { Breakage } from '../common/breakage.ts';
import type { FailNext, LoseAnswers } from '../common/faults.ts';
import type { Service } from '../common/port.ts';
import type { AgentCall } from './calls.ts';
import type { CentreCode, CodeInput, ConfirmCount, NhsoCentre } from './centre.ts';
import type { JournalEntry, JournalFilter } from './journal.ts';
import type { PersonInput } from './people.ts';
import type { AgentState } from './serve.ts';

export class AgentControl {
  readonly centre: NhsoCentre;
  readonly #agent: AgentState;
  readonly #service: Service;

  constructor(agent: AgentState, service: Service) {
    this.centre = agent.centre;
    this.#agent = agent;
    this.#service = service;
  }

  // NHSO, for all agents of the same centre

  nhsoUp(): void {
    this.centre.outage = null;
  }

  /** Calls that need NHSO break in this way after `delayMs`, and no work is done. */
  nhsoDown(how: Breakage = '500', delayMs = 0): void {
    this.centre.outage = { how, delayMs };
  }

  /** Codes per person, hospital, claim type and day; null = no limit. */
  limitPerDay(limit: number | null): void {
    this.centre.limitPerDay = limit;
  }

  addPeople(people: readonly PersonInput[]): void {
    this.centre.addPeople(people);
  }

  /** A code by another channel, hospital, day or kind; the agent's own hospital when none is given. */
  issueCode(input: Omit<CodeInput, 'hcode'> & { hcode?: string | undefined }): CentreCode {
    return this.centre.issue({ channel: 'line', ...input, hcode: input.hcode ?? this.#agent.hcode });
  }

  /** Sets NHSO's and the agent's clock off against the real one, for date-times and the HTTP Date header. */
  clockOffset(ms: number): void {
    this.centre.clockOffsetMs = ms;
  }

  // this agent

  insertCard(pid: string): void {
    this.#agent.card = pid;
  }

  removeCard(): void {
    this.#agent.card = null;
  }

  plugReader(): void {
    this.#agent.readerPlugged = true;
  }

  /** The card in it, if any, comes back with the reader. */
  unplugReader(): void {
    this.#agent.readerPlugged = false;
  }

  delay(ms: number, call?: AgentCall): void {
    this.#agent.faults.delay(ms, call);
  }

  failNext(order: FailNext<AgentCall> = {}): void {
    this.#agent.faults.failNext(order);
  }

  /** The work is done, then the answer is lost. */
  loseAnswers(order: LoseAnswers<AgentCall> = {}): void {
    this.#agent.faults.loseAnswers(order);
  }

  /** Takes back every delay, failure and loss that was ordered. */
  clearFaults(): void {
    this.#agent.faults.clear();
  }

  /** Nobody listens for so many seconds. Resolves as soon as the service is down. */
  restart(seconds: number): Promise<void> {
    return this.#service.restart(seconds);
  }

  stop(): Promise<void> {
    return this.#service.stop();
  }

  start(): Promise<void> {
    return this.#service.start();
  }

  // what an outside observer saw

  /** Requests that reached any agent of the centre. */
  requests(filter?: JournalFilter): JournalEntry[] {
    return this.centre.journal.entries(filter);
  }

  codes(pid?: string): CentreCode[] {
    return this.centre.codes(pid);
  }

  confirms(pid?: string): ConfirmCount[] {
    return this.centre.confirms(pid);
  }

  state(): Record<string, unknown> {
    const { centre, hcode, zone, readerPlugged, card } = this.#agent;
    const nhso = centre.outage === null ? 'up' : `down (${centre.outage.how})`;
    const { limitPerDay, clockOffsetMs } = centre;
    return { hcode, zone, nhso, readerPlugged, card, limitPerDay, clockOffsetMs };
  }

  /** As after start: NHSO empty and up, reader plugged and empty, no faults, no delay. The limit stays. */
  reset(): void {
    this.centre.reset();
    this.#agent.faults.clear();
    this.#agent.card = null;
    this.#agent.readerPlugged = true;
  }
}
