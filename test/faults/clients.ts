/**
 * Visits whose code is asked for by a program at the counter that takes the bridge for NHSO's agent: it reads the card, asks,
 * asks again when nothing comes, and some write the code into the HIS themselves, as a clerk does.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { SamplePerson } from '../../simulators/his/hosxp/sample-people.ts';
import type { ClientPlan } from './plan.ts';
import type { AgentClient, ClientRead, Told } from './world/agent-client.ts';
import type { Counter } from './world/counter.ts';
import { HCODE } from './world/his.ts';

/** How long a program tries to read a card that lies there, ms. */
const READS_FOR_MS = 4_000;
/** How long one tries that has no code when all is well again, ms: longer than a lost confirm may be at work. */
const TRIES_LAST_MS = 30_000;
/** One that wants to know at last is patient. */
const PATIENCE_LAST_MS = 8_000;

/** What every client asks for: the bridge's own default. */
export const CLIENTS_TYPE = 'PG0060001';

/** Of a client that got no phone number from the HIS. */
const TYPED_MOBILE = '0898765432';

export interface ClientAsk {
  plan: ClientPlan;
  pid: string;
  /** What it was given, and when, by the hospital's clock. */
  told: { claimCode: string; at: number } | null;
}

/** One program with one patient. */
export class ClientDesk {
  readonly ask: ClientAsk;
  readonly #counter: Counter;
  readonly #client: AgentClient;
  readonly #person: SamplePerson;
  readonly #now: () => number;
  #read: ClientRead | null = null;

  constructor(parts: {
    plan: ClientPlan;
    pid: string;
    counter: Counter;
    client: AgentClient;
    person: SamplePerson;
    now: () => number;
  }) {
    this.ask = { plan: parts.plan, pid: parts.pid, told: null };
    this.#counter = parts.counter;
    this.#client = parts.client;
    this.#person = parts.person;
    this.#now = parts.now;
  }

  /** The patient comes with the card; ends when the program has the code, was refused or is tired of it. */
  async serve(): Promise<void> {
    const { confirmAfter, patience, pause, tries } = this.ask.plan;
    await this.#readCard();
    await sleep(confirmAfter);
    for (let i = 0; i < tries && this.#read !== null; i++) {
      const told = await this.#confirm(patience);
      if (told?.status === 200 || told?.status === 400) return;
      await sleep(pause);
    }
  }

  /** All is well, and it has no code: it reads the card once more and asks until it is told something. */
  async serveAtLast(): Promise<void> {
    const giveUp = Date.now() + TRIES_LAST_MS;
    await this.#readCard();
    while (this.#read !== null && Date.now() < giveUp) {
      const told = await this.#confirm(PATIENCE_LAST_MS);
      if (told?.status === 200 || told?.status === 400) return;
      await sleep(this.ask.plan.pause);
    }
  }

  async #readCard(): Promise<void> {
    await this.#counter.card(this.ask.pid, async () => {
      const giveUp = Date.now() + READS_FOR_MS;
      let read: ClientRead | null = null;
      while (read?.pid !== this.ask.pid && Date.now() < giveUp) {
        read = await this.#client.read(READS_FOR_MS);
        if (read === null) await sleep(200);
      }
      if (read?.pid === this.ask.pid) this.#read = read;
    });
  }

  async #confirm(patienceMs: number): Promise<Told> {
    const claim = {
      ...this.#read,
      claimType: CLIENTS_TYPE,
      mobile: this.#person.mobile ?? TYPED_MOBILE,
      hn: this.#person.hn,
      hcode: HCODE,
    };
    const told = await this.#client.confirm(claim, patienceMs);
    if (told?.status === 200 && told.claimCode !== null) {
      this.ask.told = { claimCode: told.claimCode, at: this.#now() };
    }
    return told;
  }
}
