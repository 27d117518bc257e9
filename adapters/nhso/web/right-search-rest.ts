/** The SRM portal's right search over REST: implements the port `RightSearch`. */

import type { RightSearch } from '../../../src/service/ports/right-search.ts';
import { NhsoHttp } from '../http.ts';
import { WEB_LINE } from './addresses.ts';
import { WEB_CALLS } from './calls.ts';
import { getJson } from './get-json.ts';
import { rightOf } from './right-search-rest-answer.ts';

export interface RightSearchOptions {
  /** The whole address of the service. */
  url: string;
  /** From the call to the last byte of its answer. */
  timeoutMs: number;
}

export function openRightSearchRest({ url, timeoutMs }: RightSearchOptions): RightSearch {
  const call = WEB_CALLS.rightSearch;
  const http = new NhsoHttp(url, WEB_LINE);
  return {
    name: 'srm',
    tokenKind: 'srm',
    async search(pid, { value: token }) {
      const path = `?pid=${pid}`;
      const asked = { pid, token, account: null };
      return rightOf(
        call,
        await getJson(http, call, { ...asked, path, timeoutMs, refusesToken: [403] }),
        pid,
      );
    },
    close: () => http.close(),
  };
}
