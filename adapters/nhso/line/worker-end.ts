/**
 * The worker's end of one line: takes a call, and sends it to its agent when, and only when, the bridge says `go` soon after.
 * It understands no answer: the bridge does.
 */

import type { Log } from '../../../src/service/ports/log.ts';
import { type HttpAnswer, type NhsoExchange, NoAnswer } from '../http.ts';
import { START_MS, Stopwatch, type Times } from '../stopwatch.ts';
import { type CarriedCall, requestOf } from './calls.ts';
import { type FromWorker, readFromBridge, type Why } from './messages.ts';

/**
 * From taking a call to its `go`, ms; to the first byte it is `START_MS`. A machine that slept, or a process that stood still, in between
 * must not send what the bridge has long looked up and perhaps asked for again.
 */
const GO_MS = 3_000;

/** Calls taken at a time; the bridge has one or two in hand. */
const MOST_TAKEN = 32;
/** Ids that are remembered; one that comes again is not taken. */
const MOST_IDS = 1_000;

/** No answer of the agent's is near this, one with a photo included. */
const LONGEST_ANSWER = 384 * 1024;
/** What the bridge takes as one message. */
const LONGEST_MESSAGE = 1024 * 1024;
const LONGEST_TYPE = 200;

export interface WorkerEndOptions {
  /** Leads to the agent of this counter. */
  exchange: Pick<NhsoExchange, 'send'>;
  say(text: string): void;
  log: Log;
  /** This machine's clocks; for tests. */
  now?: () => Times;
}

interface Taken {
  call: CarriedCall;
  timeoutMs: number;
  since: Stopwatch;
}

export class WorkerEnd {
  readonly #options: WorkerEndOptions;
  readonly #taken = new Map<string, Taken>();
  readonly #ids = new Set<string>();
  #isOpen = true;
  /** Calls that are at the agent. */
  #sending = 0;
  #onDrained: (() => void) | null = null;

  constructor(options: WorkerEndOptions) {
    this.#options = options;
  }

  /** False: what came is none of this protocol's, and the line is of no use. */
  hear(text: string): boolean {
    const heard = readFromBridge(text);
    if (heard === null) return false;
    if (heard.say === 'go') void this.#go(heard.id);
    else this.#take(heard.id, heard);
    return true;
  }

  /** The line is gone: nothing more is sent to the agent. What has been sent goes on there; nobody hears of it. */
  close(): void {
    this.#isOpen = false;
    this.#taken.clear();
    this.#lookDrained();
  }

  /** Takes no more calls; resolves when those that it has taken have been told of. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#lookDrained();
    });
  }

  #lookDrained(): void {
    if (this.#sending === 0 && this.#taken.size === 0) this.#onDrained?.();
  }

  #take(id: string, { call, timeoutMs }: { call: CarriedCall; timeoutMs: number }): void {
    for (const [old, { since }] of this.#taken) if (since.ms > GO_MS) this.#taken.delete(old);
    if (this.#ids.has(id)) return;
    if (this.#onDrained !== null || this.#taken.size >= MOST_TAKEN) {
      this.#tellNot(
        id,
        this.#onDrained === null ? 'the reader worker has its hands full' : 'the reader worker stops',
      );
      return;
    }
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MOST_IDS && oldest !== undefined) this.#ids.delete(oldest);
    this.#taken.set(id, { call, timeoutMs, since: new Stopwatch(this.#options.now) });
    this.#tell({ say: 'taken', id });
  }

  async #go(id: string): Promise<void> {
    const taken = this.#taken.get(id);
    // a second go finds nothing; neither does one for what was never taken on this line
    if (taken === undefined) return;
    this.#taken.delete(id);
    const { call, timeoutMs, since } = taken;
    if (since.ms > GO_MS) return this.#tellNot(id, 'the go came too late');
    const { exchange, log } = this.#options;
    this.#sending += 1;
    try {
      const answer = await exchange.send({
        ...requestOf(call),
        ...{ timeoutMs, maxBytes: LONGEST_ANSWER },
        mayStart: () => this.#isOpen && since.ms <= START_MS,
      });
      log.debug({ call: call.call, status: answer.status, isHeard: this.#isOpen }, 'call carried');
      this.#tellAnswer(id, answer);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      log.info({ call: call.call, kind: error.kind, sent: error.sent }, `call carried: ${error.message}`);
      this.#tell({ say: 'no-answer', id, why: whyOf(error) });
    } finally {
      this.#sending -= 1;
      this.#lookDrained();
    }
  }

  #tellAnswer(id: string, answer: HttpAnswer): void {
    const { status, date, text } = answer;
    const contentType = answer.contentType.slice(0, LONGEST_TYPE);
    const message: FromWorker = { say: 'answer', id, answer: { status, contentType, date, text } };
    if (Buffer.byteLength(JSON.stringify(message)) <= LONGEST_MESSAGE) this.#tell(message);
    else this.#tell({ say: 'no-answer', id, why: { kind: 'too-large', sent: true, reason: 'answer' } });
  }

  #tellNot(id: string, reason: string): void {
    this.#tell({ say: 'no-answer', id, why: { kind: 'unreachable', sent: false, reason } });
  }

  #tell(message: FromWorker): void {
    if (this.#isOpen) this.#options.say(JSON.stringify(message));
  }
}

function whyOf({ kind, sent, reason }: NoAnswer): Why {
  return {
    // this worker carries for nobody who carries
    kind: kind === 'line-lost' ? 'lost' : kind,
    sent,
    reason: reason.replace(/[^\w .:-]/g, ' ').slice(0, 80),
  };
}
