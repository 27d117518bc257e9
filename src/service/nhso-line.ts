/**
 * The line from one hospital to NHSO, over the agents at its counters. It keeps each agent to one call at a time (it
 * holds one reader), the site to its configured rate, and stops the work while NHSO is down.
 */

import type { Instant } from '../domain/bangkok.ts';
import { BridgeError, isBridgeError } from '../domain/bridge-error.ts';
import { Breaker } from './breaker.ts';
import { Counters } from './counters.ts';
import { Lanes, type Urgency } from './lanes.ts';
import type { NhsoAgent } from './ports/nhso-agent.ts';
import type { House, Site, Station } from './site.ts';

export class NhsoLine {
  readonly #site: Site;
  readonly #house: Pick<House, 'clock' | 'log' | 'metrics'>;
  readonly #breaker: Breaker;
  /** Which counter's agent to go through. */
  readonly counters: Counters;
  readonly #lanes: Lanes;
  readonly #onUp: () => void;
  /** The one call that is made while NHSO is on trial. */
  #trial: Promise<void> | null = null;

  /** `onUp` is called when NHSO answers again after it was taken to be down. */
  constructor(site: Site, house: Pick<House, 'clock' | 'log' | 'metrics'>, onUp: () => void) {
    this.#site = site;
    this.#house = house;
    this.#onUp = onUp;
    this.counters = new Counters(site.hcode, site.stations);
    this.#lanes = new Lanes(site.settings.ratePerSecond);
    this.#breaker = new Breaker({ failures: site.settings.breakerFailures, probeMs: site.settings.probeMs });
    house.metrics.set('breaker-open', 0, { site: site.hcode });
  }

  /** Whether NHSO is taken to be reachable. While it is down, draft, confirm and look-up work waits in the ledger. */
  get status(): 'up' | 'down' {
    return this.#breaker.isOpen ? 'down' : 'up';
  }

  /** Runs `work` when it is its turn at the agent: one at a time for each agent, and not above the site's rate. */
  turn<T>(station: Station, urgency: Urgency, work: () => Promise<T>): Promise<T> {
    return this.#lanes.turn(station.id, urgency, () => this.#alone(work));
  }

  /** One call to NHSO, counted and timed. Its outcome tells whether NHSO is up. */
  async ask<T>(call: keyof NhsoAgent & string, send: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const done = (outcome: string): void =>
      this.#house.metrics.observe('nhso-call', (performance.now() - begun) / 1000, {
        site: this.#site.hcode,
        call,
        outcome,
      });
    try {
      const answer = await send();
      done('ok');
      this.#noteUp();
      return answer;
    } catch (error) {
      done(isBridgeError(error) ? error.code : 'error');
      // a refusal is an answer: NHSO is there
      if (isBridgeError(error, 'nhso-refused')) this.#noteUp();
      if (isBridgeError(error, 'nhso-unavailable', 'agent-timeout')) this.#noteDown(error);
      throw error;
    }
  }

  /**
   * The same for work of the queue, whose turn may come after NHSO was found to be down: then nothing is sent, so that
   * work that had queued up does not run into the outage one by one.
   */
  askWhileUp<T>(call: keyof NhsoAgent & string, send: () => Promise<T>): Promise<T> {
    if (this.status === 'up') return this.ask(call, send);
    throw new BridgeError('nhso-unavailable', 'NHSO cannot be reached', { retry: 'yes' });
  }

  /**
   * Runs `send`, when it is the agent's turn, at the first station whose agent is there, `preferred` before the others:
   * a look-up works from any counter, also while one PC is switched off.
   */
  async atAnyStation<T>(
    preferred: string | null,
    urgency: Urgency,
    send: (agent: NhsoAgent) => Promise<T>,
  ): Promise<T> {
    let unreachable: unknown;
    for (const station of this.counters.inOrder(preferred)) {
      try {
        const answer = await this.turn(station, urgency, () => send(station.agent));
        this.counters.noteThere(station);
        return answer;
      } catch (error) {
        if (!isBridgeError(error, 'agent-unreachable')) throw error;
        this.counters.noteAway(station);
        unreachable = error;
      }
    }
    throw unreachable;
  }

  /** A counter has just read a card with NHSO's word: the work that waits is tried, but draft and confirm may yet fail. */
  noteCardRead(): void {
    if (this.#breaker.seenToAnswer(this.#house.clock.now())) this.#goOn();
  }

  /** Another bridge found NHSO to answer at `at`. What it found before this one lost sight of NHSO is no news. */
  noteElsewhere(at: Instant): void {
    if (at > (this.#breaker.openedAt ?? at)) this.noteCardRead();
  }

  /** Whether {@link probe} would ask now. */
  get isProbeDue(): boolean {
    return this.#breaker.isProbeDue(this.#house.clock.now());
  }

  #noteUp(): void {
    if (this.#breaker.succeeded()) this.#goOn();
  }

  #goOn(): void {
    this.#house.log.info({ site: this.#site.hcode }, 'NHSO answers again; the work that waited goes on');
    this.#house.metrics.set('breaker-open', 0, { site: this.#site.hcode });
    this.#onUp();
  }

  /**
   * Asks NHSO for the newest code of this person, if a probe is due: harmless, and tells whether NHSO is back. Not when
   * another bridge makes the probe of this while: it tells what it finds (`isOurTurn` is asked then).
   */
  async probe(pid: string, isOurTurn: () => Promise<boolean>): Promise<void> {
    if (!this.#breaker.takeProbe(this.#house.clock.now()) || !(await isOurTurn())) return;
    // a card read may have told it meanwhile
    if (this.status === 'up') return;
    try {
      await this.atAnyStation(null, 'any-day', (agent) =>
        this.ask('latestAuthenCode', () => agent.latestAuthenCode(pid)),
      );
    } catch (error) {
      if (!isBridgeError(error)) throw error;
      this.#house.log.debug({ site: this.#site.hcode, code: error.code }, 'NHSO probe: still down');
    }
  }

  #noteDown(error: BridgeError): void {
    if (!this.#breaker.failed(this.#house.clock.now())) return;
    this.#house.log.warn(
      { site: this.#site.hcode, code: error.code, why: error.message },
      'NHSO cannot be reached: the work waits, readers read the card only, a probe is made every while',
    );
    this.#house.metrics.set('breaker-open', 1, { site: this.#site.hcode });
  }

  /** While NHSO is on trial one call at a time goes to it, over whichever agent; the others wait for what becomes of it. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#breaker.isOnTrial && this.#trial !== null) await this.#trial;
    if (!this.#breaker.isOnTrial) return work();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#trial = promise;
    try {
      return await work();
    } finally {
      this.#trial = null;
      resolve();
    }
  }
}
