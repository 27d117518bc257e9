/** The line from a counter to the bridge: `POST /api/card-reads`. */

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
  const address = `${options.url.replace(/\/+$/, '')}/api/card-reads`;
  const dispatcher = new Agent({
    connections: 1,
    connect: { timeout: timeoutMs },
    // the time of the whole exchange covers these; they begin anew with each byte
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: LONGEST_ANSWER,
  });
  return {
    async deliver(message) {
      const body = JSON.stringify(message);
      const answer = await post(address, options.key, body, dispatcher, AbortSignal.timeout(timeoutMs));
      const { status } = answer;
      if (status >= 200 && status < 300) return receipt(status, answer.body, message.id);
      throw failure(status, answer.retryAfter, answer.body);
    },
    close: () => dispatcher.destroy(),
  };
}

interface Answer {
  status: number;
  retryAfter: string | null;
  /** The JSON object in the answer; null when there is none. */
  body: Record<string, unknown> | null;
}

async function post(
  address: string,
  key: string,
  body: string,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    // a redirection is not followed: it would hand the key to somebody else
    const response = await request(address, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: `Bearer ${key}`,
      },
      body,
      dispatcher,
      signal,
    });
    const header = response.headers['retry-after'];
    return {
      status: response.statusCode,
      retryAfter: typeof header === 'string' ? header : null,
      body: jsonObject(await response.body.text()),
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

function receipt(status: number, body: Answer['body'], id: string): DeliveryReceipt {
  // A login page of the network or another program may answer 200 to anything: a read is given away only against a
  // receipt for it.
  if (body?.id !== id) {
    throw new BridgeError('bridge-unreachable', 'something other than the bridge answers at its address', {
      retry: 'yes',
      detail: { status },
    });
  }
  const { nhso } = body;
  return {
    duplicate: body.duplicate === true,
    nhso: nhso === 'up' || nhso === 'down' ? nhso : null,
  };
}

function failure(status: number, retryAfter: string | null, body: Answer['body']): BridgeError {
  const words = bridgeWords(body) ?? `HTTP ${status}`;
  if (status === 401 || status === 403) {
    return new BridgeError('bridge-refused', `the bridge refuses the key: ${words}`, {
      retry: 'yes',
      detail: { status },
    });
  }
  if (status === 425) return new BridgeError('clocks-differ', words, { retry: 'yes', detail: { status } });
  // 404 and 405 without the bridge's own words speak of the address, not of the read
  const wrongAddress = (status === 404 || status === 405) && body === null;
  if (status >= 400 && status < 500 && status !== 408 && status !== 429 && !wrongAddress) {
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
