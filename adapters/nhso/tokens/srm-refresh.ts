/** The SRM portal's refresh call: a form POST with the refresh token (reference: NHSO systems, §6). */

import { BridgeError, type ErrorCode, type Retry } from '../../../src/domain/bridge-error.ts';
import { type HttpAnswer, NhsoHttp, NoAnswer } from '../http.ts';
import { WEB_LINE } from '../web/addresses.ts';
import { parseSrmAnswer, type SrmPair } from './srm-text.ts';

const TIMEOUT_MS = 15_000;

/** Not a decision about the token: request time-out, too early, too many requests; and 404, 405: another address. */
const PASSING_4XX = new Set([404, 405, 408, 425, 429]);

const LOG_IN = 'a person must log in with the SRM program';

/** Throws BridgeError `nhso-unavailable` (retry yes) or `token-refused` (retry no). Nothing of an answer is repeated. */
export async function refreshSrm(url: string, refresh: string | null): Promise<SrmPair> {
  if (refresh === null) throw fault('token-refused', 'no', `there is no SRM refresh token: ${LOG_IN}`);
  const answer = await send(url, refresh);
  const { status } = answer;
  if (status >= 400 && status < 500 && !PASSING_4XX.has(status)) {
    throw fault(
      'token-refused',
      'no',
      `NHSO does not take the SRM refresh token (${status}): ${LOG_IN}`,
      status,
    );
  }
  if (status < 200 || status >= 300) {
    throw fault('nhso-unavailable', 'yes', `the SRM portal answered the renewal with ${status}`, status);
  }
  const pair = parseSrmAnswer(answer.text);
  if (pair === null) {
    const words =
      'the answer of the SRM portal to the renewal cannot be understood: expected an access token';
    throw fault('nhso-unavailable', 'yes', words, status);
  }
  return { value: pair.value, refresh: pair.refresh ?? refresh };
}

async function send(url: string, refresh: string): Promise<HttpAnswer> {
  const { origin, pathname, search } = new URL(url);
  const http = new NhsoHttp(origin, { ...WEB_LINE, connections: 1 });
  try {
    return await http.send({
      method: 'POST',
      path: pathname + search,
      body: new URLSearchParams({ refresh_token: refresh }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      timeoutMs: TIMEOUT_MS,
    });
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const words = `the SRM portal did not answer the renewal (${error.reason})`;
    throw fault('nhso-unavailable', 'yes', words);
  } finally {
    await http.close();
  }
}

function fault(code: ErrorCode, retry: Retry, words: string, status: number | null = null): BridgeError {
  return new BridgeError(code, words, { retry, detail: { call: 'srm-refresh', status } });
}
