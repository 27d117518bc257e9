/** The sources of a site's tokens, as its configuration names them. */

import type { Instant } from '../../../src/domain/bangkok.ts';
import type { TokenSource } from '../../../src/service/ports/tokens.ts';
import { openServiceToken } from './service-token.ts';
import { openSrmFile } from './srm-file.ts';
import { openUcFile } from './uc-file.ts';

export interface TokenSourceOptions {
  ucTokenFile?: string | undefined;
  srmTokenFile?: string | undefined;
  srmRefreshUrl: string;
  serviceToken?: string | undefined;
}

/** At most one of each kind. Opens nothing yet: a file is looked at when it is read or watched. */
export function openTokenSources(options: TokenSourceOptions, now: () => Instant): TokenSource[] {
  const { ucTokenFile, srmTokenFile, srmRefreshUrl, serviceToken } = options;
  return [
    ...(ucTokenFile === undefined ? [] : [openUcFile(ucTokenFile)]),
    ...(srmTokenFile === undefined ? [] : [openSrmFile(srmTokenFile, srmRefreshUrl, now)]),
    ...(serviceToken === undefined ? [] : [openServiceToken(serviceToken, now)]),
  ];
}
