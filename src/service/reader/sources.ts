/** The sources of cards at this counter, looked at side by side; which of them is in use is decided in `choose.ts`. */

import type { Instant } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { CardSource } from '../ports/reader.ts';
import { orStop } from './bell.ts';
import {
  agentFailed,
  agentRead,
  type Choice,
  choose,
  firstChoice,
  readerHeld,
  type Sight,
  type Sights,
  type SourceName,
} from './choose.ts';

/** Null: not there by configuration. At least one is there. */
export type SourcesThere = Readonly<Record<SourceName, CardSource | null>>;

export interface Looked {
  choice: Choice;
  /** What the one in use showed just now. */
  sight: Sight;
}

export class Sources {
  readonly #parts: { clock: Clock; log: Log };
  readonly #agent: Watched | null;
  #pcsc: Watched | null;
  #choice: Choice;

  constructor(there: SourcesThere, parts: { clock: Clock; log: Log }) {
    this.#parts = parts;
    this.#agent = there.agent && new Watched(there.agent, parts.log);
    this.#pcsc = there.pcsc && new Watched(there.pcsc, parts.log);
    if (this.#agent === null && this.#pcsc === null) throw new TypeError('no source of cards');
    this.#choice = firstChoice({ agent: this.#agent !== null, pcsc: this.#pcsc !== null });
  }

  get choice(): Choice {
    return this.#choice;
  }

  get sights(): Sights {
    return { agent: this.#agent?.sight ?? null, pcsc: this.#pcsc?.sight ?? null };
  }

  /** Throws TypeError when it is not there. */
  source(name: SourceName): CardSource {
    return this.#watched(name).source;
  }

  /**
   * Looks at all of them, and waits for the one in use only: one that hangs must not hold up the one that works. Throws
   * `Stopped` at the signal, and faults of our own.
   */
  async look(signal: AbortSignal): Promise<Looked> {
    const { use } = this.#choice;
    for (const watched of [this.#agent, this.#pcsc]) watched?.begin();
    await orStop(this.#watched(use).look(), signal);
    this.#choose();
    // what the other one showed may be old
    if (this.#choice.use !== use) {
      await orStop(this.#watched(this.#choice.use).look(), signal);
      this.#choose();
    }
    return { choice: this.#choice, sight: this.#watched(this.#choice.use).seen };
  }

  /** The reader itself, seen just now; null when it is not driven here. */
  async lookDirectly(signal: AbortSignal): Promise<Sight | null> {
    if (this.#pcsc === null) return null;
    await orStop(this.#pcsc.look(), signal);
    return this.#pcsc.seen;
  }

  /** The agent could not read a card that the reader itself has read. */
  agentFailed(now: Instant, pauseMs: number): void {
    this.#choice = agentFailed(this.#choice, now, pauseMs);
  }

  agentRead(): void {
    this.#choice = agentRead(this.#choice);
  }

  readerHeld(): void {
    this.#choice = readerHeld(this.#choice);
  }

  #choose(): void {
    this.#dropWhatIsMissing();
    const before = this.#choice;
    this.#choice = choose(before, this.sights, this.#parts.clock.now());
    const { use, why } = this.#choice;
    if (use !== before.use)
      this.#parts.log.info({ from: before.use, to: use, why }, 'another source of cards');
  }

  /** What drives readers is not installed here, which is well as long as there is an agent. Said once. */
  #dropWhatIsMissing(): void {
    const sight = this.#pcsc?.sight;
    if (this.#agent === null || sight === undefined || sight === 'unknown') return;
    if (sight.is !== 'failed' || sight.code !== 'config') return;
    this.#parts.log.warn({ why: this.#pcsc?.words ?? '' }, 'cards are read through the NHSO agent alone');
    this.#pcsc = null;
  }

  #watched(name: SourceName): Watched {
    const watched = name === 'agent' ? this.#agent : this.#pcsc;
    if (watched === null) throw new TypeError(`no source ${name}`);
    return watched;
  }
}

/** One source and what it showed last. */
class Watched {
  readonly source: CardSource;
  readonly #log: Log;
  sight: Sight | 'unknown' = 'unknown';
  /** Of the last failure. */
  words = '';
  #looking: Promise<void> | null = null;
  /** A fault of our own in a look that nobody waited for. */
  #fault: unknown;

  constructor(source: CardSource, log: Log) {
    this.source = source;
    this.#log = log;
  }

  get seen(): Sight {
    if (this.sight === 'unknown') throw new TypeError(`${this.source.name} was not looked at`);
    return this.sight;
  }

  /** Resolves when it has answered, one way or the other. */
  look(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  begin(): void {
    this.look().catch((error: unknown) => {
      this.#fault = error;
    });
  }

  async #ask(): Promise<void> {
    try {
      this.sight = { is: 'slots', slots: await this.source.look() };
    } catch (error) {
      if (!isBridgeError(error)) throw error;
      const { code, detail, message } = error;
      const isNews = this.sight === 'unknown' || this.sight.is !== 'failed' || this.sight.code !== code;
      const fields = { source: this.source.name, code, ...detail };
      if (isNews) this.#log.info(fields, `the reader could not be looked at: ${message}`);
      this.sight = { is: 'failed', code };
      this.words = message;
    }
  }
}
