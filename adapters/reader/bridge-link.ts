/** The line from a counter to the bridge: `POST /api/card-reads`, and `GET /healthz` to see that it is there. */

import { Agent, request } from 'undici';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import { maskCitizenIds } from '../../src/domain/citizen-id.ts';
import type { BridgeLink, DeliveryReceipt } from '../../src/service/ports/reader.ts';

export interface BridgeLinkOptions {
  /** Where the bridge is, `http://host:8080`, with a path before `/api` where it is behind a proxy. */
  url: string;
  key: string;
  /** From the call to the last byte of the answer, however it drips in. */
  timeoutMs: number;
}

/** An answer is a few hundred bytes; whatever sends more than this is not the bridge. */
const LONGEST_ANSWER = 64 * 1024;

export function openBridgeLink(options: BridgeLinkOptions): BridgeLink {
  const { timeoutMs } = options;
  const base = options.url.replace(/\/+$/, '');
  let clockAheadMs: number | null = null;
  const dispatcher = new Agent({
    connections: 1,
    connect: { timeout: timeoutMs },
    // the time of the whole exchange covers these; they begin anew with each byte
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: LONGEST_ANSWER,
  });
  /** Only the bridge's own answers tell of its clock: a login page of the network may stand still. */
  async function exchange(path: string, sent: Sent, isOurs: (answer: Answer) => boolean): Promise<Answer> {
    const answer = await send(`${base}${path}`, sent, dispatcher, AbortSignal.timeout(timeoutMs));
    if (isOurs(answer)) clockAheadMs = answer.clockAheadMs ?? clockAheadMs;
    return answer;
  }
  return {
    async deliver(message) {
      const sent: Sent = {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${options.key}` },
        body: JSON.stringify(message),
      };
      const isOurs = ({ status, body }: Answer): boolean =>
        body !== null && (status >= 400 || body.id === message.id);
      const { status, body, retryAfter } = await exchange('/api/card-reads', sent, isOurs);
      if (status >= 200 && status < 300) return receipt(status, body, message.id);
      throw failure(status, retryAfter, body);
    },
    async greet() {
      const isOurs = ({ status, body }: Answer): boolean => status === 200 && body?.status === 'ok';
      const answer = await exchange('/healthz', { method: 'GET', headers: {} }, isOurs);
      if (!isOurs(answer)) throw somethingElse(answer.status);
    },
    get clockAheadMs() {
      return clockAheadMs;
    },
    close: () => dispatcher.destroy(),
  };
}

interface Sent {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

interface Answer {
  status: number;
  retryAfter: string | null;
  /** By its `Date`, which knows whole seconds; null where it names none, or took too long for it to tell anything. */
  clockAheadMs: number | null;
  /** The JSON object in the answer; null when there is none. */
  body: Record<string, unknown> | null;
}

async function send(address: string, sent: Sent, dispatcher: Agent, signal: AbortSignal): Promise<Answer> {
  const begun = performance.now();
  try {
    // a redirection is not followed: it would hand the key to somebody else
    const { statusCode, headers, body } = await request(address, {
      ...{ ...sent, dispatcher, signal },
      headers: { ...sent.headers, accept: 'application/json' },
    });
    // two clocks: the one that may be wrong, and one that only counts
    const clock = clockAhead(textOf(headers.date), Date.now(), performance.now() - begun);
    return {
      status: statusCode,
      retryAfter: textOf(headers['retry-after']),
      clockAheadMs: clock,
      body: jsonObject(await body.text()),
    };
  } catch (cause) {
    const { code, name } = cause as NodeJS.ErrnoException;
    // a signal's own error has a number
    const why = typeof code === 'string' ? code : name;
    throw new BridgeError('bridge-unreachable', `the bridge cannot be reached (${why})`, {
      retry: 'yes',
      cause,
    });
  }
}

/** An answer that took longer than this says too little of the moment at which it was dated, ms. */
const LONGEST_FOR_CLOCK_MS = 5_000;

/** The date was written somewhere between our sending and our hearing, and its fraction of a second cut off. */
function clockAhead(date: string | null, heardAt: number, tookMs: number): number | null {
  const at = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(at) || tookMs > LONGEST_FOR_CLOCK_MS) return null;
  return Math.round(at + 500 - (heardAt - tookMs / 2));
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}

function somethingElse(status: number): BridgeError {
  return new BridgeError('bridge-unreachable', 'something other than the bridge answers at its address', {
    retry: 'yes',
    detail: { status },
  });
}

function receipt(status: number, body: Answer['body'], id: string): DeliveryReceipt {
  // A login page of the network or another program may answer 200 to anything: a read is given away only against a
  // receipt for it.
  if (body?.id !== id) throw somethingElse(status);
  const { nhso } = body;
  return {
    duplicate: body.duplicate === true,
    nhso: nhso === 'up' || nhso === 'down' ? nhso : null,
  };
}

/**
 * What the bridge says of a read that it will never take. Any other 4xx speaks of the way to it, which a person puts right: a proxy
 * that wants a certificate or a log-in, an address with another path, another program at that port.
 */
const AGAINST_READ: readonly unknown[] = ['bad-input', 'body-too-large'];

function failure(status: number, retryAfter: string | null, body: Answer['body']): BridgeError {
  const words = bridgeWords(body) ?? `HTTP ${status}`;
  if (status === 401 || status === 403) {
    return new BridgeError('bridge-refused', `the bridge refuses the key: ${words}`, {
      retry: 'yes',
      detail: { status },
    });
  }
  if (status === 425) return new BridgeError('clocks-differ', words, { retry: 'yes', detail: { status } });
  if (status >= 400 && status < 500 && AGAINST_READ.includes(body?.code)) {
    return new BridgeError('bridge-refused', words, { retry: 'no', detail: { status } });
  }
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : null;
  return new BridgeError('bridge-unreachable', `the bridge cannot take it now: ${words}`, {
    retry: 'yes',
    detail: { status, ...(seconds === null ? {} : { retryAfterMs: seconds * 1_000 }) },
  });
}

/** What the bridge says went wrong: `message`, `error.message`, `error` or `detail`, cut to a line. */
function bridgeWords(body: Answer['body']): string | null {
  const inner =
    body?.error !== null && typeof body?.error === 'object' ? (body.error as { message?: unknown }) : null;
  const words = [body?.message, inner?.message, body?.detail, body?.error].find(
    (w) => typeof w === 'string' && w !== '',
  );
  if (typeof words !== 'string') return null;
  // masked before it is cut: twelve digits of a citizen id tell the thirteenth
  return maskCitizenIds(words.replace(/\s+/g, ' ')).slice(0, 200);
}

function jsonObject(text: string): Record<string, unknown> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // HTML of a proxy, or nothing: no words of the bridge
    return null;
  }
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
