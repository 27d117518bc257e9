/** Every way in which a web service of NHSO's can fail, as the ports' errors (`authen-status.ts`, `right-search.ts`). */

import { BridgeError, type ErrorCode, type Retry } from '../../../src/domain/bridge-error.ts';
import { isHtml, nhsoWords } from '../body.ts';
import type { NhsoCall } from '../calls.ts';
import { badAnswer, PASSING_4XX } from '../faults.ts';
import type { HttpAnswer, NoAnswer } from '../http.ts';

/** What a request holds that no error may show. */
export interface Asked {
  /** Whom it is about: stands in the address, by NHSO's contract. */
  pid: string;
  token: string;
  /** Who logged in for the token, a citizen id; null where nobody has to be named. */
  account: string | null;
}

export function secretsOf({ pid, token, account }: Asked): string[] {
  return [pid, token, account ?? ''];
}

/** No whole answer came. */
export function noAnswerFault(call: NhsoCall, why: NoAnswer): BridgeError {
  const detail = { call: call.name, sent: why.sent, reason: why.reason };
  const fail = (code: ErrorCode, words: string) => new BridgeError(code, words, { retry: 'yes', detail });
  switch (why.kind) {
    case 'unreachable':
      return fail(
        'nhso-unavailable',
        `NHSO's ${call.name} cannot be reached (${why.reason}); nothing was sent`,
      );
    case 'timeout':
      return fail('nhso-unavailable', `NHSO did not answer ${call.name} in time`);
    case 'too-large':
      return fail('agent-bad-answer', `the answer to ${call.name} is too long to be NHSO's`);
    case 'cut-off':
      return fail('nhso-unavailable', `the answer to ${call.name} was cut off (${why.reason})`);
    case 'lost':
    // no web service is carried over a line
    case 'line-lost':
      return fail(
        'nhso-unavailable',
        `NHSO dropped the connection without answering ${call.name} (${why.reason})`,
      );
  }
}

/**
 * What an answer with this status says went wrong; null for 2xx. A 401 is the token's, whatever page comes with it; an
 * HTML page with another status is a proxy's or a firewall's, and says nothing about the token.
 */
export function statusFault(
  call: NhsoCall,
  answer: HttpAnswer,
  asked: Asked,
  refusesToken: readonly number[],
  isPage: (answer: HttpAnswer) => boolean = isHtml,
): BridgeError | null {
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  const nhsoMessage = nhsoWords(answer, secretsOf(asked));
  const fail = (code: ErrorCode, retry: Retry, words: string) =>
    new BridgeError(code, words, { retry, detail: { call: call.name, status, nhsoMessage } });
  if (status < 400) {
    const words = `${call.name} was answered with a redirect (${status}), which is not followed; has its address changed?`;
    return fail('agent-bad-answer', 'yes', words);
  }
  const said = nhsoMessage === null ? '' : `: ${nhsoMessage}`;
  if (status === 401)
    return fail('token-refused', 'no', `NHSO refused the token for ${call.name} (401)${said}`);
  if (isPage(answer)) {
    return fail('nhso-unavailable', 'yes', `${call.name} was answered with an HTML page (${status})`);
  }
  if (status < 500 && !PASSING_4XX.has(status)) {
    if (refusesToken.includes(status) || TOKEN.test(nhsoMessage ?? '')) {
      return fail('token-refused', 'no', `NHSO refused the token for ${call.name} (${status})${said}`);
    }
    return fail('nhso-refused', 'no', `NHSO refused ${call.name} (${status})${said}`);
  }
  return fail('nhso-unavailable', 'yes', `${call.name} failed at NHSO (${status})`);
}

/** Seen of one service only, with whatever status: words about the token in the place of an answer. */
const TOKEN = /\btoken\b/i;

/** A 2xx with JSON that holds nothing of what the service answers. */
export function notItsAnswer(call: NhsoCall, json: object, expected: string): BridgeError {
  const { message } = json as { message?: unknown };
  if (typeof message !== 'string' || !TOKEN.test(message)) return badAnswer(call, `expected ${expected}`);
  const words = `NHSO refused the token for ${call.name}, in words`;
  return new BridgeError('token-refused', words, { retry: 'no', detail: { call: call.name } });
}

/** A page in the place of an answer: a proxy's, or NHSO's own while it is under repair. */
export function pageFault(call: NhsoCall): BridgeError {
  const words = `${call.name} was answered with an HTML page`;
  return new BridgeError('nhso-unavailable', words, { retry: 'yes', detail: { call: call.name } });
}

/** It began well and has no end. */
export function cutOff(call: NhsoCall): BridgeError {
  const words = `${call.name} was answered with XML that is cut off`;
  return new BridgeError('nhso-unavailable', words, { retry: 'yes', detail: { call: call.name } });
}

/** What could not be sent as it stands, and never becomes a part of an address, a header or an XML document. */
export function checkAsked(call: NhsoCall, { pid, token, account }: Asked): void {
  const fail = (code: ErrorCode, words: string) =>
    new BridgeError(code, `${call.name}: ${words}; nothing was sent`, {
      retry: 'no',
      detail: { call: call.name },
    });
  if (!/^\d{13}$/.test(pid)) throw fail('bad-input', 'expected a citizen id of 13 digits');
  if (!/^[\x21-\x7e]{1,8000}$/.test(token)) {
    throw fail('token-refused', 'expected a token without blanks, of letters, digits and signs');
  }
  if (account !== null && !/^\d{13}$/.test(account)) {
    throw fail('token-refused', 'expected the citizen id of who logged in beside the token');
  }
}
