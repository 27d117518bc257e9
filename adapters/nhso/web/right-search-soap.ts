/** NHSO's `UCWSTokenP1` over SOAP: implements the port `RightSearch`. */

import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { RightSearch } from '../../../src/service/ports/right-search.ts';
import { WEB_CALLS } from './calls.ts';
import { checkAsked, secretsOf } from './faults.ts';
import type { RightSearchOptions } from './right-search-rest.ts';
import { rightOf } from './right-search-soap-answer.ts';
import { SoapService } from './soap-service.ts';

export function openRightSearchSoap({ url, timeoutMs }: RightSearchOptions): RightSearch {
  const call = WEB_CALLS.searchCurrent;
  const service = new SoapService(url, timeoutMs);
  return {
    name: 'ucws',
    tokenKind: 'uc',
    async search(pid, { value: token, account }) {
      // NHSO wants to know who logged in; '' is refused before anything is sent
      const asked = { pid, token, account: account ?? '' };
      checkAsked(call, asked);
      try {
        return rightOf(call, await service.search(asked), pid, secretsOf(asked));
      } catch (error) {
        if (isBridgeError(error, 'agent-bad-answer')) service.forget();
        throw error;
      }
    },
    close: () => service.close(),
  };
}
