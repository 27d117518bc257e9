/**
 * One HTTP exchange with an agent or a web service of NHSO's, with the one fact that decides about asking twice: had the request been sent when it
 * went wrong? undici's dispatch is used directly because only its handler says so (`onRequestStart` comes just before
 * the first byte is written), and because it spares the hot path a stream per answer.
 */

import { createRequire } from 'node:module';
import type { Dispatcher, Pool as UndiciPool } from 'undici';

/** The pool alone: undici's index brings a browser's fetch, cache, web sockets and mocks along, 5 MB of memory. */
const Pool: typeof UndiciPool = createRequire(import.meta.url)('undici/lib/dispatcher/pool.js');

/** No answer of the agent or of a service is near this; a longer one is not theirs. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/**
 * An idle connection is given up well before the agent (Tomcat: 20 s) would close it, so that a POST is never written
 * to a socket that the other side is closing at that moment: its answer would be lost and a look-up needed.
 */
const IDLE_MS = 2_000;

const CONNECT_MS = 3_000;

export interface HttpRequest {
  method: 'GET' | 'POST';
  /** Behind the address, beginning with a slash or a question mark. */
  path: string;
  /** JSON, unless `headers` says otherwise. */
  body?: string;
  /** Names in lower case; these go before the ones that are sent anyway. */
  headers?: Readonly<Record<string, string>>;
  /** From the call to the last byte of the answer, waiting for a free connection included. */
  timeoutMs: number;
  /** A longer answer is given up; 2 MB when left out. */
  maxBytes?: number;
  /** Asked just before the first byte is written; when it says no, nothing is sent. */
  mayStart?: () => boolean;
}

/** Bytes: what another program has sent, as it came. */
type OwnRequest = Omit<HttpRequest, 'body'> & { body?: string | Buffer };

/** A way to the other side: over HTTP from here, or carried by another process. */
export interface NhsoExchange {
  readonly url: string;
  /** Throws {@link NoAnswer}. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpOptions {
  /** Kept to the address at most. */
  connections: number;
  /** For a connection to stand, TLS included; 3 s when left out, which is plenty inside a hospital. */
  connectMs?: number;
}

export interface HttpAnswer {
  status: number;
  /** Lower case, "" when absent. */
  contentType: string;
  /** The far side's clock as its Date header tells it, UTC epoch milliseconds; null when absent. */
  date: number | null;
  text: string;
}

/** Why no whole answer came. Holds nothing of the request: its path may end in a citizen id. */
export class NoAnswer extends Error {
  /** `line-lost`: not the agent's connection broke but the line of the worker that carries the call. */
  readonly kind: 'unreachable' | 'timeout' | 'lost' | 'cut-off' | 'too-large' | 'line-lost';
  /** False: not one byte went out, the same request may be sent again without a thought. */
  readonly sent: boolean;
  /** Node's or undici's error code. */
  readonly reason: string;

  constructor(kind: NoAnswer['kind'], sent: boolean, reason: string) {
    super(`${kind} (${reason})`);
    this.name = 'NoAnswer';
    this.kind = kind;
    this.sent = sent;
    this.reason = reason;
  }
}

export class NhsoHttp implements NhsoExchange {
  /** The address without credentials or trailing slash. */
  readonly url: string;
  readonly #prefix: string;
  readonly #pool: UndiciPool;

  constructor(url: string, options: HttpOptions) {
    const { origin, pathname } = new URL(url);
    this.#prefix = pathname.replace(/\/+$/, '');
    this.url = origin + this.#prefix;
    this.#pool = new Pool(origin, {
      connections: options.connections,
      pipelining: 1,
      allowH2: false,
      connect: { timeout: options.connectMs ?? CONNECT_MS },
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // the timer of each exchange covers these, and also a body that trickles
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Throws {@link NoAnswer}. Redirects are answers, never followed; nothing is ever sent twice. */
  send(request: OwnRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(request, resolve, reject);
      const { method, path, body } = request;
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const headers = { accept: 'application/json', ...type, ...request.headers };
      const behind = this.#prefix + path;
      this.#pool.dispatch(
        {
          ...{ method, headers, body: body ?? null, idempotent: false },
          path: behind.startsWith('/') ? behind : `/${behind}`,
        },
        exchange,
      );
    });
  }

  /** Lets exchanges in hand come to their end. */
  async close(): Promise<void> {
    if (!this.#pool.closed) await this.#pool.close();
  }
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (why: NoAnswer) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #maxBytes: number;
  readonly #mayStart: () => boolean;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #status = 0;
  #contentType = '';
  #date: number | null = null;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(request: OwnRequest, resolve: (answer: HttpAnswer) => void, reject: (why: NoAnswer) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#maxBytes = request.maxBytes ?? MAX_ANSWER_BYTES;
    this.#mayStart = request.mayStart ?? (() => true);
    this.#timer = setTimeout(() => this.#giveUp('timeout', 'overall time-out'), request.timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (!this.#settled && !this.#mayStart()) this.#giveUp('unreachable', 'too late');
    // timed out while it waited for a connection: it must not go out now that nobody waits for the answer
    if (this.#settled) controller.abort(new Error('no longer wanted'));
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#contentType = String(headers['content-type'] ?? '').toLowerCase();
    const date = Date.parse(String(headers.date ?? ''));
    this.#date = Number.isNaN(date) ? null : date;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.#giveUp('too-large', `answer above ${this.#maxBytes} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const text = Buffer.concat(this.#chunks).toString('utf8');
    this.#resolve({ status: this.#status, contentType: this.#contentType, date: this.#date, text });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (!this.#settle()) return;
    const sent = this.#controller !== null;
    const kind = sent ? (this.#status === 0 ? 'lost' : 'cut-off') : 'unreachable';
    // the code only: a parser error carries the bytes it stumbled over
    this.#reject(new NoAnswer(kind, sent, 'code' in error ? String(error.code) : error.name));
  }

  #giveUp(kind: 'timeout' | 'too-large' | 'unreachable', reason: string): void {
    if (!this.#settle()) return;
    this.#reject(new NoAnswer(kind, this.#controller !== null, reason));
    this.#controller?.abort(new Error(reason));
  }

  /** False when it was settled before. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    return true;
  }
}
