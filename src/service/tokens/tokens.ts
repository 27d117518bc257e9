/**
 * The tokens of all sites: whoever calls NHSO with one asks here. The gate of a token is open while a living one stands in the
 * ledger. That follows from the token and the time, so it is kept nowhere: a midnight that nobody saw (process down, machine
 * asleep, clock set back) needs no work of its own.
 */

import { randomUUID } from 'node:crypto';
import { errorText, isBridgeError } from '../../domain/bridge-error.ts';
import { isAlive, type TokenKind, tokenState } from '../../domain/token.ts';
import type { Finding } from '../ports/finding.ts';
import type { StoredToken } from '../ports/tokens.ts';
import { tokenFindings } from './findings.ts';
import type { TokenHouse } from './house.ts';
import { Keeper } from './keeper.ts';
import { missing, notConfigured } from './missing.ts';
import { LEASE_MS } from './renewal.ts';

/** How often this process looks at what stands in the ledger: another one may have renewed it, or midnight has come. */
const TEND_MS = 2_000;

export interface TokensOptions {
  /** How long a renewal may take before another process does it. */
  leaseMs?: number;
}

type OnOpen = (hcode: string, kind: TokenKind) => void;

/** A keeper, and what this process last knew, to tell what changes. */
interface Watched {
  keeper: Keeper;
  openingTime: string;
  stored: StoredToken | null;
  isOpen: boolean | null;
  isTended: boolean;
}

export class Tokens {
  readonly #house: TokenHouse;
  readonly #watched = new Map<string, Watched>();
  readonly #onOpen: OnOpen[] = [];
  readonly #ending: (() => void)[] = [];
  readonly #inHand = new Set<Promise<void>>();

  constructor(house: TokenHouse, { leaseMs = LEASE_MS }: TokensOptions = {}) {
    this.#house = house;
    const holder = `${process.pid}-${randomUUID()}`;
    for (const { hcode, tokenSources, settings } of house.sites.values()) {
      for (const source of tokenSources) {
        const keeper = new Keeper(house, { hcode, source }, { holder, leaseMs });
        const { openingTime } = settings;
        this.#watched.set(`${hcode}/${source.kind}`, {
          keeper,
          openingTime,
          stored: null,
          isOpen: null,
          isTended: false,
        });
      }
    }
  }

  /**
   * Makes a call with the living token. One that NHSO refuses (`call` throws BridgeError `token-refused`) is renewed once,
   * over all processes, and the call repeated once. Throws what `call` throws, `token-missing` (retry yes: a person must do
   * something, its message says what), `config` (no source of that kind), `ledger-unavailable`.
   */
  async use<T>(hcode: string, kind: TokenKind, call: (token: StoredToken) => Promise<T>): Promise<T> {
    const keeper = this.#keeper(hcode, kind);
    const first = await keeper.living();
    const answer = await attempt(first, call);
    if (answer !== REFUSED) return this.#used(keeper, answer);
    await keeper.noteRefused(first, false);
    const second = await keeper.living(first.generation);
    const again = await attempt(second, call);
    if (again !== REFUSED) return this.#used(keeper, again);
    await keeper.noteRefused(second, true);
    throw missing(keeper.place, keeper.trouble);
  }

  /** Whether work that needs this token can be done now. Throws `ledger-unavailable`. */
  async isOpen(hcode: string, kind: TokenKind): Promise<boolean> {
    const keeper = this.#watched.get(`${hcode}/${kind}`)?.keeper;
    const stored = (await keeper?.stored()) ?? null;
    return keeper !== undefined && stored !== null && keeper.isReady(stored);
  }

  /** From now on called when a gate opens that was closed, or not yet looked at; soon after, in each process. */
  onOpen(listener: OnOpen): void {
    this.#onOpen.push(listener);
  }

  /** Begins to watch the sources, and takes up whatever has happened since. */
  start(): void {
    for (const watched of this.#watched.values()) {
      const { keeper } = watched;
      const stop = keeper.place.source.watch(() => {
        keeper.tryAnew();
        this.#begin(watched, () => keeper.settle());
      });
      // whatever the source does not tell of
      this.#begin(watched, () => keeper.settle());
      const timer = setInterval(() => this.#begin(watched, () => this.#tend(watched)), TEND_MS);
      this.#ending.push(stop, () => clearInterval(timer));
    }
  }

  /** What 00:00 Asia/Bangkok brings: what can be renewed is renewed, of the rest the log says what waits for whom. */
  async midnight(): Promise<void> {
    const settled = async (watched: Watched): Promise<void> => {
      watched.keeper.tryAnew();
      await this.#look(watched, () => watched.keeper.settle());
    };
    await Promise.all([...this.#watched.values()].map(settled));
  }

  /** As this process last saw them, at most a few seconds ago. */
  findings(): Finding[] {
    const now = this.#house.clock.now();
    return [...this.#watched.values()].flatMap(({ keeper, openingTime, stored }) =>
      tokenFindings({ place: keeper.place, openingTime, stored, trouble: keeper.trouble }, now),
    );
  }

  async stop(): Promise<void> {
    for (const end of this.#ending.splice(0)) end();
    await Promise.all(this.#inHand);
    await Promise.all([...this.#watched.values()].map(({ keeper }) => keeper.stop()));
  }

  #keeper(hcode: string, kind: TokenKind): Keeper {
    const watched = this.#watched.get(`${hcode}/${kind}`);
    if (watched === undefined) throw notConfigured(hcode, kind);
    return watched.keeper;
  }

  async #used<T>(keeper: Keeper, answer: T): Promise<T> {
    await keeper.noteUsed();
    return answer;
  }

  async #tend(watched: Watched): Promise<void> {
    const { keeper } = watched;
    // a renewal may take longer than the time between two looks
    if (watched.isTended) return;
    watched.isTended = true;
    try {
      const stored = await keeper.stored();
      if (stored === null || !keeper.isReady(stored)) await keeper.living();
    } finally {
      watched.isTended = false;
    }
  }

  #begin(watched: Watched, work: () => Promise<unknown>): void {
    const done: Promise<void> = this.#look(watched, work).finally(() => this.#inHand.delete(done));
    this.#inHand.add(done);
  }

  /** Does it, then tells whether the gate has opened or closed. Never throws: it comes again. */
  async #look(watched: Watched, work: () => Promise<unknown>): Promise<void> {
    const { hcode, source } = watched.keeper.place;
    const fields = { site: hcode, kind: source.kind };
    try {
      const why = await work().then(() => null, tokenMissing);
      watched.stored = await watched.keeper.stored();
      this.#tellGate(watched, why);
    } catch (error) {
      const code = isBridgeError(error) ? error.code : 'error';
      this.#house.log.warn(
        { ...fields, code, why: errorText(error) },
        'a token could not be looked at; it is tried again',
      );
    }
  }

  #tellGate(watched: Watched, why: string | null): void {
    const { keeper, stored, isOpen: was } = watched;
    const { hcode, source } = keeper.place;
    const { log, metrics, clock } = this.#house;
    const fields = { site: hcode, kind: source.kind };
    metrics.set('token-alive', stored !== null && isAlive(stored, clock.now()) ? 1 : 0, fields);
    const is = stored !== null && keeper.isReady(stored);
    watched.isOpen = is;
    if (is === was) return;
    if (!is) {
      const said = { ...fields, state: tokenState(stored, clock.now()), why };
      // each night they expire; anything else somebody should look at
      const say = said.state === 'expired' ? log.info : log.warn;
      say.call(log, said, 'no living token: the work that needs it waits');
      return;
    }
    log.info(fields, 'a living token is there: the work that needs it goes on');
    for (const listener of this.#onOpen) listener(hcode, source.kind);
  }
}

const REFUSED = Symbol('refused');

async function attempt<T>(
  token: StoredToken,
  call: (token: StoredToken) => Promise<T>,
): Promise<T | typeof REFUSED> {
  try {
    return await call(token);
  } catch (error) {
    if (isBridgeError(error, 'token-refused')) return REFUSED;
    throw error;
  }
}

/** What a person must do; anything else that goes wrong is thrown on. */
function tokenMissing(error: unknown): string {
  if (isBridgeError(error, 'token-missing')) return error.message;
  throw error;
}
