/**
 * The looks at one HIS: never two at a time in this process, at the pace that suits it, and at once when it rings. What
 * a look finds is the intake's business.
 */

import type { Instant } from '../domain/bangkok.ts';
import { errorText } from '../domain/bridge-error.ts';
import type { Intake } from './intake.ts';
import {
  isDue,
  type Looked,
  type Pace,
  paceOf,
  RINGS_AT_ONCE,
  ringMs,
  SLOW_POLLS,
  type Tick,
} from './pace.ts';
import type { ChangeListener, ChangeWatch } from './ports/his.ts';
import type { House, Site } from './site.ts';
import { Turns } from './turns.ts';

/** Changes come in bunches (a visit is rows in several tables): one look for all that come in so short a time, ms. */
const BUNCH_MS = 15;
/** Statements and connections have time-outs of their own; a look that takes longer than this is not waited for, ms. */
const HANGS_MS = 120_000;
/** For letting go of a HIS's log of changes at the end, ms: one that is away must not hold up the exit. */
const UNWATCH_MS = 3_000;

export interface SitePollParts {
  house: Pick<House, 'clock' | 'log' | 'metrics'>;
  site: Pick<Site, 'hcode' | 'his' | 'settings'>;
  intake: Pick<Intake, 'poll'>;
  /** So many paces (0…1) later than the first site; see `isDue`. */
  share: number;
  /** What all sites may ring for together; see {@link Turns}. Ms to wait. */
  ringTurn: () => number;
}

/** What is known of the HIS's own log of changes. */
export interface Hearing {
  isListening: boolean;
  /** Since when that is so. */
  since: Instant;
  /** Why not. */
  why: string | null;
}

export class SitePoll {
  readonly hcode: string;
  readonly #parts: SitePollParts;
  readonly #rings = new Turns(RINGS_AT_ONCE);
  readonly #looked: Looked & { tookMs: number[] };
  #hearing: Hearing | null = null;
  #watch: ChangeWatch | null = null;
  #inHand: Promise<void> | null = null;
  #begunAt = 0;
  #askedAt: Instant | null = null;
  /** Something has changed that no look has seen yet. */
  #isRung = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: SitePollParts) {
    this.hcode = parts.site.hcode;
    this.#parts = parts;
    this.#looked = { failures: 0, tookMs: [], newsAt: parts.house.clock.now(), isHeard: false };
  }

  /** Begins to listen to the HIS's log of changes, where that is configured. Throws nothing. */
  watch(): void {
    const listener: ChangeListener = {
      changed: () => this.ring(),
      listening: (isListening, why) => this.#listening(isListening, why),
    };
    this.#watch = this.#parts.site.his.watch(listener);
    if (this.#watch !== null) this.#hearing ??= { isListening: false, since: this.#now(), why: null };
  }

  /** How often it is asked just now. */
  get pace(): Pace {
    return paceOf(this.#parts.site.settings, this.#looked, this.#now());
  }

  /** Null where the HIS's log of changes is not listened to. */
  get hearing(): Hearing | null {
    return this.#hearing;
  }

  /** When it was last asked here, whatever came of it. */
  get askedAt(): Instant | null {
    return this.#askedAt;
  }

  isDue(tick: Tick): boolean {
    return !this.#isStopped && !this.#isBusy() && isDue(tick, this.pace, this.#parts.share, this.#askedAt);
  }

  /** Whether the next look will take its time, as far as the last ones tell. */
  isSlow(ms: number): boolean {
    return this.#looked.failures > 0 || (this.#looked.tookMs.at(-1) ?? 0) > ms;
  }

  /** One look, until it has ended; nothing when one is under way. Never throws. */
  async poll(mayReadPastDay: () => boolean): Promise<void> {
    if (this.#isStopped || this.#isBusy()) return;
    // it sees what was rung for
    const isRung = this.#isRung;
    this.#isRung = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#askedAt = this.#now();
    this.#begunAt = performance.now();
    const mine: Promise<void> = this.#look(isRung, mayReadPastDay).finally(() => {
      if (this.#inHand !== mine) return;
      this.#inHand = null;
      if (this.#isRung) this.ring();
    });
    this.#inHand = mine;
    await mine;
  }

  /** Something has changed: a look follows, soon, and after the one that is under way. Never throws. */
  ring(): void {
    if (this.#isStopped) return;
    this.#isRung = true;
    if (this.#timer !== undefined || this.#inHand !== null) return;
    const own = this.#rings.take(performance.now(), ringMs(this.#looked));
    const wait = Math.max(BUNCH_MS, own, this.#parts.ringTurn());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.poll(() => false);
    }, wait);
  }

  /** Takes up nothing more; the look that is under way goes on, for at most `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await Promise.all([
      within(limitMs, this.#inHand ?? Promise.resolve()),
      within(UNWATCH_MS, this.#unwatch()),
    ]);
  }

  async #unwatch(): Promise<void> {
    try {
      await this.#watch?.close();
    } catch (error) {
      this.#parts.house.log.warn(
        { site: this.hcode, why: errorText(error) },
        'change capture did not end well',
      );
    }
  }

  #isBusy(): boolean {
    if (this.#inHand === null) return false;
    if (performance.now() - this.#begunAt < HANGS_MS) return true;
    this.#parts.house.log.error(
      { site: this.hcode, seconds: HANGS_MS / 1000 },
      'a look at the HIS does not end; the next one comes without it. If it says so again, restart the bridge and report it',
    );
    this.#inHand = null;
    return false;
  }

  async #look(isRung: boolean, mayReadPastDay: () => boolean): Promise<void> {
    const { house, intake } = this.#parts;
    const looked = this.#looked;
    const before = this.pace;
    try {
      const { tookMs, isAway, isNews } = await intake.poll({ isRung, mayReadPastDay });
      looked.failures = isAway ? looked.failures + 1 : 0;
      looked.tookMs = [...looked.tookMs, ...(tookMs === null ? [] : [tookMs])].slice(-SLOW_POLLS);
      if (isNews) looked.newsAt = this.#now();
    } catch (error) {
      looked.failures += 1;
      house.log.error({ site: this.hcode, error }, 'a look at the HIS failed; the next one comes as planned');
    }
    this.#tellPace(before);
  }

  #tellPace(before: Pace): void {
    const { house } = this.#parts;
    const pace = this.pace;
    house.metrics.set('poll-pace', pace.ms / 1000, { site: this.hcode });
    house.metrics.set('his-up', this.#looked.failures === 0 ? 1 : 0, { site: this.hcode });
    if (pace.reason !== before.reason && (pace.reason === 'slow' || before.reason === 'slow'))
      house.log.info(
        { site: this.hcode, seconds: pace.ms / 1000, tookMs: Math.round(this.#looked.tookMs.at(-1) ?? 0) },
        pace.reason === 'slow'
          ? 'the HIS answers slowly: it is asked less often, so as not to add to its load'
          : 'the HIS answers quickly again',
      );
  }

  #listening(isListening: boolean, why: string | null): void {
    const { log, metrics } = this.#parts.house;
    const before = this.#hearing;
    this.#looked.isHeard = isListening;
    metrics.set('change-capture', isListening ? 1 : 0, { site: this.hcode });
    if (before?.isListening === isListening && before.why === why) return;
    const since = before?.isListening === isListening ? before.since : this.#now();
    this.#hearing = { isListening, since, why };
    if (isListening) log.info({ site: this.hcode }, 'changes in the HIS are heard of as they are made');
    else log.warn({ site: this.hcode, why }, 'changes in the HIS are not heard of: it is polled instead');
    // what was changed before somebody listened rang for nobody
    if (isListening) this.ring();
  }

  #now(): Instant {
    return this.#parts.house.clock.now();
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
