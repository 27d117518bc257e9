/** Every way in which a call can fail, as the port's errors (reference: NHSO systems, §1.4). */

import { BridgeError, type ErrorCode, type Retry } from '../../src/domain/bridge-error.ts';
import { isHtml, nhsoWords, parseJson } from './body.ts';
import type { AgentCall, NhsoCall } from './calls.ts';
import type { HttpAnswer, NoAnswer } from './http.ts';

/** No whole answer came. */
export function noAnswerFault(call: AgentCall, why: NoAnswer): BridgeError {
  const retry = why.sent ? call.whenLost : 'yes';
  const detail = { call: call.name, sent: why.sent, reason: why.reason };
  const fail = (code: ErrorCode, words: string) => new BridgeError(code, words, { retry, detail });
  switch (why.kind) {
    case 'unreachable':
      return fail('agent-unreachable', `the NHSO agent cannot be reached (${why.reason}); nothing was sent`);
    case 'timeout':
      return fail('agent-timeout', `the NHSO agent did not answer ${call.name} in time`);
    case 'too-large':
      return fail('agent-bad-answer', `the answer to ${call.name} is too long to be the agent's`);
    case 'cut-off':
      return fail(unavailable(call), `the answer to ${call.name} was cut off (${why.reason})`);
    case 'line-lost':
      // the counter's network or worker; neither NHSO nor the agent has anything to do with it
      return fail(
        'agent-unreachable',
        `the line to the reader worker broke (${why.reason}) before ${call.name} was answered`,
      );
    case 'lost':
      // the agent's own calls: it fell over, NHSO has nothing to do with it
      return fail(
        call.asksNhso ? 'nhso-unavailable' : 'agent-unreachable',
        `the NHSO agent dropped the connection without answering ${call.name} (${why.reason})`,
      );
  }
}

/** What an answer with this status says went wrong; null for 2xx. */
export function statusFault(call: AgentCall, answer: HttpAnswer): BridgeError | null {
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  const nhsoMessage = nhsoWords(answer);
  const fail = (code: ErrorCode, retry: Retry, words: string) =>
    new BridgeError(code, words, { retry, detail: { call: call.name, status, nhsoMessage } });
  if (status === 418) return fail('no-reader', 'yes', 'the NHSO agent has no card reader');
  if (status < 400) {
    const words = `the NHSO agent answered ${call.name} with a redirect (${status}); is another program at its address?`;
    return fail('agent-bad-answer', call.whenLost, words);
  }
  if (isHtml(answer)) {
    return fail(unavailable(call), call.whenLost, `${call.name} was answered with an HTML page (${status})`);
  }
  if (status < 500 && !PASSING_4XX.has(status)) {
    const said = nhsoMessage === null ? '' : `: ${nhsoMessage}`;
    return fail('nhso-refused', 'no', `NHSO refused ${call.name} (${status})${said}`);
  }
  if (status === 500 && nhsoMessage !== null) {
    if (NO_READER.test(nhsoMessage))
      return fail('no-reader', call.whenLost, 'the NHSO agent has no card reader');
    if (NO_CARD.test(nhsoMessage)) return fail('no-card', call.whenLost, 'no card is in the reader');
  }
  return fail(unavailable(call), call.whenLost, `${call.name} failed at the agent or at NHSO (${status})`);
}

/** The JSON of a 2xx answer; null for an empty one where that is an answer. Throws a BridgeError that quotes nothing of it. */
export function jsonOf(call: NhsoCall, answer: HttpAnswer): unknown {
  const { status, contentType } = answer;
  const text = answer.text.replace(/^\uFEFF/, '').trim();
  const fail = (code: ErrorCode, words: string) =>
    new BridgeError(code, `${call.name} ${words}`, {
      retry: call.whenLost,
      detail: { call: call.name, status },
    });
  if (isHtml(answer)) throw fail(unavailable(call), 'was answered with an HTML page');
  if (text === '' && call.mayBeEmpty) return null;
  if (text === '') throw fail('agent-bad-answer', 'was answered with nothing');
  // text/plain or no type at all: then the body decides
  if (contentType !== '' && !/json|text\/plain|octet-stream/.test(contentType)) {
    throw fail('agent-bad-answer', 'was not answered with JSON');
  }
  const json = parseJson(text);
  if (json !== undefined) return json;
  if (/^[[{]/.test(text)) throw fail(unavailable(call), 'was answered with JSON that is cut off');
  throw fail('agent-bad-answer', 'was not answered with JSON');
}

/** A 200 whose JSON is not what the contract says; `where` names the field and what was expected. */
export function badAnswer(call: NhsoCall, where: string): BridgeError {
  return new BridgeError('agent-bad-answer', `the answer to ${call.name} cannot be understood: ${where}`, {
    retry: call.whenLost,
    detail: { call: call.name },
  });
}

/** `nhso-unavailable` where NHSO is asked; for the agent's own calls that word would point at the wrong house. */
function unavailable(call: NhsoCall): ErrorCode {
  return call.asksNhso ? 'nhso-unavailable' : 'agent-bad-answer';
}

/** Not a decision of NHSO's: request time-out, too early, too many requests. */
export const PASSING_4XX = new Set([408, 425, 429]);

/** The agent's own words for these are not known; these are the ones that PC/SC layers and peers use. */
const NO_READER = /no (smart ?)?(card )?(reader|terminal)|NO_READERS_AVAILABLE|ไม่พบเครื่องอ่าน/i;
const NO_CARD =
  /no (smart ?)?card\b|card (is )?not (present|found|inserted)|card (is )?(absent|removed)|insert (the |a |your )?(smart ?)?card|NO_SMARTCARD|REMOVED_CARD|CardNotPresent|ไม่พบบัตร|ไม่มีบัตร|เสียบบัตร/i;
