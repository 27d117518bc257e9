/** check-authen-status over HTTP: implements the port `AuthenStatus`. */

import type { AuthenStatus } from '../../../src/service/ports/authen-status.ts';
import { NhsoHttp } from '../http.ts';
import { WEB_LINE } from './addresses.ts';
import { codesOf } from './authen-status-answer.ts';
import { WEB_CALLS } from './calls.ts';
import { getJson } from './get-json.ts';

export interface AuthenStatusOptions {
  /** Base address; `/api/check-authen-status` comes behind it. */
  url: string;
  /** From the call to the last byte of its answer. */
  timeoutMs: number;
}

/** What the service gets to hear behind its base address, without the person. */
export const AUTHEN_STATUS_PATH = '/api/check-authen-status';

export function openAuthenStatus({ url, timeoutMs }: AuthenStatusOptions): AuthenStatus {
  const call = WEB_CALLS.authenStatus;
  const http = new NhsoHttp(url, WEB_LINE);
  return {
    async codesOn(pid, serviceDate, token) {
      const path = `${AUTHEN_STATUS_PATH}?personalId=${pid}&serviceDate=${serviceDate}`;
      const asked = { pid, token, account: null };
      // the claim type is not asked for: a code of another type is a candidate that a person wants to see
      const json = await getJson(http, call, { ...asked, path, timeoutMs, refusesToken: [403] });
      return codesOf(call, json, pid);
    },
    close: () => http.close(),
  };
}
