/**
 * The reader worker: looks at the reader, reads when {@link plan} says so, puts each read on disk before anything
 * else is done with it, and lets the courier carry it to the bridge.
 */

import { BridgeError, errorText, isBridgeError } from '../../domain/bridge-error.ts';
import type { CardReadMessage } from '../../domain/card-read.ts';
import { type CitizenId, parseCitizenId } from '../../domain/citizen-id.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { BridgeLink, CardSource, DeliveryReceipt, ReadSpool } from '../ports/reader.ts';
import { Bell, orStop, Stopped } from './bell.ts';
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
import { cardReadMessage, type Sighting, type Station } from './message.ts';
import { type CounterStatus, type LinkStatus, statusLine } from './status.ts';

export interface ReaderParts {
  source: CardSource;
  spool: ReadSpool;
  bridge: BridgeLink;
  clock: Clock;
  log: Log;
  /** A fresh UUID for every read. */
  newId(): string;
  /** The status line, each time it says something new. */
  onStatus(line: string): void;
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
  readonly #policy: CounterPolicy;
  readonly #signal: AbortSignal;
  /** Stops the one loop when the other has failed. */
  readonly #fault = new AbortController();
  readonly #spoolBell = new Bell();
  readonly #pollBell = new Bell();
  #state: CounterState = EMPTY_COUNTER;
  #counter: CounterStatus = { is: 'starting' };
  #link: LinkStatus;
  #line = '';
  /** The newest read that is on disk, or was. */
  #newest: CardReadMessage | null = null;

  constructor(parts: ReaderParts, settings: ReaderSettings, signal: AbortSignal) {
    this.#parts = parts;
    this.#settings = settings;
    this.#signal = AbortSignal.any([signal, this.#fault.signal]);
    this.#policy = { ...settings, asksNhso: parts.source.asksNhso };
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
      await Promise.all([this.#watch(), courier, this.#askBridge()]);
    } finally {
      this.#fault.abort();
    }
    this.#show({ is: 'stopped' });
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

  async #look(): Promise<void> {
    try {
      const slots = await orStop(this.#parts.source.look(), this.#signal);
      this.#state = afterLook(this.#state, slots, this.#parts.clock.now(), this.#policy);
      if (slots.length === 0) this.#show({ is: 'no-reader' });
      else if (this.#state.card === null) this.#show({ is: 'ready' });
      else if (this.#state.card.told === null) {
        this.#show({ is: this.#state.card.failures === 0 ? 'reading' : 'cannot-read' });
      }
    } catch (error) {
      const { code } = this.#failure(error, 'the reader could not be looked at');
      this.#state = afterBlindLook(this.#state);
      this.#show({ is: code === 'no-reader' ? 'no-reader' : 'source-away' });
    }
  }

  async #read(kind: ReadKind): Promise<void> {
    const first = await this.#attempt(kind);
    const falls = kind === 'full' && first.failed !== null && fallsBack(this.#state, first.failed.code);
    const last = falls ? await this.#attempt('card-only') : first;
    const full = kind === 'full' ? first.failed : null;
    if (last.failed === null) await this.#keep(last.seen, full);
    else {
      const now = this.#parts.clock.now();
      this.#state = afterFailure(this.#state, last.failed.code, full?.code ?? null, now, this.#policy);
    }
  }

  async #attempt(kind: ReadKind): Promise<{ seen: Sighting; failed: null } | { failed: BridgeError }> {
    try {
      return { seen: await this.#sighting(kind), failed: null };
    } catch (error) {
      return { failed: this.#failure(error, `${kind} read failed`) };
    }
  }

  async #sighting(kind: ReadKind): Promise<Sighting> {
    const { source, clock } = this.#parts;
    if (kind === 'card-only') {
      const data = await orStop(source.readCardOnly(), this.#signal);
      return { kind, pid: validPid(data.pid), at: clock.now(), data };
    }
    const data = await orStop(source.read(), this.#signal);
    const { correlationId } = data;
    if (correlationId === null) {
      // without it no code can be asked for: the card is what there is
      throw new BridgeError('nhso-refused', 'NHSO answered without a correlationId', { retry: 'yes' });
    }
    return { kind, pid: validPid(data.pid), at: clock.now(), data: { ...data, correlationId } };
  }

  async #keep(seen: Sighting, full: BridgeError | null): Promise<void> {
    const { pid, kind, at } = seen;
    const again = this.#state.card?.told != null;
    const after = afterRead(this.#state, { pid, kind, at }, full?.code ?? null, this.#policy);
    if (!after.repeat) await this.#spool(seen);
    // taken anew: a receipt may have come while the disk wrote
    this.#state = afterRead(this.#state, { pid, kind, at }, full?.code ?? null, this.#policy).state;
    if (after.repeat) this.#show({ is: 'same-card', pid });
    else if (full?.code === 'nhso-refused') this.#show({ is: 'refused', pid, message: nhsoWords(full) });
    else this.#show({ is: 'read', pid, kind, again });
  }

  /** Holds the read until it is on disk: there is nothing more important to do at this counter. */
  async #spool(seen: Sighting): Promise<void> {
    const { spool, log, newId } = this.#parts;
    const message = cardReadMessage(newId(), this.#settings.station, seen);
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

  /** What went wrong, logged. Only failures of the outside world are lived with; a fault of our own goes up. */
  #failure(error: unknown, what: string): BridgeError {
    if (!isBridgeError(error)) throw error;
    this.#parts.log.info({ code: error.code, ...error.detail }, `${what}: ${error.message}`);
    return error;
  }

  #show(counter: CounterStatus): void {
    this.#counter = counter;
    const line = statusLine(counter, this.#link);
    if (line === this.#line) return;
    this.#line = line;
    this.#parts.onStatus(line);
  }
}

function validPid(text: string): CitizenId {
  const pid = parseCitizenId(text);
  if (pid !== null) return pid;
  throw new BridgeError('agent-bad-answer', 'the card shows no valid citizen id', { retry: 'yes' });
}

function nhsoWords(error: BridgeError): string {
  const words = error.detail.nhsoMessage;
  return typeof words === 'string' && words !== '' ? words : error.message;
}
