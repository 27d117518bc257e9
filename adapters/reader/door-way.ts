/**
 * The way from a counter's door to the bridges. A call goes to the bridge whose turn it is, and to another one only where that
 * asks for nothing twice: it certainly did not reach the first, or it is none that issues a code. The bridges share a
 * ledger that would see a second confirm; the door does not lean on that.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../src/service/ports/log.ts';
import { type HttpAnswer, NhsoHttp, NoAnswer } from '../nhso/http.ts';
import type { AfterFailure, BridgeTurns } from './bridge-turns.ts';

export interface DoorWayOptions {
  /** All that share the ledger, `http://host:8080`, with a path where one is behind a proxy; at least one. */
  bridges: readonly string[];
  turns: BridgeTurns;
  /** Of the station, with the scope `agent-api:use`. */
  key: string;
  /** The longest that a call may take, whichever bridges it is brought to, ms. */
  timeoutMs: number;
  log: Log;
}

export interface DoorCall {
  /** The agent's own, with its query. */
  path: string;
  /** Null: a GET. */
  body: { type: string; bytes: Buffer } | null;
}

/** More than the calls of one counter that a bridge takes in hand: who waits for its turn waits there, and is told. */
const CONNECTIONS = 40;
/** An answer with a photo. */
const LONGEST_ANSWER = 4 * 1024 * 1024;
/** What is still under way at the end is heard by nobody, ms. */
const GRACE_MS = 100;

export class DoorWay {
  readonly #options: DoorWayOptions;
  readonly #bridges: readonly NhsoHttp[];

  constructor(options: DoorWayOptions) {
    this.#options = options;
    this.#bridges = options.bridges.map((url) => new NhsoHttp(url, { connections: CONNECTIONS }));
  }

  /** Throws {@link NoAnswer}. */
  async send(call: DoorCall): Promise<HttpAnswer> {
    const until = performance.now() + this.#options.timeoutMs;
    const isHarmless = mayRepeat(call);
    try {
      return await this.#options.turns.ask(
        this.#bridges,
        (bridge) => this.#sendTo(bridge, call, until - performance.now()),
        (error) => afterFailure(error, isHarmless),
      );
    } catch (error) {
      if (error instanceof ProxyAlone) return error.answer;
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.race([Promise.all(this.#bridges.map((b) => b.close())), sleep(GRACE_MS)]);
  }

  async #sendTo(bridge: NhsoHttp, { path, body }: DoorCall, timeoutMs: number): Promise<HttpAnswer> {
    const { key, log } = this.#options;
    const authorization = `Bearer ${key}`;
    try {
      const answer = await bridge.send({
        path: `/agent${path}`,
        ...(body === null
          ? { method: 'GET', headers: { authorization } }
          : { method: 'POST', headers: { authorization, 'content-type': body.type }, body: body.bytes }),
        ...{ timeoutMs, maxBytes: LONGEST_ANSWER },
      });
      if (isOfProxy(answer)) throw new ProxyAlone(answer);
      return answer;
    } catch (error) {
      const why = whyOf(error);
      // neither the call's address (it may end in a citizen id) nor the key
      if (why !== null) {
        log.warn(
          { bridge: new URL(bridge.url).host, why },
          'the bridge did not answer a call of the agent API',
        );
      }
      throw error;
    }
  }
}

/** Whoever stands before the bridge has answered in its place. The request may have reached the bridge all the same. */
class ProxyAlone extends Error {
  readonly answer: HttpAnswer;

  constructor(answer: HttpAnswer) {
    super(`HTTP ${answer.status}`);
    this.answer = answer;
  }
}

/** The bridge and the agent tell their failures in JSON. */
function isOfProxy({ status, contentType }: HttpAnswer): boolean {
  return [502, 503, 504].includes(status) && !contentType.includes('json');
}

/** Reads, look-ups and drafts. Whatever else there should come to be is not sent twice. */
function mayRepeat({ path, body }: DoorCall): boolean {
  return body === null || path === '/api/nhso-service/save-as-draft';
}

function afterFailure(error: unknown, isHarmless: boolean): AfterFailure {
  if (error instanceof NoAnswer) {
    // the whole of its time is over
    if (error.kind === 'timeout') return 'leave';
    return isHarmless || !error.sent ? 'next' : 'leave';
  }
  if (error instanceof ProxyAlone) return isHarmless ? 'next' : 'leave';
  return 'stay';
}

function whyOf(error: unknown): string | null {
  if (error instanceof NoAnswer) return error.reason;
  return error instanceof ProxyAlone ? error.message : null;
}
