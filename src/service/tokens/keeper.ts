/** Keeps one token of one hospital: has the living one ready, and knows why there is none. */

import type { Instant } from '../../domain/bangkok.ts';
import { type BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import { isAlive, isDueForRenewal } from '../../domain/token.ts';
import type { StoredToken } from '../ports/tokens.ts';
import { takeFromSource } from './from-source.ts';
import type { Place, TokenHouse } from './house.ts';
import { missing } from './missing.ts';
import { renewAlone } from './renewal.ts';

/** Until it is tried again, ms: where only the file can bring one; where NHSO did not answer; where NHSO said no. */
const PAUSE_MS = { file: 1_000, away: 30_000, refused: 10 * 60_000 };

/** A new token was refused as soon as it was tried: log-in after log-in would not help. */
const FRESH_REFUSED_MS = 60_000;

/** The last use is told in days: it is written down once in so many ms. */
const USE_MS = 60_000;

export interface KeeperOptions {
  holder: string;
  leaseMs: number;
}

export class Keeper {
  readonly place: Place;
  readonly #house: TokenHouse;
  readonly #options: KeeperOptions;
  #inHand: Promise<StoredToken> | null = null;
  #reading: Promise<StoredToken | null> | null = null;
  /** The newest refusal that is noted, or being noted. */
  #refusal: { of: string; noted: Promise<void> } | null = null;
  /** No second try before then (monotonic ms), and what the first came to. */
  #pause: { until: number; error: BridgeError } | null = null;
  #lookedAt: Instant | null = null;
  #isEnding = false;
  #usedAt = Number.NEGATIVE_INFINITY;
  /** Why the source or NHSO gave none at the last try; null when it did. */
  trouble: BridgeError | null = null;

  constructor(house: TokenHouse, place: Place, options: KeeperOptions) {
    this.#house = house;
    this.place = place;
    this.#options = options;
  }

  /** Callers that come while it is read share what is read: with 200 at once the ledger is asked once. */
  stored(): Promise<StoredToken | null> {
    const { hcode, source } = this.place;
    this.#reading ??= this.#house.ledger.tokens.get(hcode, source.kind).finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /**
   * Whether calls may be made with it now. Between midnight and its renewal they may not, although it may say of itself
   * that it lives; once the renewal has failed it is used while it lasts.
   */
  isReady(token: StoredToken): boolean {
    return this.#isFit(token) || (this.#isPaused() && isAlive(token, this.#house.clock.now()));
  }

  /**
   * The living token, of a later generation than `after`; where there is none it is looked for and renewed. Throws BridgeError
   * `token-missing` (retry yes), `ledger-unavailable`, `config`.
   */
  async living(after = 0): Promise<StoredToken> {
    const stored = await this.stored();
    if (stored !== null && stored.generation > after && this.isReady(stored)) return stored;
    const first = await this.#obtain();
    if (first.generation > after) return first;
    // that was under way before the refusal was known
    const second = await this.#obtain();
    if (second.generation > after) return second;
    throw missing(this.place, this.trouble);
  }

  /** Something may have changed there: what was found out before does not count. */
  tryAnew(): void {
    this.#pause = null;
  }

  /** Once for all callers that met the same refusal. A hospital's UUID may be refused again, an hour later. */
  async noteRefused({ generation, refusedAt }: StoredToken, isFresh: boolean): Promise<void> {
    const of = `${generation} ${refusedAt}`;
    if (this.#refusal?.of !== of) {
      const noted = this.#noteRefusal(generation);
      this.#refusal = { of, noted };
      noted.catch(() => {
        // whoever waits for it is told; the next refusal is noted anew
        this.#refusal = null;
      });
    }
    await this.#refusal.noted;
    if (isFresh) this.#pauseFor(FRESH_REFUSED_MS, missing(this.place, this.trouble));
  }

  async #noteRefusal(generation: number): Promise<void> {
    const { hcode, source } = this.place;
    const { clock, ledger, log } = this.#house;
    await ledger.tokens.noteRefused(hcode, source.kind, generation, clock.now());
    log.warn({ site: hcode, kind: source.kind, generation }, 'NHSO refused the token');
  }

  /** A ledger that is away just now costs nobody the answer that has come. */
  async noteUsed(): Promise<void> {
    if (performance.now() < this.#usedAt + USE_MS) return;
    this.#usedAt = performance.now();
    const { hcode, source } = this.place;
    try {
      await this.#house.ledger.tokens.noteUsed(hcode, source.kind, this.#house.clock.now());
    } catch (error) {
      if (!isBridgeError(error, 'ledger-unavailable')) throw error;
      this.#usedAt = Number.NEGATIVE_INFINITY;
      this.#house.log.debug({ site: hcode, kind: source.kind }, 'the use of a token could not be noted');
    }
  }

  /** Looks at the source, whatever stands in the ledger, and renews what is due. Throws as {@link living}. */
  async settle(): Promise<void> {
    await this.#inHand?.catch(ignored);
    await this.#obtain();
  }

  /** Waits for no other process any more; resolves when what is in hand has ended, however. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await this.#inHand?.catch(ignored);
  }

  /** All callers of this process wait for the same. */
  #obtain(): Promise<StoredToken> {
    this.#inHand ??= this.#lookAndRenew().finally(() => {
      this.#inHand = null;
    });
    return this.#inHand;
  }

  async #lookAndRenew(): Promise<StoredToken> {
    if (this.#isPaused()) return this.#afterAll(await this.stored());
    const { stood, trouble } = await this.#look();
    this.trouble = trouble;
    if (stood !== null && this.#isFit(stood)) return stood;
    if (this.place.source.renew === undefined || (stood?.refresh ?? null) === null) {
      return this.#giveUp(stood, trouble);
    }
    const options = {
      ...this.#options,
      isFit: (token: StoredToken) => this.#isFit(token),
      isEnding: () => this.#isEnding,
    };
    try {
      const renewed = await renewAlone(this.#house, this.place, options);
      // whatever our clock says of it: it was had this moment
      return renewed ?? this.#giveUp(null, trouble);
    } catch (error) {
      if (!isBridgeError(error, 'nhso-unavailable', 'token-refused')) throw error;
      return this.#giveUp(stood, error);
    }
  }

  /** What the source holds, or what stands in the ledger when it cannot be read. */
  async #look(): Promise<{ stood: StoredToken | null; trouble: BridgeError | null }> {
    try {
      const stood = await takeFromSource(this.#house, this.place, this.#lookedAt);
      this.#lookedAt = this.#house.clock.now();
      return { stood, trouble: null };
    } catch (error) {
      if (!isBridgeError(error, 'token-unreadable')) throw error;
      return { stood: await this.stored(), trouble: error };
    }
  }

  #isFit(token: StoredToken): boolean {
    const now = this.#house.clock.now();
    return isAlive(token, now) && !isDueForRenewal(token, now);
  }

  #giveUp(stood: StoredToken | null, trouble: BridgeError | null): StoredToken {
    this.trouble = trouble;
    this.#pauseFor(pauseAfter(trouble), missing(this.place, trouble));
    return this.#afterAll(stood);
  }

  /** One that is due for renewal and lives serves all the same. */
  #afterAll(stood: StoredToken | null): StoredToken {
    if (stood !== null && isAlive(stood, this.#house.clock.now())) return stood;
    throw this.#pause?.error ?? missing(this.place, this.trouble);
  }

  /** By a clock that is never set. */
  #isPaused(): boolean {
    return this.#pause !== null && performance.now() < this.#pause.until;
  }

  #pauseFor(ms: number, error: BridgeError): void {
    this.#pause = { until: performance.now() + ms, error };
  }
}

function pauseAfter(trouble: BridgeError | null): number {
  if (trouble?.code === 'nhso-unavailable') return PAUSE_MS.away;
  return trouble?.code === 'token-refused' ? PAUSE_MS.refused : PAUSE_MS.file;
}

/** Whoever began it is told. */
function ignored(): void {
  // nothing
}
