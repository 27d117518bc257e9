/** One GET of a web service to its JSON, or to the port's error. */

import type { NhsoCall } from '../calls.ts';
import { jsonOf } from '../faults.ts';
import { type NhsoHttp, NoAnswer } from '../http.ts';
import { type Asked, checkAsked, noAnswerFault, statusFault } from './faults.ts';

export interface Get extends Asked {
  /** Behind the service's address. */
  path: string;
  timeoutMs: number;
  /** Statuses beside 401 with which the service refuses a token. */
  refusesToken: readonly number[];
}

export async function getJson(http: NhsoHttp, call: NhsoCall, get: Get): Promise<unknown> {
  checkAsked(call, get);
  const { path, token, timeoutMs } = get;
  const headers = { authorization: `Bearer ${token}` };
  try {
    const answer = await http.send({ method: 'GET', path, headers, timeoutMs });
    const fault = statusFault(call, answer, get, get.refusesToken);
    if (fault !== null) throw fault;
    return jsonOf(call, answer);
  } catch (error) {
    throw error instanceof NoAnswer ? noAnswerFault(call, error) : error;
  }
}
