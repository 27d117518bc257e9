/**
 * Rights without a card: for people whose visit has waited long enough for its card, NHSO is asked by citizen id. One process
 * at a time does it (a schedule of the queue), each person is asked for once a day however many visits they have, and what is to
 * be asked stands in the ledger alone: a restart, a token that has died or an outage of NHSO costs no more than time.
 *
 * It says who pays and nothing else: no case moves by it, and no code is asked for.
 */

import { serviceDateOf } from '../domain/bangkok.ts';
import { type BridgeError, isBridgeError } from '../domain/bridge-error.ts';
import { type FoundRight, nextRightTry } from '../domain/found-right.ts';
import { rightTold } from '../domain/machine/right.ts';
import { Breaker } from './breaker.ts';
import type { DuePerson } from './ports/found-rights.ts';
import type { RightFound, RightSearch } from './ports/right-search.ts';
import type { House, Site } from './site.ts';
import { toCaseChange } from './update.ts';

/** How often somebody looks who is due, ms. */
export const RIGHTS_MS = 15_000;
/** A run ends before the next one is due, whatever is left: another process may take it then. */
const RUN_MS = RIGHTS_MS - 1_000;
/** Calls in hand at a time: NHSO's services take seconds where they are slow, and the rate is a bound and not a wish. */
const AT_ONCE = 4;
const MOST = 500;
const TRIES = 8;

/** One run: whether it goes on, and the fault of ours that ended it. */
interface Run {
  isOver: boolean;
  fault: unknown;
}

export class RightsWithoutCard {
  readonly #house: Pick<House, 'ledger' | 'tokens' | 'clock' | 'log' | 'metrics'>;
  readonly #site: Pick<Site, 'hcode' | 'settings'>;
  readonly #search: RightSearch;
  readonly #breaker: Breaker;
  readonly #stopping = Promise.withResolvers<void>();
  #isStopping = false;

  constructor(
    house: Pick<House, 'ledger' | 'tokens' | 'clock' | 'log' | 'metrics'>,
    site: Pick<Site, 'hcode' | 'settings'>,
    search: RightSearch,
  ) {
    const { breakerFailures: failures, probeMs } = site.settings;
    this.#house = house;
    this.#site = site;
    this.#search = search;
    this.#breaker = new Breaker({ failures, probeMs });
  }

  /**
   * One turn of the schedule: asks for those who are due, at the site's rate, for at most {@link RUN_MS}. While no token lives
   * nothing is asked and nothing counts as failed. Throws what the ledger throws, and `config`.
   */
  async run(): Promise<void> {
    const run: Run = { isOver: false, fault: undefined };
    const inHand = new Set<Promise<void>>();
    const until = performance.now() + RUN_MS;
    for (const person of await this.#due()) {
      if (inHand.size >= AT_ONCE) await Promise.race(inHand);
      if (this.#isStopping || run.isOver || performance.now() > until || !(await this.#isOpen())) break;
      const asked: Promise<void> = this.#ask(person, run).finally(() => inHand.delete(asked));
      inHand.add(asked);
      // after each, the last one too: the next run, in whatever process, begins its own count
      await this.#pause(1_000 / this.#site.settings.rightsPerSecond);
    }
    await Promise.all(inHand);
    if (run.fault !== undefined) throw run.fault;
  }

  /** A run under way asks for nobody more; it ends with what is in hand. */
  stop(): void {
    this.#isStopping = true;
    this.#stopping.resolve();
  }

  /** While NHSO is down: one person a while, to see whether it is back. */
  async #due(): Promise<DuePerson[]> {
    const now = this.#house.clock.now();
    if (this.#isStopping || !(await this.#isOpen())) return [];
    if (this.#breaker.isOpen && !this.#breaker.takeProbe(now)) return [];
    const { hcode, settings } = this.#site;
    const inTime = Math.ceil((RUN_MS / 1_000) * settings.rightsPerSecond);
    return this.#house.ledger.rights.due({
      ...{ hcode, serviceDate: serviceDateOf(now), now, knownSince: now - settings.rightsAfterMs },
      limit: this.#breaker.isOpen ? 1 : Math.min(inTime, MOST),
    });
  }

  #isOpen(): Promise<boolean> {
    return this.#house.tokens.isOpen(this.#site.hcode, this.#search.tokenKind);
  }

  /** Never throws: what ends the run is noted in it. */
  async #ask(person: DuePerson, run: Run): Promise<void> {
    try {
      const answer = await this.#answerFor(person, run);
      if (answer !== null) await this.#keep(person, answer);
    } catch (error) {
      run.isOver = true;
      run.fault = error;
    }
  }

  /** Null when there is none: the person's turn comes again, later when NHSO has failed or refused. */
  async #answerFor(person: DuePerson, run: Run): Promise<RightFound | null> {
    const { hcode } = this.#site;
    const { tokenKind } = this.#search;
    try {
      const answer = await this.#house.tokens.use(hcode, tokenKind, (token) =>
        this.#timed(() => this.#search.search(person.pid, token)),
      );
      if (this.#breaker.succeeded())
        this.#house.log.info({ site: hcode }, 'the right search answers again; rights are asked for');
      return answer;
    } catch (error) {
      if (!isBridgeError(error)) throw error;
      // the gate has closed under way: nobody has failed
      if (error.code === 'token-missing' || error.code === 'token-refused') {
        run.isOver = true;
        return null;
      }
      if (!isOfNhso(error)) throw error;
      await this.#putOff(person, error);
      if (this.#noteFailed(error)) run.isOver = true;
      return null;
    }
  }

  async #putOff(person: DuePerson, error: BridgeError): Promise<void> {
    const at = this.#house.clock.now();
    const failures = person.failures + 1;
    await this.#house.ledger.rights.failed(person, {
      ...{ source: this.#search.name, at, failures, failure: error.code },
      nextTryAt: nextRightTry(failures, error.retry !== 'no', at),
    });
  }

  /**
   * True when nobody more is to be asked for now. Refusals count as well: a service that refuses one after another refuses
   * the hospital and not the people.
   */
  #noteFailed(error: BridgeError): boolean {
    if (this.#breaker.failed(this.#house.clock.now()))
      this.#house.log.warn(
        { site: this.#site.hcode, source: this.#search.name, code: error.code, why: error.message },
        'rights cannot be asked for: visits without a card wait for theirs, and one is tried every while',
      );
    return this.#breaker.isOpen;
  }

  /** Stores the answer, and tells the cases that it concerns in the same transaction. */
  async #keep({ hcode, pid, serviceDate }: DuePerson, answer: RightFound): Promise<void> {
    const { ledger, clock } = this.#house;
    const found: FoundRight = {
      ...{ hcode, pid, serviceDate, answer: answer.kind, source: this.#search.name, askedAt: clock.now() },
      right: answer.kind === 'right' ? answer.right : null,
      person: answer.kind === 'unknown-person' ? null : answer.person,
    };
    for (let attempt = 1; ; attempt++) {
      const cases = await ledger.casesOfPerson(hcode, pid, serviceDate);
      const changes = cases.flatMap((c) => {
        const told = rightTold(c, found, clock.now());
        return told === null ? [] : [toCaseChange(c, told)];
      });
      try {
        await ledger.rights.answered(found, changes);
        return;
      } catch (error) {
        if (!isBridgeError(error, 'conflict') || attempt === TRIES) throw error;
      }
    }
  }

  async #timed<T>(call: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const labels = { site: this.#site.hcode, call: 'rightSearch' };
    const done = (outcome: string): void =>
      this.#house.metrics.observe('nhso-call', (performance.now() - begun) / 1000, { ...labels, outcome });
    try {
      const answer = await call();
      done('ok');
      return answer;
    } catch (error) {
      done(isBridgeError(error) ? error.code : 'error');
      throw error;
    }
  }

  /** By no clock that can be set; ends early when the process does. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, this.#stopping.promise]);
    clearTimeout(timer);
  }
}

/** Whether it says something of NHSO or of the person, and not of our own house. */
function isOfNhso({ code }: BridgeError): boolean {
  return ['nhso-unavailable', 'nhso-refused', 'agent-bad-answer', 'agent-timeout'].includes(code);
}
