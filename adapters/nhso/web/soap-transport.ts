/**
 * The line on which the `soap` package speaks: ours, in the place of its own (axios). So its exchanges have the limits of
 * all others (time, size, no redirect), its errors hold nothing of a request, and only the configured address is ever spoken
 * to, whatever host a description or an import of it names.
 */

import type { IHttpClient } from 'soap';
import type { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { NhsoCall } from '../calls.ts';
import { badAnswer } from '../faults.ts';
import { type HttpAnswer, NhsoHttp, NoAnswer } from '../http.ts';
import { WEB_LINE } from './addresses.ts';
import { WEB_CALLS } from './calls.ts';
import { type Asked, cutOff, noAnswerFault, pageFault, statusFault } from './faults.ts';
import { isPage, notSoap, notWsdl } from './soap-guard.ts';

/** A right has some 3 kB; reading XML costs a multiple of its length. */
const MOST_ANSWER_BYTES = 128 * 1024;
const MOST_WSDL_BYTES = 512 * 1024;

/** Goes along with an exchange through the package, as its option `exchange`; the package knows nothing of it. */
export interface SoapExchange {
  /** Epoch milliseconds of the monotonic clock (`performance.now()`) at which the whole is given up. */
  deadline: number;
  /** Null for the description, which needs none. */
  asked: Asked | null;
  /** Documents that may still be fetched: a description that imports without end is none. */
  documents: number;
  /** What the package throws while it reads an answer. */
  fail(error: unknown): void;
}

type Answered = (error: unknown, response?: { status: number }, body?: string) => void;

/** Nobody, for what is fetched without a token. */
const NOBODY: Asked = { pid: '', token: '', account: null };

export class SoapTransport implements IHttpClient {
  /** Host and path that the calls go to. */
  readonly endpoint: string;
  readonly #http: NhsoHttp;
  readonly #path: string;

  constructor(url: string) {
    const { origin, pathname } = new URL(url);
    this.#http = new NhsoHttp(origin, WEB_LINE);
    this.#path = pathname;
    this.endpoint = origin + pathname;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the package's own signature; the promise is of no use to it
  request(address: string, data: unknown, answered: Answered, headers: unknown, options: unknown): any {
    const going = (options as { exchange: SoapExchange }).exchange;
    const sent =
      typeof data === 'string'
        ? this.#post(data, headers as Record<string, string>, going)
        : this.#fetch(address, going);
    sent
      .then(
        ({ status, text }) => answered(null, { status }, text),
        (error: unknown) => answered(error),
      )
      .catch((error: unknown) => going.fail(error));
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #post(
    body: string,
    headers: Readonly<Record<string, string>>,
    going: SoapExchange,
  ): Promise<HttpAnswer> {
    const call = WEB_CALLS.searchCurrent;
    const lower = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
    const own = { ...lower, accept: 'text/xml' };
    const answer = await this.#send(call, { method: 'POST', path: this.#path, body, headers: own }, going);
    // a fault comes with 500; any other failure has no message of SOAP
    const isMessage = answer.status === 500 && !isPage(answer) && answer.text.includes('Envelope');
    const fault = isMessage ? null : statusFault(call, answer, going.asked ?? NOBODY, [], isPage);
    if (fault !== null) throw fault;
    return checked(call, answer, notSoap(answer.text), /Envelope\s*>\s*$/);
  }

  /** The description and what it imports: NHSO's server numbers the parts in the query of its own address. */
  async #fetch(address: string, going: SoapExchange): Promise<HttpAnswer> {
    const call = WEB_CALLS.wsdl;
    going.documents -= 1;
    if (going.documents < 0) throw badAnswer(call, 'it imports without end');
    const { pathname, search } = new URL(address, this.endpoint);
    const path = search === '' ? pathname : this.#path + search;
    const headers = { accept: 'text/xml' };
    const answer = await this.#send(call, { method: 'GET', path, headers }, going);
    const fault = statusFault(call, answer, NOBODY, [], isPage);
    if (fault !== null) throw fault;
    return checked(call, answer, notWsdl(answer.text), />\s*$/);
  }

  async #send(
    call: NhsoCall,
    request: Pick<Parameters<NhsoHttp['send']>[0], 'method' | 'path' | 'body' | 'headers'>,
    { deadline }: SoapExchange,
  ): Promise<HttpAnswer> {
    const timeoutMs = Math.max(1, deadline - performance.now());
    const maxBytes = request.method === 'POST' ? MOST_ANSWER_BYTES : MOST_WSDL_BYTES;
    try {
      return await this.#http.send({ ...request, timeoutMs, maxBytes });
    } catch (error) {
      throw error instanceof NoAnswer ? noAnswerFault(call, error) : error;
    }
  }
}

function checked(call: NhsoCall, answer: HttpAnswer, objection: string | null, end: RegExp): HttpAnswer {
  const problem = problemOf(call, answer, objection, end);
  if (problem !== null) throw problem;
  return answer;
}

function problemOf(
  call: NhsoCall,
  answer: HttpAnswer,
  objection: string | null,
  end: RegExp,
): BridgeError | null {
  if (isPage(answer)) return pageFault(call);
  if (answer.text.trim() === '') return badAnswer(call, 'it is empty');
  if (!/^\uFEFF?\s*</.test(answer.text)) return badAnswer(call, 'it is not XML');
  if (objection !== null) return badAnswer(call, objection);
  return end.test(answer.text) ? null : cutOff(call);
}
