/** `token.txt` of NHSO's SRM program, and its renewal at the portal. The file is NHSO's: the bridge never writes to it. */

import type { Instant } from '../../../src/domain/bangkok.ts';
import type { TokenSource } from '../../../src/service/ports/tokens.ts';
import { refreshSrm } from './srm-refresh.ts';
import { parseSrmFile, timesOf } from './srm-text.ts';
import { TokenFile } from './token-file.ts';

export function openSrmFile(path: string, refreshUrl: string, now: () => Instant): TokenSource {
  const file = new TokenFile(path);
  return {
    kind: 'srm',
    name: file.name,
    async read() {
      const content = await file.read();
      const pair = content === null ? null : parseSrmFile(content.bytes, file.name);
      if (content === null || pair === null) return null;
      const { issuedAt, expiresAt } = timesOf(pair.value);
      return { ...pair, account: null, obtainedAt: issuedAt ?? content.writtenAt, expiresAt };
    },
    async renew(old) {
      const pair = await refreshSrm(refreshUrl, old.refresh);
      // not the token's own word for when it was made: whatever that says, it was had now
      const { expiresAt } = timesOf(pair.value);
      return { ...pair, account: old.account, obtainedAt: now(), expiresAt };
    },
    watch: (onChange) => file.watch(onChange),
  };
}
