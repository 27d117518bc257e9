/**
 * The worker's way to the bridge: keeps one line open, notices within seconds when it is dead, and comes back with growing,
 * scattered pauses. It only ever dials out, so it needs no open port at the counter.
 */

import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RawData, WebSocket } from 'ws';
import { maskCitizenIds } from '../../../src/domain/citizen-id.ts';
import type { LineState } from '../../../src/service/ports/agent-lines.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { NhsoExchange } from '../http.ts';
import { PROTOCOL } from './messages.ts';
import { WorkerEnd } from './worker-end.ts';

export interface LineOptions {
  /** Of the bridge: `https://bridge.hospital.local`, with a path before `/api` where a proxy wants one. */
  bridge: string;
  key: string;
  /** Leads to the agent of this counter; it is not closed with the line. */
  exchange: Pick<NhsoExchange, 'send'>;
  log: Log;
  /** Each time it is something else. */
  onState(state: LineState): void;
  /** From 0 to 1. */
  random?: () => number;
  pauses?: Partial<typeof PAUSES>;
}

export interface KeptLine {
  readonly state: LineState;
  /** Takes no more calls, lets those at the agent come to their end for so long (ms), then ends the line. */
  close(graceMs?: number): Promise<void>;
}

/** Between two attempts, ms; each is scattered from half to the whole. */
const PAUSES = {
  first: 500,
  /** Doubled each time, up to here. */
  longest: 15_000,
  /** The bridge lets none in: its configuration or the key must change first. */
  refused: 180_000,
  /** Another worker of this station has the line: two that fight for it would serve nobody. */
  replaced: 45_000,
};

/** The bridge pings every 3 s. Turns of a second, counted: a process that stood still has yet to hear what has come meanwhile. */
const MOST_SILENT = 10;
const TURN_MS = 1_000;
const HANDSHAKE_MS = 10_000;
/** A line that lived so long was a good one: the next pause is the first again. */
const GOOD_MS = 10_000;
/** One that opens and breaks at once comes back after two seconds at most: calls may go through in between. */
const FLAPPING = 2;
/** Calls are short; whatever sends more is not the bridge. */
const LONGEST_MESSAGE = 64 * 1024;
const LONGEST_REFUSAL = 4 * 1024;
const REFUSAL_MS = 5_000;
const REPLACED = 4001;
/** Those that speak of a bridge that is away or busy, not of one that refuses. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

export function keepLine(options: LineOptions): KeptLine {
  return new Dialler(options);
}

class Dialler implements KeptLine {
  readonly #options: LineOptions;
  readonly #pauses: typeof PAUSES;
  readonly #address: string;
  #state: LineState = { is: 'opening' };
  #ws: WebSocket | null = null;
  #end: WorkerEnd | null = null;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#pauses = { ...PAUSES, ...options.pauses };
    const base = options.bridge.replace(/\/+$/, '').replace(/^http/, 'ws');
    this.#address = `${base}/api/agent-line`;
    this.#dial();
  }

  get state(): LineState {
    return this.#state;
  }

  async close(graceMs = 0): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (graceMs > 0 && this.#end !== null)
      await Promise.race([this.#end.drained(), sleep(graceMs, null, { ref: false })]);
    this.#ws?.terminate();
    this.#become({ is: 'closed' });
  }

  #dial(): void {
    const { key, exchange, log } = this.#options;
    const ws = new WebSocket(this.#address, [PROTOCOL], {
      headers: { authorization: `Bearer ${key}` },
      // a redirection is not followed: it would hand the key to somebody else
      ...{ followRedirects: false, perMessageDeflate: false },
      ...{ handshakeTimeout: HANDSHAKE_MS, maxPayload: LONGEST_MESSAGE },
    });
    this.#ws = ws;
    const end = new WorkerEnd({ exchange, log, say: (text) => ws.send(text) });
    this.#end = end;
    let refusal: LineState | null = null;
    let openedAt: number | null = null;
    let silent = 0;
    const watch = setInterval(() => {
      if (openedAt !== null && silent > MOST_SILENT) ws.terminate();
      silent += 1;
    }, TURN_MS);
    ws.on('open', () => {
      openedAt = performance.now();
      silent = 0;
      this.#become({ is: 'up' });
    });
    ws.on('ping', () => {
      silent = 0;
    });
    ws.on('message', (data: RawData, isBinary: boolean) => {
      silent = 0;
      if (isBinary || !end.hear(String(data))) ws.close(1008, 'not-understood');
    });
    ws.on('unexpected-response', (_request, response: IncomingMessage) => {
      void refusalOf(response).then((state) => {
        refusal = state;
        ws.terminate();
      });
    });
    ws.on('error', (error: NodeJS.ErrnoException) => {
      log.debug({ code: error.code ?? error.name }, 'the line to the bridge failed');
    });
    ws.once('close', (code: number) => {
      clearInterval(watch);
      end.close();
      if (openedAt !== null)
        this.#failures = performance.now() - openedAt > GOOD_MS ? 0 : Math.min(this.#failures, FLAPPING);
      this.#again(code === REPLACED ? { is: 'replaced' } : (refusal ?? { is: 'away' }));
    });
  }

  #again(state: LineState): void {
    if (this.#isClosed) return;
    this.#become(state);
    const random = this.#options.random ?? Math.random;
    this.#timer = setTimeout(() => this.#dial(), this.#pauseAfter(state) * (0.5 + random() / 2));
  }

  #pauseAfter({ is }: LineState): number {
    const { first, longest, refused, replaced } = this.#pauses;
    if (is === 'refused') return refused;
    if (is === 'replaced') return replaced;
    this.#failures += 1;
    return Math.min(longest, first * 2 ** Math.min(this.#failures - 1, 16));
  }

  #become(state: LineState): void {
    const isNews = JSON.stringify(state) !== JSON.stringify(this.#state);
    this.#state = state;
    if (isNews) this.#options.onState(state);
  }
}

/** What the bridge says to a request that it does not let in. Never rejects. */
async function refusalOf(response: IncomingMessage): Promise<LineState> {
  const status = response.statusCode ?? 0;
  const timer = setTimeout(() => response.destroy(), REFUSAL_MS);
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > LONGEST_REFUSAL) break;
    }
  } catch {
    // cut off: what came of it so far will do
  } finally {
    clearTimeout(timer);
  }
  const why = wordsOf(text);
  // only the bridge's own words are a refusal; a proxy's 404 is a bridge that is not there yet
  return why === null || PASSING.has(status) ? { is: 'away' } : { is: 'refused', status, why };
}

function wordsOf(text: string): string | null {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === 'string' ? maskCitizenIds(detail.replace(/\s+/g, ' ')).slice(0, 200) : null;
  } catch {
    // a page of a proxy's
    return null;
  }
}
