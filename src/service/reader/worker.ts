/**
 * The reader worker: looks at the reader through the source that serves best ({@link Sources}), reads when {@link plan}
 * says so, puts each read on disk before anything else is done with it, and lets the courier carry it to the bridge.
 */

import type { Instant } from '../../domain/bangkok.ts';
import { type BridgeError, errorText, isBridgeError } from '../../domain/bridge-error.ts';
import type { CardReadMessage } from '../../domain/card-read.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { BridgeLink, DeliveryReceipt, ReaderState, ReadSpool } from '../ports/reader.ts';
import { type Attempt, attempt, cardTrouble, nhsoWords, type Success } from './attempt.ts';
import { Bell, orStop, Stopped } from './bell.ts';
import { hasCard, type SourceName } from './choose.ts';
import {
  afterBlindLook,
  afterFailure,
  afterLook,
  afterRead,
  afterReceipt,
  type CounterPolicy,
  type CounterState,
  EMPTY_COUNTER,
  fallsBack,
  plan,
  type ReadKind,
  waitsForBridge,
} from './counter.ts';
import { carryReads } from './courier.ts';
import { cardReadMessage, OTHER_DAY_AT_NHSO, readAtOf, type Sighting, type Station } from './message.ts';
import { linkNow, readerState, troubleOf } from './report.ts';
import { Sources, type SourcesThere } from './sources.ts';
import { type CardTrouble, type CounterStatus, type LinkStatus, type Shown, statusLine } from './status.ts';

export interface ReaderParts {
  sources: SourcesThere;
  /** Rung when a source has something new to show; then nobody waits for the next look. */
  news?: Bell;
  spool: ReadSpool;
  bridge: BridgeLink;
  clock: Clock;
  log: Log;
  /** A fresh UUID for every read. */
  newId(): string;
  /** The status line, each time it says something new. */
  onStatus(line: string): void;
  /** Each time that it has changed, and every now and then as a sign of life. */
  onState?(state: ReaderState): void;
}

export interface ReaderSettings {
  station: Station;
  /** How often the reader is looked at, ms. */
  pollMs: number;
  settleMs: number;
  nhsoRetryMs: number;
}

/** While NHSO is down and a card waits for it, the bridge is asked so many times while this counter might try once itself. */
const ASKS_PER_TRY = 4;

/** The bridge is greeted this often, so that its absence and a wrong clock are known before a patient comes, ms. */
const GREET_MS = 60_000;
const GREET_AGAIN_MS = 10_000;

/** A sign of life, ms. */
const PULSE_MS = 15_000;

/** PC/SC shows a card when it has woken it: there is nothing to wait for. */
const DIRECT_SETTLE_MS = 0;

/** While a read cannot be put on disk it is tried again this often, ms. */
const DISK_RETRY_MS = 2_000;

/** Runs until the signal stops it. A write to disk in hand is finished; the parts are closed by who made them. */
export async function runReader(
  parts: ReaderParts,
  settings: ReaderSettings,
  signal: AbortSignal,
): Promise<void> {
  const worker = new ReaderWorker(parts, settings, signal);
  await worker.run();
}

class ReaderWorker {
  readonly #parts: ReaderParts;
  readonly #settings: ReaderSettings;
  readonly #sources: Sources;
  readonly #startedAt: Instant;
  readonly #signal: AbortSignal;
  /** Stops the one loop when the other has failed. */
  readonly #fault = new AbortController();
  readonly #spoolBell = new Bell();
  readonly #pollBell: Bell;
  #state: CounterState = EMPTY_COUNTER;
  #counter: CounterStatus = { is: 'starting' };
  #link: LinkStatus;
  /** Whether the bridge answered when it was greeted last. */
  #isReached: boolean | null = null;
  /** What was said of the card in the reader. */
  #ofCard: CounterStatus | null = null;
  /** Why it could not be read. */
  #because: CardTrouble | null = null;
  #line = '';
  /** The newest read that is on disk, or was. */
  #newest: CardReadMessage | null = null;

  constructor(parts: ReaderParts, settings: ReaderSettings, signal: AbortSignal) {
    this.#parts = parts;
    this.#settings = settings;
    this.#signal = AbortSignal.any([signal, this.#fault.signal]);
    this.#sources = new Sources(parts.sources, parts);
    this.#pollBell = parts.news ?? new Bell();
    this.#startedAt = parts.clock.now();
    const { waiting, rejected } = parts.spool;
    this.#link = { is: 'up', waiting, rejected, rejectedBecause: null };
  }

  async run(): Promise<void> {
    this.#show(this.#counter);
    const { spool, bridge, log } = this.#parts;
    const courier = carryReads(
      {
        spool,
        bridge,
        log,
        bell: this.#spoolBell,
        onLink: (link) => {
          this.#link = link;
          this.#show(this.#counter);
        },
        onReceipt: (receipt) => this.#hear(receipt),
      },
      this.#signal,
    );
    try {
      await Promise.all([this.#watch(), courier, this.#askBridge(), this.#greetBridge(), this.#pulse()]);
    } finally {
      this.#fault.abort();
    }
    this.#show({ is: 'stopped' });
  }

  /** What holds for the source in use. */
  get #policy(): CounterPolicy {
    const { use } = this.#sources.choice;
    const { asksNhso } = this.#sources.source(use);
    const settleMs = use === 'pcsc' ? DIRECT_SETTLE_MS : this.#settings.settleMs;
    return { ...this.#settings, asksNhso, settleMs };
  }

  async #watch(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#look();
        const now = this.#parts.clock.now();
        const next = plan(this.#state, now, this.#policy);
        if (next.do === 'read') {
          await this.#read(next.kind);
          // looked at again at once: the sooner a pulled card is seen, the smaller the chance to miss a swap
          continue;
        }
        const due = next.until === null ? this.#settings.pollMs : next.until - now;
        await this.#pollBell.wait(Math.min(due, this.#settings.pollMs), this.#signal);
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
      }
    }
  }

  #hear({ nhso }: DeliveryReceipt): void {
    this.#isReached = true;
    const before = this.#state.nhsoDown;
    this.#state = afterReceipt(this.#state, nhso, this.#parts.clock.now(), this.#policy);
    // NHSO is back, says the bridge: a card that waits for that is looked at now
    if (before !== null && this.#state.nhsoDown === null) this.#pollBell.ring();
  }

  /**
   * Whether NHSO is back, for a card that lies in the reader: the newest read is sent once more, which changes nothing, and
   * its receipt says so. No answer is no news: then this counter tries for itself.
   */
  async #askBridge(): Promise<void> {
    const { bridge, spool, log } = this.#parts;
    while (!this.#signal.aborted) {
      await new Bell().wait(this.#settings.nhsoRetryMs / ASKS_PER_TRY, this.#signal);
      // what waits in the spool is sent by the courier, whose receipts say the same
      if (!waitsForBridge(this.#state) || spool.waiting > 0 || this.#newest === null) continue;
      try {
        this.#hear(await orStop(bridge.deliver(this.#newest), this.#signal));
      } catch (error) {
        if (!(error instanceof Stopped))
          log.debug({}, `the bridge does not say how NHSO is: ${errorText(error)}`);
      }
    }
  }

  /** The bridge is asked whether it is there, and its clock compared with ours. */
  async #greetBridge(): Promise<void> {
    const { bridge, log } = this.#parts;
    while (!this.#signal.aborted) {
      try {
        await orStop(bridge.greet(), this.#signal);
        this.#isReached = true;
      } catch (error) {
        if (error instanceof Stopped) return;
        const { code, detail } = this.#known(error);
        if (this.#isReached !== false)
          log.info({ code, ...detail }, `the bridge does not answer: ${errorText(error)}`);
        // another page at the address tells nothing of the bridge: a proxy may let through what it serves, and no more
        const isOther = typeof detail.status === 'number' && detail.status < 500;
        this.#isReached = isOther ? null : false;
      }
      this.#show(this.#counter);
      await new Bell().wait(this.#isReached === false ? GREET_AGAIN_MS : GREET_MS, this.#signal);
    }
  }

  async #pulse(): Promise<void> {
    while (!this.#signal.aborted) {
      this.#tell();
      await new Bell().wait(PULSE_MS, this.#signal);
    }
  }

  async #look(): Promise<void> {
    const { choice, sight } = await this.#sources.look(this.#signal);
    if (sight.is === 'failed' || sight.slots.length === 0) {
      this.#state = afterBlindLook(this.#state);
      const { agent, pcsc } = this.#sources.sights;
      this.#show({ is: 'no-source', agent: troubleOf(agent), pcsc: troubleOf(pcsc) });
      return;
    }
    this.#state = afterLook(this.#state, sight.slots, this.#parts.clock.now(), this.#policy, choice.use);
    const { card } = this.#state;
    if (card === null) this.#show({ is: 'ready' });
    else if (card.told !== null) this.#show(this.#ofCard ?? { is: 'same-card', pid: card.told.pid });
    else if (card.failures === 0) this.#show({ is: 'reading' });
    else this.#show({ is: 'cannot-read', because: this.#because });
  }

  async #read(kind: ReadKind): Promise<void> {
    const { use } = this.#sources.choice;
    const first = await this.#attempt(use, kind);
    const full = kind === 'full' ? first.failed : null;
    const falls = full !== null && fallsBack(this.#state, full.code);
    const second = falls ? await this.#attempt(use, 'card-only') : first;
    const last = second.failed !== null && use === 'agent' ? await this.#readDirectly(second) : second;
    if (last.failed === null) {
      if (last.by === 'agent') this.#sources.agentRead();
      await this.#keep(last, full);
      return;
    }
    this.#because = cardTrouble(last.failed);
    if (last.failed.code === 'reader-busy') this.#sources.readerHeld();
    const now = this.#parts.clock.now();
    const { code } = last.failed;
    const isHopeless = this.#because === 'other-card';
    this.#state = afterFailure(this.#state, code, full?.code ?? null, now, this.#policy, isHopeless);
  }

  /**
   * The agent could not read a card that nothing is known of yet. If PC/SC sees one, it is read there, and the agent is left
   * alone for a while: it may have lost sight of the reader. `failed`: what it said.
   */
  async #readDirectly(failed: Attempt): Promise<Attempt> {
    if (this.#state.card?.told !== null) return failed;
    const sight = await this.#sources.lookDirectly(this.#signal);
    if (sight?.is !== 'slots' || !hasCard(sight)) return failed;
    const direct = await this.#attempt('pcsc', 'card-only');
    const now = this.#parts.clock.now();
    if (direct.failed === null) {
      this.#sources.agentFailed(now, this.#settings.nhsoRetryMs);
      this.#state = afterLook(this.#state, sight.slots, now, this.#policy, 'pcsc');
      return direct;
    }
    // what PC/SC says of the card is the better word, what it says of itself is none
    return cardTrouble(direct.failed) === null ? failed : direct;
  }

  #attempt(by: SourceName, kind: ReadKind): Promise<Attempt> {
    const { clock, log } = this.#parts;
    const source = this.#sources.source(by);
    return attempt({ by, source }, kind, { clock, log, signal: this.#signal });
  }

  async #keep({ seen, by }: Success, full: BridgeError | null): Promise<void> {
    const { pid, kind, at } = seen;
    const again = this.#state.card?.told != null;
    const after = afterRead(this.#state, { pid, kind, at }, full?.code ?? null, this.#policy);
    if (!after.repeat) await this.#spool(seen);
    // taken anew: a receipt may have come while the disk wrote
    this.#state = afterRead(this.#state, { pid, kind, at }, full?.code ?? null, this.#policy).state;
    const isOnly = by === 'pcsc' && this.#parts.sources.agent === null;
    if (after.repeat) this.#ofCard = { is: 'same-card', pid };
    else if (full?.code === 'nhso-refused') this.#ofCard = { is: 'refused', pid, message: nhsoWords(full) };
    else this.#ofCard = { is: 'read', pid, kind, again, by: isOnly ? 'pcsc-only' : by };
    this.#show(this.#ofCard);
  }

  /** Holds the read until it is on disk: there is nothing more important to do at this counter. */
  async #spool(seen: Sighting): Promise<void> {
    const { spool, log, newId } = this.#parts;
    const message = cardReadMessage(newId(), this.#settings.station, seen);
    const aheadMs = seen.at - readAtOf(seen);
    if (aheadMs !== 0) log.warn({ readId: message.id, aheadMs }, OTHER_DAY_AT_NHSO);
    for (;;) {
      try {
        await spool.add(message);
        this.#newest = message;
        log.info({ readId: message.id, kind: message.kind }, 'card read');
        this.#spoolBell.ring();
        return;
      } catch (error) {
        log.error({ readId: message.id }, `the read is not on disk yet: ${errorText(error)}`);
        this.#show({ is: 'cannot-keep', reason: errorText(error) });
        if (this.#signal.aborted) throw error;
        await new Bell().wait(DISK_RETRY_MS, this.#signal);
      }
    }
  }

  /** Only failures of the outside world are lived with; a fault of our own goes up. */
  #known(error: unknown): BridgeError {
    if (!isBridgeError(error)) throw error;
    return error;
  }

  get #shown(): Shown {
    const { clockAheadMs } = this.#parts.bridge;
    const link = linkNow(this.#link, this.#isReached);
    return { counter: this.#counter, why: this.#sources.choice.why, link, clockAheadMs };
  }

  #show(counter: CounterStatus): void {
    this.#counter = counter;
    const line = statusLine(this.#shown);
    if (line === this.#line) return;
    this.#line = line;
    this.#parts.onStatus(line);
    this.#tell();
  }

  #tell(): void {
    const { choice, sights } = this.#sources;
    const run = { startedAt: this.#startedAt, at: this.#parts.clock.now() };
    this.#parts.onState?.(
      readerState(this.#shown, { choice, sights }, { station: this.#settings.station, ...run }),
    );
  }
}
