/** Which of NHSO's web services a site's configuration opens, and at which address. */

import type { AuthenStatus } from '../../../src/service/ports/authen-status.ts';
import type { RightSearch } from '../../../src/service/ports/right-search.ts';
import { AUTHEN_STATUS_URL, RIGHT_SEARCH_URL, type RightSource, type Zone } from './addresses.ts';
import { openAuthenStatus } from './authen-status.ts';
import { openRightSearchRest } from './right-search-rest.ts';
import { openRightSearchSoap } from './right-search-soap.ts';

/** The part of a site's `nhso` that is about them. */
export interface WebOptions {
  zone: Zone;
  authenStatusUrl?: string | undefined;
  serviceToken?: string | undefined;
  rights?: { source: RightSource; url?: string | undefined } | undefined;
  timeouts: { lookupMs: number };
}

/** Null when neither an address nor a token is configured: then nobody is asked. */
export function authenStatusUrl(options: WebOptions): string | null {
  const { zone, authenStatusUrl: own, serviceToken } = options;
  return own ?? (serviceToken === undefined ? null : AUTHEN_STATUS_URL[zone]);
}

export function rightSearchUrl({ zone, rights }: WebOptions): string | null {
  return rights === undefined ? null : (rights.url ?? RIGHT_SEARCH_URL[rights.source][zone]);
}

/** Null when check-authen-status is not configured. */
export function openAuthenStatusOf(options: WebOptions): AuthenStatus | null {
  const url = authenStatusUrl(options);
  return url === null ? null : openAuthenStatus({ url, timeoutMs: options.timeouts.lookupMs });
}

/** Null when no right search is configured. */
export function openRightSearch(options: WebOptions): RightSearch | null {
  const url = rightSearchUrl(options);
  if (url === null) return null;
  const search = { url, timeoutMs: options.timeouts.lookupMs };
  return options.rights?.source === 'ucws' ? openRightSearchSoap(search) : openRightSearchRest(search);
}
